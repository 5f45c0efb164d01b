/**
 * The members of other machines: listens for them where the configuration says, lets admission judge them, keeps what they report of
 * their ports, and says of each what is known. The chassis' authority is opened at first need; a box alone never has one.
 */
import { join } from 'node:path'
import {
  RefusedError,
  type Device,
  type Listening,
  type Member,
  type Members,
} from '../../dataplane/client/index.js'
import { controlName } from '../../dataplane/proto/contract.js'
import {
  Admission,
  Authority,
  Registry,
  type AdmissionEvent,
  type KnownMember,
  type Pending,
} from './admission/index.js'
import { readIf, writeWhole } from './admission/files.js'
import {
  localMember,
  noKeys,
  type ChassisControl,
  type ChassisSettings,
  type Keys,
  type MemberStatus,
} from '../controllers/index.js'
import type { Inventory } from './inventory.js'
import type { Log } from '../log.js'
import { parseMac } from '../rib/index.js'
import type { StateFolder } from '../state.js'

export interface MembershipParts {
  readonly state: Pick<StateFolder, 'chassis'>
  readonly registry: Registry
  readonly inventory: () => Inventory
  readonly members: Members
  readonly log: Log
  readonly told: (event: AdmissionEvent) => void
  /** Ports of the chassis came, went, or have another place. */
  readonly portsChanged: () => void
  /** What is shown of members may be something else. */
  readonly changed?: () => void
}

/** Milliseconds. */
const listenAgain = 5_000

interface Opened {
  readonly authority: Authority
  readonly admission: Admission
}

export class Membership implements ChassisControl, AsyncDisposable {
  readonly #parts: MembershipParts
  readonly #devices = new Map<string, readonly Device[]>()
  #opening: Promise<Opened> | undefined
  #opened: Opened | undefined
  #settings: ChassisSettings | undefined
  #keys: Keys
  readonly #keysFile: string
  #listening: Listening | undefined
  #retry: NodeJS.Timeout | undefined

  constructor(parts: MembershipParts) {
    this.#parts = parts
    this.#keysFile = join(parts.state.chassis, 'keys.json')
    this.#keys = JSON.parse(readIf(this.#keysFile) ?? JSON.stringify(noKeys)) as Keys
    const { members, registry, inventory } = parts
    // Known from before: programmed as soon as they are attached.
    for (const name of registry.members.keys()) members.named(name)
    members.on('devices', (member, devices) => {
      const before = this.#macs()
      this.#devices.set(member.name, devices)
      inventory().report(member.name, devices)
      // Those of internal links are told to all members.
      const moved = this.stitched && this.#macs() !== before
      if (inventory().refresh() || moved) parts.portsChanged()
      parts.changed?.()
    })
  }

  /** Slots by member, as admission and configuration have them. */
  slotOf(name: string): number | undefined {
    if (name === localMember) return 0
    return this.#settings?.members.get(name)?.slot ?? this.#parts.registry.member(name)?.slot
  }

  slotOfPort(port: string): number | undefined {
    return this.#parts.inventory().slotOfPort(port)
  }

  macOfPort(port: string): Uint8Array | undefined {
    const placed = this.#parts.inventory().placed.find(({ name }) => name === port)
    if (!placed) return undefined
    const owner = [localMember, ...this.#parts.registry.members.keys()].find(
      (name) => this.slotOf(name) === placed.slot,
    )
    const said = this.#devices.get(owner ?? '')?.find(({ name }) => name === placed.device)?.mac
    const known = this.#parts.registry
      .member(owner ?? '')
      ?.devices.find(({ name }) => name === placed.device)?.mac
    return said ?? (known === undefined ? undefined : parseMac(known))
  }

  get keys(): Keys {
    return this.#keys
  }

  setKeys(keys: Keys): void {
    const text = JSON.stringify(keys)
    if (text === JSON.stringify(this.#keys)) return
    this.#keys = keys
    writeWhole(this.#keysFile, `${text}\n`)
  }

  /** Is there a fabric, over which members reach each other's ports? */
  get stitched(): boolean {
    return this.#settings?.fabric !== undefined
  }

  /** Is the member to forget what it has when it is attached to this control plane first? */
  flushes(name: string): boolean {
    return this.#settings?.members.get(name)?.flush ?? false
  }

  /** As a start finds the configuration. An address that can't be had yet is tried again now and then. */
  async begin(settings: ChassisSettings | undefined): Promise<void> {
    if (!settings) return
    this.#apply({ ...settings, listen: undefined }, true, undefined)
    if (!settings.listen) return
    try {
      const prepared = await this.prepare(settings)
      prepared.apply()
    } catch (error) {
      this.#parts.log.error(`members can't join: ${(error as Error).message}; it is tried again`)
      this.#retry = setTimeout(() => void this.begin(settings), listenAgain)
    }
  }

  // ChassisControl

  async prepare(settings: ChassisSettings): Promise<{ apply(): void; undo(): Promise<void> }> {
    const { listen } = settings
    const same = JSON.stringify(listen) === JSON.stringify(this.#settings?.listen)
    let fresh: Listening | undefined
    if (listen && (!same || !this.#listening)) {
      const { admission } = await this.#open(settings)
      fresh = await this.#parts.members.listenTls(listen, await admission.credentials(controlName), admission)
    }
    return {
      apply: () => this.#apply(settings, same, fresh),
      undo: async () => await fresh?.[Symbol.asyncDispose](),
    }
  }

  get state(): {
    readonly identity: string | undefined
    readonly authority: string | undefined
    readonly listening: { readonly address: string; readonly port: number } | undefined
    readonly pending: readonly Pending[]
    readonly tokens: readonly { readonly member: string; readonly expires: number; readonly used: boolean }[]
    readonly members: readonly MemberStatus[]
  } {
    const { registry } = this.#parts
    return {
      identity: this.#opened?.authority.identity,
      authority:
        this.#opened && `SHA256:${this.#opened.authority.fingerprint.toString('base64').replace(/=+$/, '')}`,
      listening: this.#listening && { address: this.#listening.address, port: this.#listening.port },
      pending: this.#opened?.admission.pending ?? [],
      tokens: registry.tokens.map(({ member, expires, usedBy }) => ({
        ...{ member, expires },
        used: usedBy !== undefined,
      })),
      members: [...registry.members].map(([name, known]) => this.#status(name, known)),
    }
  }

  async createToken(member: string, lifetime: number): Promise<{ token: string; expires: number }> {
    return (await this.#open()).admission.createToken(member, lifetime)
  }

  async approve(member: string, fingerprint: string): Promise<void> {
    ;(await this.#open()).admission.approve(member, fingerprint)
  }

  async reject(member: string): Promise<void> {
    ;(await this.#open()).admission.reject(member)
  }

  async revoke(member: string): Promise<void> {
    ;(await this.#open()).admission.revoke(member)
    this.#detach(member)
  }

  async release(member: string): Promise<void> {
    if (this.#parts.members.all.some(({ name, attached }) => name === member && attached))
      throw new RefusedError(`member '${member}' is attached; end it or revoke it first`)
    ;(await this.#open()).admission.release(member)
    this.#parts.members.forget(member)
    this.#devices.delete(member)
    this.#look()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#retry)
    await this.#listening?.[Symbol.asyncDispose]()
  }

  #apply(settings: ChassisSettings, same: boolean, fresh: Listening | undefined): void {
    clearTimeout(this.#retry)
    this.#settings = settings
    const { log, inventory } = this.#parts
    if (fresh ?? !same) {
      void this.#listening?.[Symbol.asyncDispose]()
      this.#listening = fresh
      if (fresh) log.info(`members can join at ${fresh.address}:${fresh.port}`)
    }
    this.#opened?.admission.configure(admissionOf(settings))
    for (const [name, { enabled }] of settings.members) if (!enabled) this.#detach(name)
    inventory().setNames(settings.ports)
    const ends = settings.fabric?.links.flatMap(({ ends }) => ends) ?? []
    inventory().setExpected(ends.map(({ port }) => port))
    inventory().setDrained(
      new Set([...settings.members].flatMap(([name, { drained }]) => (drained ? [name] : []))),
    )
    this.#look()
  }

  #macs(): string {
    const devices = [...this.#devices].map(([member, all]) => [
      member,
      all.map(({ name, mac }) => [name, [...mac]]),
    ])
    return JSON.stringify(devices)
  }

  #detach(member: string): void {
    this.#parts.members.all.find(({ name }) => name === member)?.detach()
  }

  /** The ports of the chassis may be others. */
  #look(): void {
    if (this.#parts.inventory().refresh()) this.#parts.portsChanged()
    this.#parts.changed?.()
  }

  #open(settings = this.#settings): Promise<Opened> {
    this.#opening ??= this.#begin(settings)
    return this.#opening
  }

  async #begin(settings: ChassisSettings | undefined): Promise<Opened> {
    const { state, registry, members, told } = this.#parts
    const authority = await Authority.open(join(state.chassis), settings?.name ?? 'weft')
    const admission = new Admission({
      ...{ authority, registry, told },
      attached: (member) => members.all.some(({ name, attached }) => name === member && attached),
      changed: () => this.#look(),
    })
    if (settings) admission.configure(admissionOf(settings))
    this.#opened = { authority, admission }
    return this.#opened
  }

  #status(name: string, known: KnownMember): MemberStatus {
    const { members, registry, inventory } = this.#parts
    const member: Member | undefined = members.all.find((each) => each.name === name)
    const slot = this.slotOf(name) ?? known.slot
    const devices = new Map(this.#devices.get(name)?.map((device) => [device.name, device]))
    const ports = inventory().placed.filter((port) => port.slot === slot)
    return {
      ...{ name, slot },
      connected: member?.attached ?? false,
      since: member?.since,
      address: member?.address,
      version: member?.version,
      boot: member?.boot || undefined,
      commit: member && member.commit > 0 ? member.commit : undefined,
      key: known.key,
      certificate: {
        ...known.certificate,
        revoked: registry.revoked.some(({ serial }) => serial === known.certificate.serial),
      },
      ports: ports.map((port) => ({
        ...{ name: port.name, device: port.device, mtu: port.mtu },
        mac: known.devices.find(({ name }) => name === port.device)?.mac,
        speed: devices.get(port.device)?.speed,
        up: member?.attached ? devices.get(port.device)?.up : undefined,
      })),
    }
  }
}

const admissionOf = ({ lifetime, members }: ChassisSettings) => ({
  lifetime,
  slots: new Map(
    [...members].flatMap(([name, { slot }]) => (slot === undefined ? [] : [[name, slot] as const])),
  ),
  disabled: new Set([...members].filter(([, { enabled }]) => !enabled).map(([name]) => name)),
})
