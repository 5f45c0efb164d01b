/**
 * Puts the rooms together, and is the only file that knows them all: schema, datastores, controllers, the data plane with its
 * keeper, NETCONF, the audit log. Starting is a sequence; stopping is the same one backwards. Ending without `stop` (a crash, `kill -9`)
 * leaves keeper and engine at work, and the next start on the same state folder finds them.
 */
import { join } from 'node:path'
import { createContext } from 'libyang-js'
import { KeeperDiedError, type KeeperClient, type Operation } from '../dataplane/client/index.js'
import { openDatastores, type Datastores, type RecoveryReport } from '../datastore/index.js'
import {
  AccessControl,
  accessState,
  factorySettings,
  historyState,
  HostKeys,
  modulesState,
  monitoringState,
  SessionRegistry,
  startNetconf,
  yangLibraryState,
  type NetconfServer,
} from '../netconf/index.js'
import { schema, sensitive } from '../yang/schema.js'
import { alarmOperations } from './alarm-actions.js'
import { Alarms, auditConditions, controlConditions, endpointConditions } from './alarms/index.js'
import { largestMtus } from './chassis/attachments.js'
import { Audit } from './audit/index.js'
import { captureOperations, Captures, captureState } from './capture/index.js'
import { openPlace, startEngine, type Starting } from './chassis/place.js'
import { clearMacsOperation } from './clear-macs.js'
import { Closers } from './closers.js'
import { createControllers, localMember, readPorts } from './controllers/index.js'
import { Registry } from './chassis/admission/index.js'
import { EventBus } from './events.js'
import {
  commitFactoryConfiguration,
  factoryConfiguration,
  shownFactoryConfiguration,
  type FirstPassword,
} from './factory.js'
import { Inventory } from './chassis/inventory.js'
import { internalDevice, makeInternalLink } from './lab/internal-link.js'
import { demoHosts } from './lab/topology.js'
import { LinkViews } from './chassis/link-views.js'
import type { Log } from './log.js'
import type { Options } from './options.js'
import { Membership } from './chassis/membership.js'
import { membershipOperations } from './chassis/operations.js'
import { programMembers, type Programming } from './chassis/programming.js'
import { Refusals } from './chassis/refusals.js'
import { Rib } from './rib/index.js'
import { MemberStage } from './chassis/stage.js'
import { markErased, openState } from './state.js'
import { traceOperation } from './trace.js'
import { version } from './version.js'
import { wholeChassis } from './chassis/whole.js'

export interface Appliance {
  /** Where NETCONF listens. */
  readonly listening: { readonly address: string; readonly port: number }
  /** Path of the state folder. */
  readonly state: string
  readonly keeper: KeeperClient
  /** Of the SSH host keys: type and `SHA256:…`. */
  readonly hostKeys: readonly { readonly type: string; readonly fingerprint: string }[]
  /** Commits so far. */
  readonly commits: number
  /** Password of admin, if this start made it: the first one of the state folder. */
  readonly firstPassword: FirstPassword | undefined
  /** Why what is stored cannot be used; running is then the failsafe configuration, and members stay as they are. */
  readonly failsafe: string | undefined
  /** Resolves when the keeper is gone, and with it the namespaces: the appliance must be stopped and started again. */
  readonly lost: Promise<void>
  /** Resolves when a factory reset asks that the appliance be stopped and started again, on an empty state folder. */
  readonly reset: Promise<void>
  /** Where members of other machines attach; undefined: nowhere. */
  membersPort(): number | undefined
  /** Members of other machines with their ports, a line each. */
  inventory(): readonly string[]
  /** Ends everything: sessions, engine, namespaces. Configuration stays in the state folder. */
  stop(): Promise<void>
}

/** What there was before a factory reset and is to be again. */
export interface Before {
  readonly password: FirstPassword | undefined
}

/**
 * Throws an Error whose message is for a person, a KeeperDiedError when it is worth another try; what had been started is
 * stopped again. `signal` gives up the start.
 */
export async function startAppliance(
  options: Options,
  log: Log,
  signal?: AbortSignal,
  before?: Before,
): Promise<Appliance> {
  const closers = new Closers()
  const starting: Starting = { state: openState(options.state), log, closers, signal }
  try {
    return await start(options, starting, before)
  } catch (error) {
    const { keeper } = starting
    const died = error instanceof KeeperDiedError || (keeper !== undefined && !(await keeper.answers()))
    await closers.undo(died || signal?.aborted ? 'close' : 'release', log)
    throw died ? new KeeperDiedError((error as Error).message, { cause: error }) : error
  }
}

async function start(options: Options, starting: Starting, before: Before | undefined): Promise<Appliance> {
  const { state, log, closers, signal } = starting
  const context = await createContext(schema({ capabilities: options.capabilities }))
  const bus = new EventBus((name, error) =>
    log.error(`a listener to '${name}' failed: ${(error as Error).message}`),
  )
  const alarms = new Alarms({
    context,
    running: async (use) => await (await opening).withTree('running', use),
    bus,
    log: log.for('alarms'),
  })
  closers.add('the alarms', () => alarms[Symbol.dispose]())
  const audit = new Audit({
    path: join(state.path, 'audit.log'),
    version,
    log: log.for('audit'),
    changed: (state) => alarms.tell('audit', auditConditions(state)),
  })
  closers.add('the audit log', () => audit[Symbol.asyncDispose]())
  closers.add('the schema', () => context[Symbol.dispose]())

  const hosts = options.demo ? demoHosts : []
  const internal = options.members > 1 ? [{ name: internalDevice, device: internalDevice }] : []
  const attachments = [
    ...options.ports,
    ...internal,
    ...hosts.map(({ port }) => ({ name: port, device: port })),
  ]
  const stage = new MemberStage()
  const rib = new Rib()
  /** Made once there are members. */
  const late: { membership?: Membership; programming?: Programming } = {}
  const registry = new Registry(join(state.chassis, 'members.json'))
  const inventory: Inventory = new Inventory(attachments, registry, slotOf)
  const chassis = () => wholeChassis(members, ownerOf)()
  /** The member that has the port below an interface. */
  function ownerOf(interfaceName: string): string | undefined {
    const slot = inventory.slotOfPort(controllers.portBelow(interfaceName) ?? '')
    return slot === undefined ? undefined : members.all.find(({ name }) => slotOf(name) === slot)?.name
  }
  /** Of the member beside the control plane 0. */
  function slotOf(name: string): number | undefined {
    return name === localMember ? 0 : (late.membership?.slotOf(name) ?? registry.member(name)?.slot)
  }
  const controllers = createControllers({
    rib,
    ports: inventory,
    member: () => chassis(),
    members: () => members.all,
    chassis: () => late.membership,
    audit,
    alarms,
    server: () => server,
  })
  let server: NetconfServer | undefined = undefined
  const sessions = new SessionRegistry()
  const { recoveryUser } = options
  const access = new AccessControl({ context, sensitive, recoveryUser, log: log.for('netconf') })
  closers.add('access control', () => access[Symbol.asyncDispose]())
  if (recoveryUser !== undefined)
    log.warn(
      `sessions of ${JSON.stringify(recoveryUser)} are recovery sessions: no rule of access control binds them`,
    )
  const captures = new Captures(state.captures, log.for('captures'))
  let startOver: () => void = () => undefined
  const reset = new Promise<void>((resolve) => (startOver = resolve))
  let own: () => void = () => undefined
  const owned = new Promise<void>((resolve) => (own = resolve))
  let firstPassword: FirstPassword | undefined
  // What is made before NETCONF is up is told at the end of the start; later it is a reset that makes one.
  const factory = {
    shown: shownFactoryConfiguration,
    configuration: () => {
      const { xml, password } = factoryConfiguration()
      const adopted = (): void => {
        firstPassword = password
        if (server && password.generated)
          log.warn(`a factory reset has given the user admin a new password: ${password.value}`)
      }
      return { xml, adopted }
    },
  }
  let tellStore: (failure: string | undefined) => void = () => undefined
  const opening = openDatastores<unknown, Operation>({
    directory: state.store,
    context,
    controllers: controllers.controllers,
    createContext: controllers.createContext,
    state: [
      monitoringState(sessions, context, () => datastores),
      yangLibraryState(context),
      modulesState(context),
      historyState(() => datastores),
      accessState(access),
      captureState(captures),
    ],
    guards: [access],
    stage,
    stored: (failure) => tellStore(failure),
    log: log.for('datastore'),
    failsafe: true,
    opened: own,
    factory,
  })
  closers.add('the datastore', () =>
    opening.then(
      (opened) => opened[Symbol.asyncDispose](),
      () => undefined,
    ),
  )
  // Beside the recovery of running; but what another weftd may be using is left alone until the store is known to be ours.
  const preparing = Promise.race([owned, opening]).then(async () => {
    signal?.throwIfAborted()
    const place = await openPlace(starting, options.ports, hosts, options.userNamespace)
    if (options.members > 1) await makeInternalLink(place.keeper)
    return { keeper: place.keeper, members: await startEngine(starting, place) }
  })
  const [opened, prepared] = await Promise.allSettled([opening, preparing])
  if (opened.status === 'rejected') throw opened.reason
  const datastores: Datastores<Operation> & { readonly recovery: RecoveryReport } = opened.value
  tellStore = (failure) => alarms.tell('store', controlConditions(datastores.recovery, failure))
  tellStore(undefined)
  tellRecovery(datastores.recovery, log.for('datastore'))
  audit.follow(datastores, datastores.recovery)
  access.follow(datastores)
  if (prepared.status === 'rejected') throw prepared.reason
  const { keeper, members } = prepared.value
  const hostKeys = await HostKeys.open(state.keys)
  signal?.throwIfAborted()

  inventory.setLimits(await largestMtus(keeper, attachments))
  const membership = new Membership({
    ...{ state, registry, members, log: log.for('members') },
    inventory: () => inventory,
    told: (event) => {
      log.for('members').info(event.text)
      audit.member(event)
    },
    portsChanged: () => late.programming?.again(),
  })
  late.membership = membership
  const refusals = new Refusals((text, address, member) =>
    audit.member({ kind: 'refused', member, text, ...(address !== undefined && { address }) }),
  )
  members.on('refused', (why, peer, member) => refusals.add(why, peer ?? {}, member))
  closers.add('the members of other machines', () => membership[Symbol.asyncDispose]())
  const programming = programMembers(starting, members, {
    datastores,
    failsafe: datastores.recovery.failsafe !== undefined,
    ...{ inventory, slotOf },
    flushes: (name) => membership.flushes(name),
    links: new LinkViews(
      ownerOf,
      () => members.all.filter(({ attached }) => attached).map(({ name }) => name),
      () => membership.stitched,
    ),
    stage,
    rib,
    bus,
    alarms,
    portSettings: () => datastores.withTree('running', readPorts),
  })
  const died = keeper.closed.then(() => {
    throw new Error('the keeper hung up')
  })
  late.programming = programming
  await Promise.race([programming.begun, died])
  await membership.begin(controllers.chassisSettings())
  const memberNamed = (name: string) => members.all.find((member) => member.name === name)
  const netconf = await startNetconf({
    context,
    datastores,
    registry: sessions,
    listen: options.netconf,
    ...(options.urlFolder !== undefined && { urlFolder: options.urlFolder }),
    settings: controllers.serverSettings() ?? factorySettings,
    hostKeys,
    authenticate: controllers.authenticator,
    startOver: async () => {
      await markErased(state.path)
      startOver()
    },
    access,
    operations: [
      clearMacsOperation(chassis),
      ...membershipOperations(membership),
      traceOperation(memberNamed),
      ...captureOperations(captures, memberNamed),
      ...alarmOperations(alarms),
    ],
    endpointsMissing: (missing) => alarms.tell('endpoints', endpointConditions(missing)),
    log: log.for('netconf'),
    observer: audit,
  })
  server = netconf
  closers.add('captures', () => captures.close())
  closers.add('NETCONF', () => netconf.close())
  // After all that can fail, so that the password is not made for a start that nobody sees; until then nobody can log in.
  const { failsafe } = datastores.recovery
  if (!datastores.head) {
    const { xml, password } = factoryConfiguration(before?.password)
    await commitFactoryConfiguration(context, datastores, xml, {
      comment: failsafe === undefined ? 'factory configuration' : 'failsafe configuration',
      startup: failsafe === undefined && options.capabilities.includes('startup'),
    })
    firstPassword = password
  }
  return {
    listening: netconf.address,
    state: state.path,
    keeper,
    hostKeys: hostKeys.keys,
    get commits() {
      return datastores.head?.number ?? 0
    },
    get firstPassword() {
      return firstPassword
    },
    failsafe,
    reset,
    lost: keeper.closed,
    membersPort: () => membership.state.listening?.port,
    inventory: () =>
      membership.state.members.map(
        ({ name, slot, connected, ports }) =>
          `slot ${slot}: member ${name}, ${connected ? 'connected' : 'not connected'}, ports ${ports.map((port) => port.name).join(', ')}`,
      ),
    stop: () => closers.undo('close', log),
  }
}

/** What a start found in the journal, and what it did not. */
function tellRecovery(
  { number, failsafe, lost, faults, invalid, milliseconds }: RecoveryReport,
  log: Log,
): void {
  if (failsafe !== undefined)
    log.error(
      `${failsafe}. The appliance runs its failsafe configuration: admin can log in, nothing can be committed, and ` +
        'members stay as they are; restore the store from a copy or move it away, and start again',
    )
  for (const { first, last, reason, keptAs } of lost) {
    const commits =
      last < first
        ? 'no commit that running needs is'
        : first === last
          ? `commit ${first} is`
          : `commits ${first} to ${last} are`
    log.error(
      `${commits} lost: ${reason}${keptAs === undefined ? '' : `; what is left is kept as ${keptAs}`}`,
    )
  }
  for (const fault of faults) log.error(fault)
  for (const { path, message } of invalid) {
    log.warn(`running is not valid: ${path === undefined ? '' : `${path}: `}${message}`)
  }
  if (number > 0) log.info(`running is commit ${number}, read from the journal in ${milliseconds} ms`)
}
