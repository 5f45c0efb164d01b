/**
 * The command `weft-dataplane`: a member of a chassis on this machine. It enrols, holds the keeper, takes the devices of its ports,
 * relays its agent to the chassis and starts the engine again when it dies. Ending it by a signal ends all of that; a `kill -9`
 * leaves engine and keeper at work, and the next start on the same state folder finds them. Exit status 2 for a wrong use, 1 for a
 * failed start.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { readCredentials } from '../../dataplane/agent/credentials.js'
import { DataplaneProcess, endDataplane, connectKeeper, startKeeper } from '../../dataplane/client/index.js'
import { giveDevicesBack, takeDevices } from '../chassis/attachments.js'
import { readIf, writeWhole } from '../chassis/admission/files.js'
import { Closers } from '../closers.js'
import { createLog, type Log } from '../log.js'
import { UsageError } from '../options.js'
import { privateFolder, privateRunFolder } from '../state.js'
import { enrol } from './enrol.js'
import { help, parseMemberOptions, type MemberOptions } from './options.js'
import { startRelay } from './relay.js'

function readOptions(args: readonly string[]): MemberOptions | undefined {
  try {
    const options = parseMemberOptions(args)
    if (options !== 'help') return options
    process.stdout.write(help)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`weft-dataplane: ${error.message}\n(weft-dataplane --help lists the options)\n`)
    process.exitCode = 2
  }
  return undefined
}

/** Enrols, unless it was admitted before and is given no token that is new. */
async function admission(
  options: MemberOptions,
  folder: string,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const used = join(folder, 'token-used')
  const { token } = options
  const hash = token === undefined ? '' : createHash('sha256').update(token).digest('hex')
  if (readCredentials(folder) && (token === undefined || readIf(used) === hash)) return
  await enrol({ ...options, folder, log: log.for('admission'), signal })
  if (token !== undefined) writeWhole(used, hash)
}

async function start(options: MemberOptions, log: Log, closers: Closers, signal: AbortSignal): Promise<void> {
  const { member, workers } = options
  const state = privateFolder(options.state)
  const folder = privateFolder(join(state, 'credentials'))
  const logs = privateFolder(join(state, 'log'))
  const run = privateRunFolder(state)
  await admission(options, folder, log, signal)
  signal.throwIfAborted()

  const socketPath = join(run, 'keeper.sock')
  const found = await connectKeeper(socketPath).catch(() => undefined)
  // An engine whose keeper is gone is at work in namespaces that nobody can reach any more.
  if (!found) await endDataplane(run)
  const { userNamespace } = options
  const keeper =
    found ?? (await startKeeper({ socketPath, logFile: join(logs, 'keeper.log'), userNamespace }))
  closers.add('the keeper', () => keeper.quit())
  closers.add('the ports', () => giveDevicesBack(keeper, run, log))
  const ports = options.ports.map((device) => ({ name: device, device }))
  await takeDevices(keeper, run, ports, log)
  signal.throwIfAborted()
  const relay = join(run, 'chassis.sock')
  const relaying = await startRelay(relay, options.join)
  closers.add('the relay', () => relaying[Symbol.asyncDispose]())
  const dataplane = await DataplaneProcess.start({
    ...{
      runFolder: run,
      keeper,
      keeperSocket: socketPath,
      membersSocket: relay,
      chassis: '',
      member,
      workers,
    },
    credentials: folder,
    logFile: join(logs, 'dataplane.log'),
    log: log.for('dataplane'),
  })
  closers.add('the data plane', () => dataplane.stop())
  void keeper.closed.then(() => {
    if (!signal.aborted)
      log.error('the keeper died, and with it the ports: end this member and start it again')
  })
}

export async function weftDataplane(args: readonly string[]): Promise<void> {
  const options = readOptions(args)
  if (!options) return
  const log = createLog('info')
  const ending = new AbortController()
  let signals = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (++signals > 2) process.exit(1)
      ending.abort(new Error(`stopped by ${signal}`))
    })
  }
  const closers = new Closers()
  const stopped = new Promise<void>((resolve) =>
    ending.signal.addEventListener('abort', () => resolve(), { once: true }),
  )
  try {
    await start(options, log, closers, ending.signal)
    process.stdout.write(`weft-dataplane ready: member ${options.member}\n`)
    await stopped
    await closers.undo('close', log)
    process.exit(0)
  } catch (error) {
    await closers.undo('close', log)
    if (ending.signal.aborted) process.exit(0)
    process.stderr.write(`weft-dataplane: ${(error as Error).message}\n`)
    process.exit(1)
  }
}
