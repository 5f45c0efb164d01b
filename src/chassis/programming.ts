/**
 * Keeps the members of the chassis as running says: each that comes is programmed with all of it and gets every change from then on;
 * what the members tell is told to the rest of the appliance.
 */
import { join } from 'node:path'
import type { Member, Members, Operation, PortSettings } from '../../dataplane/client/index.js'
import type { Datastores, Step } from '../../datastore/index.js'
import { FabricWatch, MemberWatch, type Alarms } from '../alarms/index.js'
import type { Starting } from './place.js'
import { followLinks, localMember, RoutingUpdates } from '../controllers/index.js'
import type { EventBus } from '../events.js'
import type { Inventory } from './inventory.js'
import type { LinkViews } from './link-views.js'
import { Reconciler } from './reconciler.js'
import type { Rib } from '../rib/index.js'
import type { MemberStage } from './stage.js'

/** Configuration by which something may be wrong at a member that was not. */
const watchedClaims = ['/ietf-interfaces:interfaces', '/weft-ports:ports', '/weft-ports:workers']
/** Milliseconds that a start waits for the engine to be programmed before it goes on all the same. */
const enginePatience = 15_000
/** Milliseconds that a member's report of its ports is waited for. */
const reportPatience = 1_000
/** After which a known member that has not come is said to be away. */
const comingPatience = 5_000

export interface EngineParts {
  readonly datastores: Datastores<Operation>
  /** Members stay as they are: running says nothing of them. */
  readonly failsafe: boolean
  readonly inventory: Inventory
  /** 0 for the member beside the control plane; undefined: it is not known any more. */
  readonly slotOf: (member: string) => number | undefined
  /** Is the member to forget its tables when this control plane programs it first? */
  readonly flushes: (member: string) => boolean
  readonly links: LinkViews
  readonly stage: MemberStage
  readonly rib: Rib
  readonly bus: EventBus
  readonly alarms: Alarms
  /** What running says of ports. */
  readonly portSettings: () => Promise<ReadonlyMap<string, PortSettings>>
}

/** What has members programmed. */
export interface Programming {
  /** The engine beside the control plane is programmed when this resolves, if it came up in time. */
  readonly begun: Promise<void>
  /** Ports came, went or have another place: all members are programmed anew. */
  readonly again: () => void
}

/** From now on members are as running says. */
export function programMembers(starting: Starting, members: Members, parts: EngineParts): Programming {
  const { state, log, signal } = starting
  const following = parts.failsafe ? undefined : new Following(starting, members, parts)
  const programmed = following?.first ?? parts.datastores.fullPlan().then(() => undefined)
  const begun = within(programmed, enginePatience, signal, () =>
    log.error(
      `the engine did not come up within ${enginePatience / 1000} s; see ${join(state.log, 'dataplane.log')}`,
    ),
  )
  return { begun, again: () => following?.again() }
}

class Following {
  /** Resolves when the member beside the control plane has been programmed for the first time. */
  readonly first: Promise<void>
  readonly #starting: Starting
  readonly #members: Members
  readonly #parts: EngineParts
  readonly #updates: RoutingUpdates
  readonly #reconciler: Reconciler
  readonly #watches = new Map<string, MemberWatch>()
  /** Lives of engines that this control plane has programmed. */
  readonly #known = new Set<string>()
  readonly #fabric: FabricWatch
  /** Who waits for what a member reports. */
  readonly #reports = new Map<string, () => void>()
  /** Members that are to be programmed once more after what is under way. */
  readonly #stale = new Set<string>()
  #begun: () => void = () => undefined

  constructor(starting: Starting, members: Members, parts: EngineParts) {
    this.#starting = starting
    this.#members = members
    this.#parts = parts
    this.first = new Promise((resolve) => (this.#begun = resolve))
    this.#fabric = new FabricWatch({
      alarms: parts.alarms,
      nameOf: (slot) => members.all.find(({ name }) => parts.slotOf(name) === slot)?.name,
    })
    const { closers, log } = starting
    const { datastores, stage, bus, inventory, slotOf } = parts
    this.#updates = this.#routingUpdates()
    closers.add('the routing updates', () => this.#updates[Symbol.asyncDispose]())
    closers.add('the watches on members', async () => {
      for (const watch of this.#watches.values()) await watch[Symbol.asyncDispose]()
    })
    datastores.on('commit', (_commit, changes) => {
      if (watchedClaims.some((claim) => changes.touches(claim)))
        for (const watch of this.#watches.values()) watch.look()
    })
    this.#reconciler = new Reconciler(
      datastores,
      ({ name }) => {
        const own = inventory.alone ? [] : [{ op: 'slot-set', slot: slotOf(name) ?? 0 } as const]
        return [...own, ...inventory.operations()]
      },
      stage,
      (work) => this.#updates.hold(work),
      (member, refused) => this.#done(member, refused),
      (member) => member.commit > 0 && !this.#known.has(lifeOf(member)) && parts.flushes(member.name),
      log.for('reconciler'),
    )
    closers.add('the reconciler', () => this.#reconciler.stop())
    this.#listen()
    const links = followLinks(bus, this.#updates)
    closers.add('the links', () => links[Symbol.dispose]())
    const late = setTimeout(() => {
      for (const { name } of members.all) this.#watch(name).attachment()
    }, comingPatience)
    closers.add('the wait for members', () => clearTimeout(late))
    for (const member of members.all) if (member.attached) void this.#program(member)
    this.#watch(members.member0.name)
  }

  /** Programs all members that are there anew. What is right at them is not touched. */
  again(): void {
    for (const member of this.#members.all) this.#anew(member)
  }

  #listen(): void {
    const { stage, bus, links } = this.#parts
    const members = this.#members
    members.on('detached', (member) => stage.dismiss(member))
    members.on('devices', ({ name }) => this.#reports.get(name)?.())
    members.on('attached', (member) => void this.#reported(member).then(() => this.#program(member)))
    members.on('detached', ({ name }) => {
      bus.emit('detached', { member: name })
      this.#fabric.gone(name)
    })
    members.on('event', (member, event) => {
      if (event.kind === 'condition') return bus.emit('condition', { member: member.name })
      if (event.kind === 'member') return this.#fabric.heard(member.name, event.slot, event.up)
      if (event.kind === 'resolve') return bus.emit('resolve', { member: member.name, ...event.miss })
      const { kind, interface: name } = event
      // What links are is told by `tellLinks` once the member has all of running.
      if (kind === 'link' && !stage.admitted(member)) return
      const up = kind === 'link' ? links.tell(member.name, name, event.up) : event.up
      bus.emit(kind, { member: member.name, interface: name, up })
    })
  }

  /** Another machine says first which ports it has: without them there is little to be programmed. */
  async #reported(member: Member): Promise<void> {
    if (member.address === undefined) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, reportPatience)
      this.#reports.set(member.name, () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  #routingUpdates(): RoutingUpdates {
    const { rib, stage, datastores } = this.#parts
    const { log } = this.#starting
    return new RoutingUpdates({
      rib,
      send: async (operations) => {
        const step: Step<Operation> = {
          kind: 'create',
          provides: 'route',
          member: localMember,
          operations,
          summary: 'routing updates',
        }
        const prepared = await stage.prepare([step])
        await prepared.apply(datastores.head?.number ?? 0)
      },
      lost: (error) => {
        log.error(`routing updates were not carried out: ${(error as Error).message}`)
        this.again()
      },
      failed: (error) => log.error(`routing updates were refused: ${(error as Error).message}`),
    })
  }

  #anew(member: Member): void {
    const { stage } = this.#parts
    if (!member.attached) return
    if (!stage.admitted(member)) {
      // What is under way may have been said before.
      this.#stale.add(member.name)
      return
    }
    stage.dismiss(member)
    void this.#program(member)
  }

  async #program(member: Member): Promise<void> {
    const { bus } = this.#parts
    const watch = this.#watch(member.name)
    bus.emit('attached', { member: member.name })
    do {
      this.#stale.delete(member.name)
      await this.#reconciler.reconcile(member)
    } while (this.#stale.has(member.name) && member.attached)
    await this.#tellLinks(member)
    if (member === this.#members.member0) this.#begun()
    watch.look()
  }

  #done(member: Member, refused: string | undefined): void {
    if (refused === undefined) this.#known.add(lifeOf(member))
    this.#watch(member.name).programmed(refused)
  }

  /** Links that were down before their events could be heard. */
  async #tellLinks(member: Member): Promise<void> {
    const { bus, links } = this.#parts
    const state = await member.state({ interfaces: true }).catch(() => undefined)
    for (const { name, operUp } of state?.interfaces ?? [])
      bus.emit('link', {
        member: member.name,
        interface: name,
        up: links.tell(member.name, name, operUp),
      })
  }

  #watch(name: string): MemberWatch {
    const known = this.#watches.get(name)
    if (known) return known
    const { alarms, bus, portSettings, stage, inventory, slotOf } = this.#parts
    const member = this.#members.named(name)
    const watch = new MemberWatch({
      ...{ member, alarms, bus },
      wishes: portSettings,
      admitted: () => stage.admitted(member),
      tells: (port) => (inventory.slotOfPort(port) ?? 0) === (slotOf(name) ?? 0),
    })
    this.#watches.set(name, watch)
    return watch
  }
}

/** One life of a member's engine. */
const lifeOf = ({ name, boot }: Member): string => `${name} ${boot}`

/** Waits for work, but not for ever; rejects when the signal gives up. */
async function within(
  work: Promise<void>,
  milliseconds: number,
  signal: AbortSignal | undefined,
  late: () => void,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve, reject) => {
    timer = setTimeout(() => {
      late()
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  await Promise.race([work, patience]).finally(() => clearTimeout(timer))
}
