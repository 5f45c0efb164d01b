/**
 * The ports of the chassis: devices that were attached to the member beside the control plane, under the names they were given, and
 * those that the other members have, under the name `slot/device` unless the configuration names them. Ports of a member that is
 * away stay known: what is configured on them goes on being what the others forward to.
 */
import type { Device, Operation } from '../../dataplane/client/index.js'
import type { PortInventory } from '../controllers/index.js'
import type { Attachment } from './attachments.js'
import type { Registry } from './admission/index.js'
import { formatMac } from '../rib/index.js'

/** A port and the slot whose member has its device. */
export interface PlacedPort {
  readonly name: string
  readonly device: string
  readonly slot: number
  /** Of the device, as far as its member has said; octets of layer 3, 0: not known. */
  readonly mtu: number
}

/** Names that the configuration gives to devices of members: by member, then by device. */
export type PortNames = ReadonlyMap<string, ReadonlyMap<string, string>>

export class Inventory implements PortInventory {
  readonly #attachments: readonly Attachment[]
  readonly #registry: Registry
  readonly #slotOf: (member: string) => number | undefined
  #drained: ReadonlySet<string> = new Set()
  #expected: readonly string[] = []
  /** Whether there were members of other machines when ports were placed. */
  #alonePlaced = true
  #limits: ReadonlyMap<string, number> = new Map()
  #given: PortNames = new Map()
  #placed: ReadonlyMap<string, PlacedPort>

  /** `slotOf`: of a member that the registry knows. */
  constructor(
    attachments: readonly Attachment[],
    registry: Registry,
    slotOf: (member: string) => number | undefined,
  ) {
    this.#attachments = attachments
    this.#registry = registry
    this.#slotOf = slotOf
    this.#placed = this.#place()
  }

  /** Is there no member of another machine? */
  get alone(): boolean {
    return this.#alonePlaced
  }

  get names(): readonly string[] {
    return [...this.#placed.keys()]
  }

  get placed(): readonly PlacedPort[] {
    return [...this.#placed.values()]
  }

  slotOfPort(name: string): number | undefined {
    return this.#placed.get(name)?.slot
  }

  mtu(name: string): number | undefined {
    return this.#limits.get(name)
  }

  /** The most that devices of the control plane's own machine carry, by port. */
  setLimits(limits: ReadonlyMap<string, number>): void {
    this.#limits = limits
  }

  /** What the configuration calls devices. */
  setNames(given: PortNames): void {
    this.#given = given
  }

  /** Notes what a member has. */
  report(member: string, devices: readonly Device[]): void {
    const known = this.#registry.member(member)
    if (!known) return
    const said = devices.map(({ name, mac, mtu }) => ({ name, mac: formatMac(mac), mtu }))
    if (JSON.stringify(said) !== JSON.stringify(known.devices))
      this.#registry.setMember(member, { ...known, devices: said })
  }

  /** Ports `slot/device` that there are to be, whether their device is there or not. */
  setExpected(ports: readonly string[]): void {
    this.#expected = ports
  }

  /** Members whose ports are to be used no more. */
  setDrained(members: ReadonlySet<string>): void {
    this.#drained = members
  }

  /** Looks at all anew; true when it is otherwise than before. */
  refresh(): boolean {
    const before = this.#said()
    this.#placed = this.#place()
    return this.#said() !== before
  }

  /** What every member is told of ports. */
  operations(): readonly Operation[] {
    const operations: Operation[] = []
    const alone = this.#alonePlaced
    for (const { name, device, slot } of this.#placed.values()) {
      operations.push({ op: 'port-set', name, driver: 'auto', device })
      if (!alone) operations.push({ op: 'port-place-set', name, slot })
    }
    return operations
  }

  #said(): string {
    return JSON.stringify([this.#alonePlaced, ...this.#placed])
  }

  #place(): ReadonlyMap<string, PlacedPort> {
    const placed = new Map<string, PlacedPort>()
    this.#alonePlaced = this.#registry.members.size === 0
    for (const { name, device } of this.#attachments) placed.set(name, { name, device, slot: 0, mtu: 0 })
    for (const [member, { devices }] of this.#registry.members) {
      const slot = this.#slotOf(member)
      if (slot === undefined || this.#drained.has(member)) continue
      const given = this.#given.get(member)
      for (const device of devices) {
        const name = given?.get(device.name) ?? `${slot}/${device.name}`
        if (!placed.has(name)) placed.set(name, { name, device: device.name, slot, mtu: device.mtu })
      }
    }
    const slots = new Set([...this.#registry.members.keys()].map((member) => this.#slotOf(member)))
    for (const name of this.#expected) {
      const [, number = '', device = ''] = /^(\d+)\/(.+)$/.exec(name) ?? []
      const slot = Number(number)
      if (device !== '' && slots.has(slot) && !placed.has(name))
        placed.set(name, { name, device, slot, mtu: 0 })
    }
    return placed
  }
}
