/**
 * Puts the rooms together, and is the only file that knows them all: schema, datastores, controllers, the data plane with its
 * keeper, NETCONF. Starting is a sequence; stopping is the same one backwards. Ending without `stop` (a crash, `kill -9`)
 * leaves keeper and engine at work, and the next start on the same state folder finds them.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createContext } from 'libyang-js'
import {
  connectKeeper,
  DataplaneProcess,
  listenMembers,
  startKeeper,
  type KeeperClient,
  type Member,
  type Operation,
} from '../dataplane/client/index.js'
import { openDatastores, type Datastores, type RecoveryReport, type Step } from '../datastore/index.js'
import {
  loadOrCreateHostKeys,
  monitoringState,
  SessionRegistry,
  startNetconf,
  yangLibraryState,
} from '../netconf/index.js'
import { schema } from '../yang/schema.js'
import { giveDevicesBack, largestMtus, takeDevices, type Attachment } from './attachments.js'
import { createControllers, followLinks, localMember } from './controllers/index.js'
import { EventBus } from './events.js'
import { makeHost } from './lab/lab.js'
import { demoHosts } from './lab/topology.js'
import type { Log } from './log.js'
import type { Options } from './options.js'
import { Reconciler } from './reconciler.js'
import { Rib } from './rib/index.js'
import { MemberStage } from './stage.js'
import { openState } from './state.js'
import { version } from './version.js'

/** Milliseconds that a start waits for the engine to be programmed before it opens NETCONF all the same. */
const enginePatience = 15_000

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
  readonly firstPassword: { readonly value: string; readonly generated: boolean } | undefined
  /** Resolves when the keeper is gone, and with it the namespaces: the appliance must be stopped and started again. */
  readonly lost: Promise<void>
  /** Ends everything: sessions, engine, namespaces. Configuration stays in the state folder. */
  stop(): Promise<void>
}

/** What is to be undone when the appliance stops, in the reverse order. */
class Closers {
  readonly #closers: {
    readonly name: string
    readonly close: () => unknown
    readonly release: () => unknown
  }[] = []
  #closed: Promise<void> | undefined

  /** `release`: instead of `close` when a start fails; leaves at work what an earlier start has left. */
  add(name: string, close: () => unknown, release = close): void {
    this.#closers.push({ name, close, release })
  }

  /** By the first call; later ones wait for it. */
  undo(how: 'close' | 'release', log: Log): Promise<void> {
    this.#closed ??= this.#undo(how, log)
    return this.#closed
  }

  async #undo(how: 'close' | 'release', log: Log): Promise<void> {
    for (const { name, [how]: undo } of this.#closers.reverse()) {
      try {
        await undo()
      } catch (error) {
        log.error(`stopping ${name}: ${(error as Error).message}`)
      }
    }
  }
}

/** Throws an Error whose message is for a person; what had been started is stopped again. `signal` gives up the start. */
export async function startAppliance(options: Options, log: Log, signal?: AbortSignal): Promise<Appliance> {
  const closers = new Closers()
  try {
    return await start(options, log, closers, signal)
  } catch (error) {
    await closers.undo(signal?.aborted ? 'close' : 'release', log)
    throw error
  }
}

async function start(
  options: Options,
  log: Log,
  closers: Closers,
  signal: AbortSignal | undefined,
): Promise<Appliance> {
  const state = openState(options.state)
  const context = await createContext(schema())
  closers.add('the schema', () => context[Symbol.dispose]())

  const attachments: Attachment[] = [
    ...options.ports,
    ...(options.demo ? demoHosts.map(({ port }) => ({ name: port, device: port })) : []),
  ]
  const bus = new EventBus((name, error) =>
    log.error(`a listener to '${name}' failed: ${(error as Error).message}`),
  )
  const stage = new MemberStage()
  const rib = new Rib()
  let mtus: ReadonlyMap<string, number> = new Map()
  const controllers = createControllers({
    rib,
    ports: { names: attachments.map(({ name }) => name), mtu: (name) => mtus.get(name) },
    member: () => members.member0,
  })
  const registry = new SessionRegistry()
  const datastores = await openDatastores<unknown, Operation>({
    directory: state.store,
    context,
    controllers: controllers.controllers,
    createContext: controllers.createContext,
    state: [monitoringState(registry, context), yangLibraryState(context)],
    stage,
    log: log.for('datastore'),
  })
  closers.add('the datastore', () => datastores[Symbol.asyncDispose]())
  tellRecovery(datastores.recovery, log.for('datastore'))
  if (!datastores.head && datastores.recovery.lost.length > 0) {
    throw new Error(
      `no commit in ${state.store} could be recovered, and nothing is started over it; restore the folder from a copy, ` +
        'or move it away to begin with the factory configuration',
    )
  }
  const hostKeys = await loadOrCreateHostKeys(state.keys)
  signal?.throwIfAborted()

  const keeperSocket = join(state.run, 'keeper.sock')
  const membersSocket = join(state.run, 'weftd.sock')
  const found = await connectKeeper(keeperSocket).catch(() => undefined)
  const keeper =
    found ?? (await startKeeper({ socketPath: keeperSocket, logFile: join(state.log, 'keeper.log') }))
  const leave = found && (() => found[Symbol.asyncDispose]())
  closers.add('the keeper', () => keeper.quit(), leave)
  closers.add('the ports', () => giveDevicesBack(keeper, state.run, log), found && (() => undefined))
  await takeDevices(keeper, state.run, options.ports, log)
  if (options.demo) for (const host of demoHosts) await makeHost(keeper, host)
  mtus = await largestMtus(keeper, attachments)
  signal?.throwIfAborted()

  const members = await listenMembers({
    socketPath: membersSocket,
    chassis: 'weft',
    version,
    log: log.for('members'),
    term: Date.now(),
  })
  closers.add('the members', () => members[Symbol.asyncDispose]())
  const reconciler = new Reconciler(
    datastores,
    () => portOperations(attachments),
    stage,
    log.for('reconciler'),
  )
  closers.add('the reconciler', () => reconciler.stop())
  const programmed = new Promise<void>((resolve) => {
    members.on(
      'attached',
      (who) =>
        void reconciler
          .reconcile(who)
          .then(() => tellLinks(who, bus))
          .then(resolve),
    )
  })
  members.on('detached', (who) => stage.dismiss(who))
  members.on('attached', ({ name }) => bus.emit('attached', { member: name }))
  members.on('detached', ({ name }) => bus.emit('detached', { member: name }))
  members.on('event', (who, { kind, ...event }) => {
    // What links are is told by `tellLinks` once the member has all of running.
    if (kind === 'link' && !stage.admitted(who)) return
    bus.emit(kind, { member: who.name, ...event })
  })
  const links = followLinks({
    events: bus,
    rib,
    send: async (operations) => {
      const steps: Step<Operation>[] = [
        { kind: 'create', provides: 'route', member: localMember, operations, summary: 'a link changed' },
      ]
      const prepared = await stage.prepare(steps)
      await prepared.apply(datastores.head?.number ?? 0)
    },
    failed: (error) => log.error(`a change of links was not carried out: ${(error as Error).message}`),
  })
  closers.add('the links', () => links[Symbol.asyncDispose]())
  const dataplane = await DataplaneProcess.start({
    runFolder: state.run,
    keeper,
    keeperSocket,
    membersSocket,
    chassis: 'weft',
    logFile: join(state.log, 'dataplane.log'),
    log: log.for('dataplane'),
  })
  const stopDataplane = async () => {
    await members.shutdown()
    await dataplane.stop()
  }
  closers.add('the data plane', stopDataplane, found && (() => dataplane.release()))
  await within(programmed, enginePatience, signal, () =>
    log.error(
      `the engine did not come up within ${enginePatience / 1000} s; see ${join(state.log, 'dataplane.log')}`,
    ),
  )

  const server = await startNetconf({
    context,
    datastores,
    registry,
    listen: options.netconf,
    hostKeys,
    authenticate: controllers.authenticator,
    log: log.for('netconf'),
  })
  closers.add('NETCONF', () => server.close())
  // After all that can fail, so that the password is not made for a start that nobody sees; until then nobody can log in.
  const firstPassword = datastores.head ? undefined : await commitFactoryConfiguration(context, datastores)
  return {
    listening: server.address,
    state: state.path,
    keeper,
    hostKeys,
    get commits() {
      return datastores.head?.number ?? 0
    },
    firstPassword,
    lost: keeper.closed,
    stop: () => closers.undo('close', log),
  }
}

/** What a start found in the journal, and what it did not. */
function tellRecovery({ number, lost, invalid, milliseconds }: RecoveryReport, log: Log): void {
  for (const { first, last, reason, keptAs } of lost) {
    const commits =
      last < first
        ? 'no commit is'
        : first === last
          ? `commit ${first} is`
          : `commits ${first} to ${last} are`
    log.error(
      `${commits} lost: ${reason}${keptAs === undefined ? '' : `; what is left is kept as ${keptAs}`}`,
    )
  }
  for (const { path, message } of invalid) {
    log.warn(`running is not valid: ${path === undefined ? '' : `${path}: `}${message}`)
  }
  if (number > 0) log.info(`running is commit ${number}, read from the journal in ${milliseconds} ms`)
}

/** Each port of the chassis is a device in the port namespace. */
function portOperations(attachments: readonly Attachment[]): Operation[] {
  return attachments.map(({ name, device }) => ({ op: 'port-set', name, driver: 'af_packet', device }))
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

/** Letters and digits that can't be mistaken for one another. */
const passwordAlphabet = 'abcdefghijkmnpqrstuvwxyz23456789'

function generatePassword(): string {
  return [...randomBytes(20)].map((byte) => passwordAlphabet[byte % passwordAlphabet.length]).join('')
}

/** The first commit of a state folder: the user admin. */
async function commitFactoryConfiguration(
  context: Awaited<ReturnType<typeof createContext>>,
  datastores: Datastores<Operation>,
): Promise<NonNullable<Appliance['firstPassword']>> {
  const given = process.env['WEFT_ADMIN_PASSWORD']
  const password = given === undefined || given === '' ? generatePassword() : given
  const text = password.replace(/[<&]/g, (character) => (character === '<' ? '&lt;' : '&amp;'))
  const requester = { session: 0, user: 'weftd' }
  using config = context.fragment(
    `<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><authentication><user><name>admin</name><password>$0$${text}</password></user></authentication></system>`,
  )
  await datastores.edit(requester, 'candidate', config, {
    defaultOperation: 'merge',
    errorOption: 'rollback-on-error',
    testOption: 'set',
  })
  await datastores.commit(requester, { comment: 'factory configuration' })
  return { value: password, generated: password !== given }
}
