/** The command `weftd`: options, the appliance, its demo chassis, signals. Exit status 2 for a wrong use, 1 for a failed start. */
import { setTimeout as delay } from 'node:timers/promises'
import { KeeperDiedError } from '../dataplane/client/index.js'
import { startAppliance, type Appliance, type Before } from './appliance.js'
import { instructions, startDemo } from './demo/demo.js'
import { DemoMembers } from './demo/members.js'
import { createLog, type Log } from './log.js'
import { help, parseOptions, UsageError, type Options } from './options.js'

function readOptions(args: readonly string[]): Options | undefined {
  try {
    const options = parseOptions(args)
    if (options !== 'help') return options
    process.stdout.write(help)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`weftd: ${error.message}\n(weftd --help lists the options)\n`)
    process.exitCode = 2
  }
  return undefined
}

function printLine(line: string): void {
  process.stdout.write(`${line}\n`)
}

export async function weftd(args: readonly string[]): Promise<void> {
  const options = readOptions(args)
  if (!options) return
  const log = createLog(options.logLevel)
  const ending = new AbortController()
  let signals = 0
  // The first signal stops in order, also in the middle of a start; who insists ends the process at once.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (++signals > 2) process.exit(1)
      if (signals > 1) return
      log.info(`${signal}: stopping`)
      ending.abort(new Error(`stopped by ${signal}`))
    })
  }
  try {
    for (let next: Next = { options }; !ending.signal.aborted;) next = await run(next, log, ending.signal)
    process.exit(0)
  } catch (error) {
    if (ending.signal.aborted) process.exit(0)
    log.debug((error as Error).stack ?? '')
    process.stderr.write(`weftd: ${(error as Error).message}\n`)
    process.exit(1)
  }
}

/** How an appliance is started. */
interface Next {
  readonly options: Options
  readonly before?: Before
}

const keeperDied = 'the keeper died, and with it the namespaces: all is started again'
const firstPause = 50
const longestPause = 5_000

/** Starts until it works, if keepers die in the middle of it. */
async function started({ options, before }: Next, log: Log, signal: AbortSignal): Promise<Appliance> {
  for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
    try {
      return await startAppliance(options, log, signal, before)
    } catch (error) {
      if (!(error instanceof KeeperDiedError)) throw error
      log.error(`${keeperDied} in ${pause} ms (${error.message})`)
      await delay(pause, undefined, { signal })
    }
  }
}

/**
 * From start to stop: by a signal, or because the keeper died or the appliance was set back to its factory defaults and all
 * must be made anew, where it was.
 */
async function run(next: Next, log: Log, signal: AbortSignal): Promise<Next> {
  const { options } = next
  const appliance = await started(next, log, signal)
  const signalled = new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  // The keeper's end ends `lost` too when it is a part of stopping: only the first of them is why.
  const ended = Promise.race([
    signalled,
    appliance.lost.then(() => () => {
      log.error(keeperDied)
    }),
    appliance.reset.then(() => () => {
      log.warn('a factory reset: all but the audit log is erased, and started again')
    }),
  ])
  const { address, port } = appliance.listening
  printLine(`weftd ready: NETCONF over SSH on ${address.includes(':') ? `[${address}]` : address}:${port}`)
  const others = new DemoMembers(appliance)
  const showing = (async () => {
    if (options.demo) await startDemo(appliance, options.members, others, printLine, signal)
    if (!signal.aborted) instructions(appliance, options.demo).forEach(printLine)
  })().catch((error: unknown) => {
    if (!signal.aborted) log.error(`demo: ${(error as Error).message}`)
  })
  const tell = await ended
  tell?.()
  await others.stop()
  await appliance.stop()
  await showing
  return {
    options: { ...options, netconf: { address, port } },
    before: { password: appliance.firstPassword },
  }
}
