/**
 * The appliance's side of the data plane: the keeper and its namespaces, the ports, member 0 with its engine, and what keeps
 * member and running the same. What an earlier weftd has left at work is found and taken over.
 */
import { join } from 'node:path'
import {
  connectKeeper,
  DataplaneProcess,
  endDataplane,
  listenMembers,
  startKeeper,
  type KeeperClient,
  type Member,
  type Members,
  type Operation,
  type PortSettings,
} from '../dataplane/client/index.js'
import type { Datastores, Step } from '../datastore/index.js'
import { giveDevicesBack, takeDevices, type Attachment } from './attachments.js'
import { MemberWatch, type Alarms } from './alarms/index.js'
import type { Closers } from './closers.js'
import { followLinks, localMember, RoutingUpdates } from './controllers/index.js'
import type { EventBus } from './events.js'
import { makeHost } from './lab/lab.js'
import type { LabHost } from './lab/topology.js'
import type { Log } from './log.js'
import { Reconciler } from './reconciler.js'
import type { Rib } from './rib/index.js'
import type { MemberStage } from './stage.js'
import type { StateFolder } from './state.js'
import { version } from './version.js'

const chassis = 'weft'
/** Configuration by which something may be wrong at a member that was not. */
const watchedClaims = ['/ietf-interfaces:interfaces', '/weft-ports:ports', '/weft-ports:workers']
/** Milliseconds that a start waits for the engine to be programmed before it goes on all the same. */
const enginePatience = 15_000

/** What the parts of a start share. */
export interface Starting {
  readonly state: StateFolder
  readonly log: Log
  readonly closers: Closers
  readonly signal: AbortSignal | undefined
  /** Once there is one. */
  keeper?: KeeperClient
}

/** The keeper, and whether an earlier weftd had started it. */
export interface Place {
  readonly keeper: KeeperClient
  readonly keeperSocket: string
  readonly adopted: boolean
}

/** Finds or starts the keeper, takes the devices of `ports` and makes the hosts. */
export async function openPlace(
  starting: Starting,
  ports: readonly Attachment[],
  hosts: readonly LabHost[],
  userNamespace: boolean,
): Promise<Place> {
  const { state, log, closers, signal } = starting
  const keeperSocket = join(state.run, 'keeper.sock')
  const found = await connectKeeper(keeperSocket).catch(() => undefined)
  // An engine whose keeper is gone is at work in namespaces that nobody can reach any more.
  if (!found) await endDataplane(state.run)
  const keeper =
    found ??
    (await startKeeper({ socketPath: keeperSocket, logFile: join(state.log, 'keeper.log'), userNamespace }))
  starting.keeper = keeper
  closers.add('the keeper', () => keeper.quit(), found && (() => found[Symbol.asyncDispose]()))
  closers.add('the ports', () => giveDevicesBack(keeper, state.run, log), found && (() => undefined))
  await takeDevices(keeper, state.run, ports, log)
  for (const host of hosts) await makeHost(keeper, host)
  signal?.throwIfAborted()
  return { keeper, keeperSocket, adopted: found !== undefined }
}

/** Listens for members, and starts or finds member 0. */
export async function startEngine(starting: Starting, place: Place): Promise<Members> {
  const { state, log, closers } = starting
  const membersSocket = join(state.run, 'weftd.sock')
  const members = await listenMembers({
    socketPath: membersSocket,
    chassis,
    version,
    log: log.for('members'),
    term: Date.now(),
  })
  closers.add('the members', () => members[Symbol.asyncDispose]())
  const dataplane = await DataplaneProcess.start({
    runFolder: state.run,
    keeper: place.keeper,
    keeperSocket: place.keeperSocket,
    membersSocket,
    chassis,
    logFile: join(state.log, 'dataplane.log'),
    log: log.for('dataplane'),
  })
  const stop = async () => {
    // Its end is meant from here on.
    await dataplane.release()
    await members.shutdown()
    await dataplane.stop()
  }
  closers.add('the data plane', stop, place.adopted ? () => dataplane.release() : stop)
  return members
}

export interface EngineParts {
  readonly datastores: Datastores<Operation>
  /** Members stay as they are: running says nothing of them. */
  readonly failsafe: boolean
  readonly attachments: readonly Attachment[]
  readonly stage: MemberStage
  readonly rib: Rib
  readonly bus: EventBus
  readonly alarms: Alarms
  /** What running says of ports. */
  readonly portSettings: () => Promise<ReadonlyMap<string, PortSettings>>
}

/** From now on members are as running says. The engine is programmed when this resolves, if it came up in time. */
export async function programEngine(starting: Starting, members: Members, parts: EngineParts): Promise<void> {
  const { state, log, signal } = starting
  const programmed = parts.failsafe
    ? parts.datastores.fullPlan().then(() => undefined)
    : follow(members, parts, starting)
  await within(programmed, enginePatience, signal, () =>
    log.error(
      `the engine did not come up within ${enginePatience / 1000} s; see ${join(state.log, 'dataplane.log')}`,
    ),
  )
}

/** Keeps members as running says, and tells what they tell. Resolves when a member has been programmed for the first time. */
function follow(members: Members, parts: EngineParts, { log, closers }: Starting): Promise<void> {
  const { datastores, attachments, stage, rib, bus, alarms } = parts
  const ports = portOperations(attachments)
  const updates = new RoutingUpdates({
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
      const member = members.member0
      if (!member.attached || !stage.admitted(member)) return
      stage.dismiss(member)
      void program(member)
    },
    failed: (error) => log.error(`routing updates were refused: ${(error as Error).message}`),
  })
  closers.add('the routing updates', () => updates[Symbol.asyncDispose]())
  const { member0 } = members
  const watch = new MemberWatch({
    member: member0,
    alarms,
    bus,
    wishes: parts.portSettings,
    admitted: () => stage.admitted(member0),
  })
  closers.add('the watch on the member', () => watch[Symbol.asyncDispose]())
  datastores.on('commit', (_commit, changes) => {
    if (watchedClaims.some((claim) => changes.touches(claim))) watch.look()
  })
  const reconciler = new Reconciler(
    datastores,
    () => ports,
    stage,
    (work) => updates.hold(work),
    (refused) => watch.programmed(refused),
    log.for('reconciler'),
  )
  closers.add('the reconciler', () => reconciler.stop())
  let programmed: () => void = () => undefined
  const first = new Promise<void>((resolve) => (programmed = resolve))
  const program = async (member: Member) => {
    bus.emit('attached', { member: member.name })
    await reconciler.reconcile(member)
    await tellLinks(member, bus)
    programmed()
  }
  members.on('detached', (member) => stage.dismiss(member))
  members.on('attached', (member) => void program(member))
  members.on('detached', ({ name }) => bus.emit('detached', { member: name }))
  members.on('event', (member, event) => {
    if (event.kind === 'condition') return bus.emit('condition', { member: member.name })
    if (event.kind === 'resolve') return bus.emit('resolve', { member: member.name, ...event.miss })
    const { kind, interface: name, up } = event
    // What links are is told by `tellLinks` once the member has all of running.
    if (kind === 'link' && !stage.admitted(member)) return
    bus.emit(kind, { member: member.name, interface: name, up })
  })
  const links = followLinks(bus, updates)
  closers.add('the links', () => links[Symbol.dispose]())
  if (members.member0.attached) void program(members.member0)
  return first
}

/** Each port of the chassis is a device in the port namespace. */
function portOperations(attachments: readonly Attachment[]): Operation[] {
  return attachments.map(({ name, device }) => ({ op: 'port-set', name, driver: 'auto', device }))
}

/** Links that were down before their events could be heard. */
async function tellLinks(member: Member, bus: EventBus): Promise<void> {
  const state = await member.state({ interfaces: true }).catch(() => undefined)
  for (const { name, operUp } of state?.interfaces ?? []) {
    bus.emit('link', { member: member.name, interface: name, up: operUp })
  }
}

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
