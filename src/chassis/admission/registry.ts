/**
 * What a chassis remembers of its members, in one file that is replaced whole with each change: who they are and in which slot, which
 * network devices they had, tokens that were given out, and certificates that hold no more. A slot stays with its member through
 * restarts and changes of address, until an operator frees it.
 */
import { createHash } from 'node:crypto'
import { readIf, writeWhole } from './files.js'
import type { Issued } from './authority.js'

export interface KnownDevice {
  readonly name: string
  /** As formatMac writes it. */
  readonly mac: string
  readonly mtu: number
}

export interface KnownMember {
  readonly slot: number
  /** `SHA256:…` of its public key. */
  readonly key: string
  readonly certificate: Omit<Issued, 'certificate'>
  /** Serial numbers of earlier certificates that have not expired, with when they do. */
  readonly earlier: readonly { readonly serial: string; readonly expires: number }[]
  readonly devices: readonly KnownDevice[]
}

export interface Token {
  /** SHA-256 of the secret, hexadecimal. */
  readonly hash: string
  readonly member: string
  /** Milliseconds since the epoch. */
  readonly expires: number
  /** Fingerprint of the key that came with it. */
  readonly usedBy?: string
}

export interface Revoked {
  readonly serial: string
  readonly member: string
  readonly time: number
  readonly expires: number
}

interface Content {
  readonly members: Readonly<Record<string, KnownMember>>
  readonly tokens: readonly Token[]
  readonly revoked: readonly Revoked[]
}

/** Slots of members are numbered from 1; 0 is that of the member beside the control plane. */
export const lastSlot = 255

export const hashOf = (secret: Uint8Array): string => createHash('sha256').update(secret).digest('hex')

export class Registry {
  readonly #path: string
  readonly #now: () => number
  #content: Content

  /** Throws when the file can't be read. */
  constructor(path: string, now: () => number = Date.now) {
    this.#path = path
    this.#now = now
    const text = readIf(path)
    try {
      this.#content =
        text === undefined ? { members: {}, tokens: [], revoked: [] } : (JSON.parse(text) as Content)
    } catch (error) {
      throw new Error(`${path}: ${(error as Error).message}`, { cause: error })
    }
  }

  get members(): ReadonlyMap<string, KnownMember> {
    return new Map(Object.entries(this.#content.members))
  }

  member(name: string): KnownMember | undefined {
    return Object.hasOwn(this.#content.members, name) ? this.#content.members[name] : undefined
  }

  /** Those that have not expired. */
  get tokens(): readonly Token[] {
    return this.#content.tokens.filter(({ expires }) => expires > this.#now())
  }

  get revoked(): readonly Revoked[] {
    return this.#content.revoked
  }

  /** The first slot that is neither known nor in `taken`; undefined: there is none left. */
  freeSlot(taken: ReadonlySet<number>): number | undefined {
    const known = new Set(Object.values(this.#content.members).map(({ slot }) => slot))
    for (let slot = 1; slot <= lastSlot; slot++) if (!known.has(slot) && !taken.has(slot)) return slot
    return undefined
  }

  setMember(name: string, member: KnownMember): void {
    this.#write({ members: { ...this.#content.members, [name]: member } })
  }

  /** Frees its slot; its certificates hold no more. */
  forget(name: string): void {
    const members = { ...this.#content.members }
    const member = this.member(name)
    if (!member) return
    delete members[name]
    this.#write({ members, revoked: [...this.#content.revoked, ...this.#certificatesOf(name, member)] })
  }

  /** All its certificates hold no more; it keeps its slot. How many there were. */
  revoke(name: string): number {
    const member = this.member(name)
    if (!member) return 0
    const known = new Set(this.#content.revoked.map(({ serial }) => serial))
    const revoked = this.#certificatesOf(name, member).filter(({ serial }) => !known.has(serial))
    this.#write({ revoked: [...this.#content.revoked, ...revoked] })
    return revoked.length
  }

  addToken(token: Token): void {
    this.#write({ tokens: [...this.tokens, token] })
  }

  useToken(hash: string, key: string): void {
    this.#write({
      tokens: this.tokens.map((token) => (token.hash === hash ? { ...token, usedBy: key } : token)),
    })
  }

  #certificatesOf(name: string, { certificate, earlier }: KnownMember): Revoked[] {
    const time = this.#now()
    return [certificate, ...earlier]
      .filter(({ expires }) => expires > time)
      .map(({ serial, expires }) => ({ serial, member: name, time, expires }))
  }

  /** What is over is dropped on the way. */
  #write(change: Partial<Content>): void {
    const content = { ...this.#content, ...change }
    const now = this.#now()
    const kept = { ...content, revoked: content.revoked.filter(({ expires }) => expires > now) }
    writeWhole(this.#path, `${JSON.stringify(kept, undefined, 1)}\n`)
    this.#content = kept
  }
}
