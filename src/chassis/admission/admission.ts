/**
 * Who becomes a member of the chassis, and who stays one: the gate of the members' TLS port, and what operators do about it. A
 * member is admitted by a token or by an operator's approval of its key, gets a certificate and a slot, and shows the certificate from
 * then on. Each admission and each refusal is told, with its reason.
 */
import { protocolVersion } from '../../../dataplane/proto/contract.js'
import { RefusedError, type Credentials, type Gate, type Peer } from '../../../dataplane/client/index.js'
import { fingerprintOf, readRequest, type Authority, type CertificateRequest } from './authority.js'
import { hashOf, type KnownMember, type Registry } from './registry.js'
import { newToken, parseToken } from './token.js'

/** What running says of admission. */
export interface AdmissionSettings {
  /** Milliseconds that a member's certificate lasts. */
  readonly lifetime: number
  /** Slots by name of their member. */
  readonly slots: ReadonlyMap<string, number>
  /** Members that are to be away. */
  readonly disabled: ReadonlySet<string>
}

/** Somebody without a token who waits for an operator. */
export interface Pending {
  readonly member: string
  /** Of its key: what the operator compares. */
  readonly fingerprint: string
  readonly address: string
  /** The address without the port. */
  readonly host: string
  readonly version: string
  readonly since: Date
  readonly approved: boolean
  /** Milliseconds since the epoch: when it asked last, which it does every second. */
  readonly asked: number
}

export interface AdmissionParts {
  readonly authority: Authority
  readonly registry: Registry
  readonly attached: (member: string) => boolean
  /** Something about members is otherwise: a slot, a certificate, who waits. */
  readonly changed: () => void
  readonly told: (event: AdmissionEvent) => void
  readonly now?: () => number
}

export interface AdmissionEvent {
  readonly kind: 'admitted' | 'renewed' | 'revoked' | 'released' | 'waiting'
  readonly member: string
  /** A sentence for the log. */
  readonly text: string
  readonly address?: string
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/
const mostPending = 64
/** Of one address. */
const mostOfOne = 8
/** Milliseconds for which who asks no more is remembered, before and after it was approved. */
const pendingPatience = { waiting: 60_000, approved: 3_600_000 } as const
const version = protocolVersion

export class Admission implements Gate {
  readonly #parts: AdmissionParts
  readonly #now: () => number
  readonly #pending = new Map<string, Pending>()
  #settings: AdmissionSettings = { lifetime: 30 * 24 * 3_600_000, slots: new Map(), disabled: new Set() }

  constructor(parts: AdmissionParts) {
    this.#parts = parts
    this.#now = parts.now ?? Date.now
  }

  configure(settings: AdmissionSettings): void {
    this.#settings = settings
  }

  get pending(): readonly Pending[] {
    for (const [member, { asked, approved }] of this.#pending)
      if (this.#now() - asked > pendingPatience[approved ? 'approved' : 'waiting'])
        this.#pending.delete(member)
    return [...this.#pending.values()]
  }

  /** What the control plane is to show. */
  credentials(name: string): Promise<Credentials> {
    return this.#parts.authority.serve(name)
  }

  /** The slot that a member has or is to have; undefined: it is not known. */
  slotOf(name: string): number | undefined {
    return this.#settings.slots.get(name) ?? this.#parts.registry.member(name)?.slot
  }

  judge(
    { member, chassis }: { readonly member: string; readonly chassis: string },
    { certificate, fault }: Peer,
  ): void {
    const { authority, registry } = this.#parts
    if (!certificate)
      throw new RefusedError(
        'it has no certificate of this chassis; it has to join with a token or an approval',
      )
    if (fault === 'CERT_HAS_EXPIRED')
      throw new RefusedError(
        `its certificate expired on ${new Date(certificate.valid_to).toISOString()}; it has to join again`,
      )
    if (fault !== undefined)
      throw new RefusedError(
        `its certificate is not one of this chassis' authority (${fault}): issued by '${String(certificate.issuer.CN)}'`,
      )
    const revoked = registry.revoked.find(({ serial }) => serial === certificate.serialNumber)
    if (revoked)
      throw new RefusedError(
        `its certificate ${revoked.serial} of member '${revoked.member}' was revoked on ${new Date(revoked.time).toISOString()}`,
      )
    const name = certificate.subject.CN
    if (name !== member)
      throw new RefusedError(`its certificate is that of member '${String(name)}', it says it is '${member}'`)
    if (chassis !== authority.identity)
      throw new RefusedError(`it belongs to chassis '${chassis}', this one is '${authority.identity}'`)
    const known = registry.member(member)
    if (!known) throw new RefusedError(`there is no member '${member}' in this chassis any more`)
    if (known.certificate.fingerprint !== fingerprintOf(certificate.raw)) {
      const earlier = known.earlier.some(({ serial }) => serial === certificate.serialNumber)
      if (!earlier)
        throw new RefusedError(`member '${member}' has another certificate, of another key, since then`)
    }
    if (this.#settings.disabled.has(member))
      throw new RefusedError(`member '${member}' is disabled by the configuration`)
  }

  async enrol(
    request: {
      readonly member: string
      readonly request: string
      readonly token: string
      readonly protocol: number
      readonly version: string
    },
    peer: Peer,
  ): Promise<{ readonly certificate: string; readonly chassis: string; readonly slot: number }> {
    const { member } = request
    if (!namePattern.test(member) || member === '0')
      throw new RefusedError(
        `'${member}' can't be a member's name: letters, digits, '.', '_' and '-', at most 63, and not 0`,
      )
    if (request.protocol !== version)
      throw new RefusedError(
        `member ${member} of version ${request.version} speaks version ${request.protocol} of the protocol, this control plane version ${version}`,
      )
    const asked = await readRequest(request.request)
    if (this.#parts.attached(member))
      throw new RefusedError(
        `a member '${member}' is attached; it has to be revoked before another one joins`,
      )
    const by =
      request.token === '' ? this.#approval(request, asked, peer) : this.#token(request.token, member, asked)
    const { authority } = this.#parts
    if (by === undefined) return { certificate: '', chassis: authority.identity, slot: 0 }
    const { certificate, slot } = await this.#admit(member, asked)
    this.#told('admitted', member, `member ${member} is admitted to slot ${slot} by ${by}`, peer.address)
    return { certificate, chassis: authority.identity, slot }
  }

  async renew(member: string, text: string): Promise<string> {
    const asked = await readRequest(text)
    const known = this.#parts.registry.member(member)
    if (!known) throw new RefusedError(`there is no member '${member}' in this chassis any more`)
    if (known.key !== asked.fingerprint)
      throw new RefusedError(`member ${member} asks for a certificate of another key`)
    const { certificate } = await this.#admit(member, asked)
    this.#told('renewed', member, `the certificate of member ${member} was renewed`)
    return certificate
  }

  /** A token for one member, valid for so many milliseconds; only its hash is kept. */
  createToken(member: string, lifetime: number): { readonly token: string; readonly expires: number } {
    if (!namePattern.test(member) || member === '0')
      throw new RefusedError(`'${member}' can't be a member's name`)
    const { authority, registry } = this.#parts
    const { text, secret } = newToken(authority.fingerprint)
    const expires = this.#now() + lifetime
    registry.addToken({ hash: hashOf(secret), member, expires })
    this.#parts.changed()
    return { token: text, expires }
  }

  /** Lets who waits under that name in, if its key is this one. */
  approve(member: string, fingerprint: string): void {
    const waiting = this.#waiting(member)
    if (waiting.fingerprint !== fingerprint)
      throw new RefusedError(
        `who waits as member '${member}' has the key ${waiting.fingerprint}, not ${fingerprint}`,
      )
    this.#pending.set(member, { ...waiting, approved: true })
    this.#parts.changed()
  }

  reject(member: string): void {
    this.#waiting(member)
    this.#pending.delete(member)
    this.#parts.changed()
  }

  /** Its certificates hold no more; it keeps its slot for who joins under its name. */
  revoke(member: string): void {
    if (!this.#parts.registry.member(member)) throw new RefusedError(`there is no member '${member}'`)
    const count = this.#parts.registry.revoke(member)
    this.#told('revoked', member, `${count} certificate${count === 1 ? '' : 's'} of member ${member} revoked`)
  }

  /** Its slot is free, and its certificates hold no more. */
  release(member: string): void {
    const known = this.#parts.registry.member(member)
    if (!known) throw new RefusedError(`there is no member '${member}'`)
    this.#parts.registry.forget(member)
    this.#told('released', member, `slot ${known.slot} of member ${member} is free`)
  }

  #waiting(member: string): Pending {
    const waiting = this.#pending.get(member)
    if (!waiting) throw new RefusedError(`nobody waits to be approved as member '${member}'`)
    return waiting
  }

  /** Who approved it; undefined while nobody has. */
  #approval(
    { member, version }: { readonly member: string; readonly version: string },
    { fingerprint }: CertificateRequest,
    peer: Peer,
  ): string | undefined {
    const others = this.pending
    const waiting = this.#pending.get(member)
    if (waiting?.approved && waiting.fingerprint === fingerprint) {
      this.#pending.delete(member)
      return 'an operator'
    }
    if (waiting && waiting.fingerprint !== fingerprint)
      throw new RefusedError(`somebody with another key (${waiting.fingerprint}) waits as member '${member}'`)
    if (waiting) {
      this.#pending.set(member, { ...waiting, asked: this.#now() })
      return undefined
    }
    if (others.length >= mostPending)
      throw new RefusedError(`${mostPending} members wait to be approved; more are not taken`)
    if (others.filter(({ host }) => host === peer.host).length >= mostOfOne)
      throw new RefusedError(`${mostOfOne} members of this address wait to be approved; more are not taken`)
    const since = new Date(this.#now())
    this.#pending.set(member, {
      ...{ member, fingerprint, version, since, host: peer.host, asked: this.#now() },
      address: peer.address,
      approved: false,
    })
    const text = `member ${member} with the key ${fingerprint} waits to be approved`
    this.#told('waiting', member, text, peer.address)
    return undefined
  }

  /** Uses it up. An answer that got lost may be asked for again with the same key. */
  #token(text: string, member: string, { fingerprint }: CertificateRequest): string {
    const parts = parseToken(text)
    const { authority, registry } = this.#parts
    if (!parts) throw new RefusedError('what it shows is not a token')
    if (!parts.authority.equals(authority.fingerprint))
      throw new RefusedError('its token is that of another chassis')
    const hash = hashOf(parts.secret)
    const token = registry.tokens.find((each) => each.hash === hash)
    if (!token) throw new RefusedError('its token is not known here, or has expired')
    if (token.member !== member)
      throw new RefusedError(`its token is for member '${token.member}', it says it is '${member}'`)
    if (token.usedBy !== undefined && token.usedBy !== fingerprint)
      throw new RefusedError(`its token for member '${member}' has been used, by the key ${token.usedBy}`)
    registry.useToken(hash, fingerprint)
    return 'a token'
  }

  async #admit(
    member: string,
    asked: CertificateRequest,
  ): Promise<{ readonly certificate: string; readonly slot: number }> {
    const { authority, registry } = this.#parts
    const { slots, lifetime } = this.#settings
    const before = registry.member(member)
    const others = new Set([...slots].filter(([name]) => name !== member).map(([, slot]) => slot))
    const slot = slots.get(member) ?? before?.slot ?? registry.freeSlot(others)
    if (slot === undefined) throw new RefusedError('this chassis has no slot left')
    // Who joins anew under a name ends what the one before could show.
    if (before && before.key !== asked.fingerprint) registry.revoke(member)
    const { certificate, ...issued } = await authority.issue(member, asked, lifetime)
    const kept: KnownMember = {
      ...{ slot, key: asked.fingerprint, certificate: issued },
      earlier: before?.key === asked.fingerprint ? this.#earlier(before) : [],
      devices: before?.devices ?? [],
    }
    registry.setMember(member, kept)
    this.#parts.changed()
    return { certificate, slot }
  }

  #earlier({ certificate, earlier }: KnownMember): KnownMember['earlier'] {
    return [certificate, ...earlier]
      .filter(({ expires }) => expires > this.#now())
      .map(({ serial, expires }) => ({ serial, expires }))
  }

  #told(kind: AdmissionEvent['kind'], member: string, text: string, address?: string): void {
    this.#parts.told({ kind, member, text, ...(address !== undefined && { address }) })
    this.#parts.changed()
  }
}
