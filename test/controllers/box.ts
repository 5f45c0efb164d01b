/**
 * The controllers on real trees: edits are validated, planned by the datastore's planner, and carried out on a model of a
 * member that refuses what a real one must never be told.
 */
import { createContext, type Context, type Journal, type Tree } from 'libyang-js'
import type { AclSpec } from '../../dataplane/client/acl.js'
import type { BridgeSpec } from '../../dataplane/client/bridge.js'
import type { Member } from '../../dataplane/client/contract.js'
import type { MemberState, ObjectPage, ObjectState, StateQuery } from '../../dataplane/client/member-state.js'
import type {
  CircuitSpec,
  InterfaceSpec,
  MadePort,
  Operation,
  TunnelSpec,
} from '../../dataplane/client/operations.js'
import { everything, type Change, type Step, type Wanted } from '../../datastore/controller.js'
import { RequestError } from '../../datastore/errors.js'
import { Planner } from '../../datastore/planner.js'
import {
  createControllers,
  type Authenticator,
  type ControllerParts,
  type Context as PlanContext,
  type Controllers,
} from '../../src/controllers/index.js'
import { Alarms } from '../../src/alarms/index.js'
import { EventBus } from '../../src/events.js'
import { formatAddress, Rib } from '../../src/rib/index.js'
import { schema } from '../../yang/schema.js'
import { decode, ModelFib } from '../rib/model-fib.js'

export class ModelMember implements Member {
  readonly name = '0'
  attached = true
  readonly pid = 4711
  readonly boot = 'boot'
  readonly version = 'model'
  readonly address = undefined
  readonly since = undefined
  detach(): void {
    this.attached = false
  }
  commit = 0
  readonly vrfs = new Map<number, string>()
  readonly interfaces = new Map<string, InterfaceSpec>()
  readonly circuits = new Map<string, CircuitSpec>()
  readonly crossConnects = new Map<string, readonly string[]>()
  readonly neighbours = new Map<string, string>()
  readonly acls = new Map<string, AclSpec>()
  readonly bridges = new Map<string, BridgeSpec>()
  /** Names of lists by interface, direction and family. */
  readonly bindings = new Map<string, string>()
  /** What it was told of interfaces beyond their addresses, and of limits. */
  readonly features = new Map<string, Operation>()
  readonly limits = new Map<string, Operation>()
  /** What it was told of workers and ports. */
  workers: Operation | undefined
  readonly ports = new Map<string, Operation>()
  readonly made = new Map<string, MadePort>()
  readonly tunnels = new Map<string, TunnelSpec>()
  readonly mirrors = new Map<string, Operation>()
  fabric: Operation | undefined
  /** By `interface NAME` or `bridge NAME`. */
  readonly keys = new Map<string, number>()
  readonly fib = new ModelFib()
  /** What it answers when asked for its state. */
  answer: Partial<MemberState> = {}
  objects: readonly ObjectState[] = []

  prepare(): never {
    throw new Error('steps are carried out by do()')
  }

  /** Two objects a page, so that few make several. */
  #page(query: NonNullable<StateQuery['objects']>): ObjectPage {
    const all = this.objects
    if ('key' in query) return { objects: all.filter(({ key }) => key === query.key), next: undefined }
    const end = query.from + 2
    return { objects: all.slice(query.from, end), next: end < all.length ? end : undefined }
  }

  state(query: StateQuery): Promise<MemberState> {
    if (!this.attached) return Promise.reject(new Error('member 0 is not attached'))
    const none = { interfaces: [], neighbours: [], ports: [], drops: [], acls: [], holds: [] }
    const answer = {
      ...none,
      punt: [],
      workers: [],
      mirrors: [],
      bridges: [],
      macs: undefined,
      nodes: [],
      statistics: undefined,
      ...this.answer,
    }
    return Promise.resolve({ ...answer, objects: query.objects && this.#page(query.objects) })
  }

  clearMacs(): Promise<number> {
    return Promise.resolve(0)
  }

  trace(): never {
    throw new Error('no packets pass a model')
  }
  capture(): never {
    throw new Error('no packets pass a model')
  }

  do(operations: Iterable<Operation>): void {
    for (const operation of operations) {
      switch (operation.op) {
        case 'vrf-set':
          this.vrfs.set(operation.vrf, operation.name)
          break
        case 'vrf-delete':
          if ([...this.interfaces.values()].some(({ vrf }) => vrf === operation.vrf))
            throw new Error(`an interface is in VRF ${operation.vrf}`)
          if (!this.vrfs.delete(operation.vrf)) throw new Error(`no VRF ${operation.vrf} to delete`)
          break
        case 'interface-set':
          if (operation.interface.vrf !== 0 && !this.vrfs.has(operation.interface.vrf))
            throw new Error(`no VRF ${operation.interface.vrf}`)
          this.interfaces.set(operation.interface.name, operation.interface)
          break
        case 'interface-delete':
          if (!this.interfaces.delete(operation.name))
            throw new Error(`no interface ${operation.name} to delete`)
          this.features.delete(operation.name)
          this.tunnels.delete(operation.name)
          for (const object of this.fib.objects.values()) {
            if ('interface' in object && object.interface === operation.name) {
              throw new Error(`objects still use interface ${operation.name}`)
            }
          }
          break
        case 'neighbour-set':
          if (!this.interfaces.has(operation.interface))
            throw new Error(`no interface ${operation.interface}`)
          this.neighbours.set(
            `${operation.interface} ${formatAddress(operation.address)}`,
            Buffer.from(operation.mac).toString('hex'),
          )
          break
        case 'neighbour-delete':
          if (!this.neighbours.delete(`${operation.interface} ${formatAddress(operation.address)}`)) {
            throw new Error(`no neighbour ${formatAddress(operation.address)} to delete`)
          }
          break
        case 'circuit-set':
          if (!this.interfaces.has(operation.interface))
            throw new Error(`no interface ${operation.interface}`)
          this.circuits.set(operation.interface, operation.circuit)
          break
        case 'circuit-delete':
          if (!this.circuits.delete(operation.interface))
            throw new Error(`no circuit ${operation.interface} to delete`)
          break
        case 'cross-connect-set':
          this.crossConnects.set(operation.name, operation.interfaces)
          break
        case 'cross-connect-delete':
          if (!this.crossConnects.delete(operation.name))
            throw new Error(`no cross-connect ${operation.name} to delete`)
          break
        case 'bridge-set':
          for (const { interface: name } of operation.bridge.members)
            if (!this.interfaces.has(name)) throw new Error(`no interface ${name}`)
          this.bridges.set(operation.bridge.name, operation.bridge)
          break
        case 'bridge-delete':
          if (!this.bridges.delete(operation.name))
            throw new Error(`no bridge domain ${operation.name} to delete`)
          break
        case 'acl-set':
          this.acls.set(operation.acl.name, operation.acl)
          break
        case 'acl-delete':
          if ([...this.bindings.values()].includes(operation.name))
            throw new Error(`access list ${operation.name} is attached`)
          if (!this.acls.delete(operation.name)) throw new Error(`no access list ${operation.name} to delete`)
          break
        case 'acl-bind': {
          const { interface: name, direction, family, acl } = operation
          if (acl === undefined) {
            this.bindings.delete(`${name} ${direction} ${family}`)
            break
          }
          if (!this.interfaces.has(name)) throw new Error(`no interface ${name}`)
          if (this.acls.get(acl)?.family !== family) throw new Error(`no access list ${acl} of IPv${family}`)
          this.bindings.set(`${name} ${direction} ${family}`, acl)
          break
        }
        case 'interface-features-set':
          if (!this.interfaces.has(operation.name)) throw new Error(`no interface ${operation.name}`)
          this.features.set(operation.name, operation)
          break
        case 'interface-features-delete':
          if (!this.features.delete(operation.name))
            throw new Error(`no features of ${operation.name} to delete`)
          break
        case 'punt-policer-set':
          this.limits.set(operation.class, operation)
          break
        case 'icmp-settings-set':
          this.limits.set('icmp-errors', operation)
          break
        case 'workers-set':
          this.workers = operation
          break
        case 'port-make':
          this.made.set(operation.name, operation.made)
          break
        case 'port-delete':
          if (!this.made.delete(operation.name)) throw new Error(`no port ${operation.name} that was made`)
          break
        case 'port-settings-set':
          this.ports.set(operation.name, operation)
          break
        case 'port-settings-delete':
          if (!this.ports.delete(operation.name)) throw new Error(`no settings of port ${operation.name}`)
          break
        case 'tunnel-set':
          if (!this.interfaces.has(operation.name)) throw new Error(`no interface ${operation.name}`)
          this.tunnels.set(operation.name, operation.tunnel)
          break
        case 'tunnel-delete':
          if (!this.tunnels.delete(operation.name)) throw new Error(`no tunnel ${operation.name} to delete`)
          break
        case 'mirror-set':
          this.mirrors.set(operation.name, operation)
          break
        case 'mirror-delete':
          if (!this.mirrors.delete(operation.name)) throw new Error(`no mirror ${operation.name} to delete`)
          break
        case 'fabric-set':
          for (const { interface: name } of operation.members.flatMap(({ links }) => links))
            if (!this.interfaces.has(name)) throw new Error(`no interface ${name}`)
          this.fabric = operation
          break
        case 'fabric-delete':
          this.fabric = undefined
          break
        case 'fabric-key-set':
          this.keys.set(`${operation.of} ${operation.name}`, operation.key)
          break
        case 'records':
          this.do(decode(operation.bytes))
          break
        default:
          if (operation.op === 'object-set') this.#interfaceOf(operation)
          this.fib.one(operation)
      }
    }
  }

  #interfaceOf({ object }: Extract<Operation, { op: 'object-set' }>): void {
    if ('interface' in object && !this.interfaces.has(object.interface)) {
      throw new Error(`an object needs interface ${object.interface}, which is not there`)
    }
  }
}

export interface BoxOptions {
  readonly ports?: readonly string[]
  readonly mtu?: number
  readonly server?: ControllerParts['server']
  readonly chassis?: ControllerParts['chassis']
}

const silent = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
}

const silence = { written: 0, lost: 0, waiting: 0, failure: undefined }

export class Box implements Disposable {
  readonly yang: Context
  readonly rib = new Rib({ now: () => Date.UTC(2026, 10, 21) })
  readonly member = new ModelMember()
  readonly alarms: Alarms
  readonly controllers: Controllers
  readonly authenticator: Authenticator
  #planner: Planner<PlanContext, Operation>
  #running: Tree

  private constructor(
    yang: Context,
    { ports = ['p1', 'p2', 'p3'], mtu = 1500, server, chassis }: BoxOptions,
  ) {
    this.yang = yang
    this.#running = yang.tree()
    this.alarms = new Alarms({
      context: yang,
      running: (use) => use(this.#running),
      bus: new EventBus(() => undefined),
      log: { ...silent, for: () => silent as never },
      now: () => Date.UTC(2026, 10, 21),
    })
    this.controllers = createControllers({
      rib: this.rib,
      ports: { names: ports, mtu: () => mtu },
      member: () => this.member,
      alarms: this.alarms,
      audit: { configure: () => undefined, state: { file: silence, syslog: new Map() } },
      ...(server === undefined ? {} : { server }),
      ...(chassis === undefined ? {} : { chassis }),
      now: () => Date.UTC(2026, 10, 21),
    })
    this.authenticator = this.controllers.authenticator
    const log = { ...silent, for: () => log } as never
    this.#planner = new Planner(this.controllers.controllers, this.controllers.createContext, log, 10_000)
  }

  static async open(options: BoxOptions = {}): Promise<Box> {
    return new Box(await createContext(schema()), options)
  }

  [Symbol.dispose](): void {
    this.#running[Symbol.dispose]()
    this.yang[Symbol.dispose]()
  }

  get running(): Tree {
    return this.#running
  }

  /** Edits and commits; throws RequestError and leaves all as it was. Returns the steps that were carried out. */
  async commit(xml: string, full = false): Promise<readonly Step<Operation>[]> {
    const candidate = await this.#running.copy()
    try {
      using journal = await this.#edit(candidate, xml)
      const change: Change = { journal, before: this.#running, after: candidate, full }
      const planned = await this.#planner.plan(change)
      for (const { operations } of planned.steps) this.member.do(operations)
      if (!planned.adopt()) throw new Error('a plan was not adopted')
      this.#running[Symbol.dispose]()
      this.#running = candidate
      return planned.steps
    } catch (error) {
      candidate[Symbol.dispose]()
      throw error
    }
  }

  async #edit(candidate: Tree, xml: string): Promise<Journal> {
    using fragment = this.yang.fragment(xml)
    const { journal, errors } = await candidate.edit(fragment, {
      defaultOperation: 'merge',
      errorOption: 'rollback-on-error',
    })
    if (errors.length > 0) throw new RequestError(errors)
    const invalid = await candidate.validate(journal)
    if (invalid.length > 0) throw new RequestError(invalid)
    for (const { normalize } of this.controllers.controllers) await normalize?.(candidate, journal)
    await journal.net()
    return journal
  }

  /** As when a member comes that has nothing: everything of running. */
  async full(): Promise<readonly Step<Operation>[]> {
    using journal = this.yang.journal()
    using before = this.yang.tree()
    const planned = await this.#planner.plan({ journal, before, after: this.#running, full: true })
    planned.adopt()
    return planned.steps
  }

  /** `path: message` of each error that refuses an edit. */
  async refusal(xml: string): Promise<readonly string[]> {
    try {
      await this.commit(xml)
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      return error.errors.map(({ path, message }) => `${path}: ${message}`)
    }
    return []
  }

  /** Running with all state, as JSON; an error when state does not fit the schema. */
  async operational(wanted: Wanted = everything): Promise<Record<string, unknown>> {
    using tree = await this.#running.copy()
    for (const { state } of this.controllers.controllers) {
      for (const provider of state ?? []) {
        for await (const piece of provider.read(wanted)) {
          using fragment = this.yang.fragment(piece)
          const result = await tree.edit(fragment, {
            defaultOperation: 'merge',
            errorOption: 'rollback-on-error',
            state: true,
          })
          result.journal[Symbol.dispose]()
          if (result.errors.length > 0) throw new RequestError(result.errors)
        }
      }
    }
    const tops = await tree.find('/*')
    const found: Record<string, unknown> = {}
    for (const path of tops) found[path] = await tree.json(path)
    return found
  }
}

const namespaces = {
  nc: 'urn:ietf:params:xml:ns:netconf:base:1.0',
  if: 'urn:ietf:params:xml:ns:yang:ietf-interfaces',
  ip: 'urn:ietf:params:xml:ns:yang:ietf-ip',
  weft: 'urn:weft:params:xml:ns:yang:weft-interfaces',
  rt: 'urn:ietf:params:xml:ns:yang:ietf-routing',
  sys: 'urn:ietf:params:xml:ns:yang:ietf-system',
  iana: 'urn:ietf:params:xml:ns:yang:iana-if-type',
}

export interface InterfaceText {
  readonly type?: string
  readonly enabled?: boolean
  readonly port?: string
  readonly operation?: string
  /** Content of the ipv4 container: addresses as `10.0.0.1/24`, or XML. */
  readonly ipv4?: readonly string[]
  readonly ipv6?: readonly string[]
  /** More of the interface. */
  readonly content?: string
}

function family(number: 4 | 6, content: readonly string[] | undefined): string {
  if (!content) return ''
  const inner = content.map((text) => {
    if (text.startsWith('<')) return text
    const [ip, length] = text.split('/')
    return `<address><ip>${ip}</ip><prefix-length>${length}</prefix-length></address>`
  })
  return `<ipv${number} xmlns="${namespaces.ip}">${inner.join('')}</ipv${number}>`
}

/** The content of a `<config>` with interfaces. */
export function interfaces(all: Readonly<Record<string, InterfaceText>>): string {
  const each = Object.entries(all).map(
    ([name, { type = 'ethernetCsmacd', enabled, port, operation, ipv4, ipv6, content = '' }]) =>
      operation === 'delete'
        ? `<interface nc:operation="delete"><name>${name}</name></interface>`
        : `<interface${operation ? ` nc:operation="${operation}"` : ''}><name>${name}</name><type xmlns:i="${namespaces.iana}">i:${type}</type>` +
          (enabled === undefined ? '' : `<enabled>${enabled}</enabled>`) +
          (port === undefined ? '' : `<port xmlns="${namespaces.weft}">${port}</port>`) +
          family(4, ipv4) +
          family(6, ipv6) +
          content +
          '</interface>',
  )
  return `<interfaces xmlns="${namespaces.if}" xmlns:nc="${namespaces.nc}">${each.join('')}</interfaces>`
}

/** The content of a `<config>` with static routes: prefix to the content of `next-hop`, an address, or `delete`. */
export function routes(all: Readonly<Record<string, string>>, name = 'main'): string {
  const of = (number: 4 | 6) => {
    const each = Object.entries(all)
      .filter(([prefix]) => prefix.includes(':') === (number === 6))
      .map(([prefix, to]) => {
        const nextHop = to.startsWith('<') ? to : `<next-hop-address>${to}</next-hop-address>`
        return to === 'delete'
          ? `<route nc:operation="delete"><destination-prefix>${prefix}</destination-prefix></route>`
          : `<route><destination-prefix>${prefix}</destination-prefix><next-hop nc:operation="replace">${nextHop}</next-hop></route>`
      })
    const xmlns = `urn:ietf:params:xml:ns:yang:ietf-ipv${number}-unicast-routing`
    return each.length > 0 ? `<ipv${number} xmlns="${xmlns}">${each.join('')}</ipv${number}>` : ''
  }
  return routing(
    `<control-plane-protocols><control-plane-protocol><type>static</type><name>${name}</name>` +
      `<static-routes>${of(4)}${of(6)}</static-routes></control-plane-protocol></control-plane-protocols>`,
  )
}

export const routing = (content: string): string =>
  `<routing xmlns="${namespaces.rt}" xmlns:nc="${namespaces.nc}">${content}</routing>`

export const hops = (...ways: readonly string[]): string =>
  `<next-hop-list>${ways.map((way, i) => `<next-hop><index>${i + 1}</index>${way.startsWith('<') ? way : `<next-hop-address>${way}</next-hop-address>`}</next-hop>`).join('')}</next-hop-list>`

export const system = (content: string): string =>
  `<system xmlns="${namespaces.sys}" xmlns:nc="${namespaces.nc}">${content}</system>`
