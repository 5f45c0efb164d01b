/**
 * The appliance's side of the data plane: the keeper and its namespaces, the ports, and member 0 with its engine. What an earlier
 * weftd has left at work is found and taken over.
 */
import { join } from 'node:path'
import {
  connectKeeper,
  DataplaneProcess,
  endDataplane,
  listenMembers,
  startKeeper,
  type KeeperClient,
  type Members,
} from '../../dataplane/client/index.js'
import { giveDevicesBack, takeDevices, type Attachment } from './attachments.js'
import type { Closers } from '../closers.js'
import { makeHost } from '../lab/lab.js'
import type { LabHost } from '../lab/topology.js'
import type { Log } from '../log.js'
import type { StateFolder } from '../state.js'
import { version } from '../version.js'

const chassis = 'weft'

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
