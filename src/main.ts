/** The command `weftd`: options, the appliance, its demo chassis, signals. Exit status 2 for a wrong use, 1 for a failed start. */
import { startAppliance, type Appliance } from './appliance.js'
import { startDemo } from './demo/demo.js'
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

/** Stops in order on the first signal; a second one ends the process at once. */
function stopOnSignal(appliance: Appliance, log: Log): void {
  let stopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1)
    stopping = true
    log.info(`${signal}: stopping`)
    appliance.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error(`stopping: ${(error as Error).message}`)
        process.exit(1)
      },
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
}

export async function weftd(args: readonly string[]): Promise<void> {
  const options = readOptions(args)
  if (!options) return
  const log = createLog(options.logLevel)
  try {
    const appliance = await startAppliance(options, log)
    stopOnSignal(appliance, log)
    process.stdout.write(`weftd ready: NETCONF over SSH on ${appliance.address}\n`)
    if (options.demo) await startDemo(appliance, (line) => process.stdout.write(`${line}\n`))
  } catch (error) {
    log.debug((error as Error).stack ?? '')
    process.stderr.write(`weftd: ${(error as Error).message}\n`)
    process.exit(1)
  }
}
