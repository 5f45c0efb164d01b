/** The command `weftd`: options, the appliance, its demo chassis, signals. Exit status 2 for a wrong use, 1 for a failed start. */
import { startAppliance } from './appliance.js'
import { instructions, startDemo } from './demo/demo.js'
import { createLog } from './log.js'
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
  // The first signal stops in order, also in the middle of a start; a second one ends the process at once.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (ending.signal.aborted) process.exit(1)
      log.info(`${signal}: stopping`)
      ending.abort(new Error(`stopped by ${signal}`))
    })
  }
  try {
    const appliance = await startAppliance(options, log, ending.signal)
    const { address, port } = appliance.listening
    const stopped = new Promise<void>((resolve) => {
      const stop = () => void appliance.stop().then(resolve)
      if (ending.signal.aborted) stop()
      else ending.signal.addEventListener('abort', stop, { once: true })
    })
    printLine(`weftd ready: NETCONF over SSH on ${address.includes(':') ? `[${address}]` : address}:${port}`)
    if (!ending.signal.aborted && options.demo) {
      await startDemo(appliance, printLine).catch((error: unknown) =>
        log.error(`demo: ${(error as Error).message}`),
      )
    }
    if (!ending.signal.aborted) instructions(appliance, options.demo).forEach(printLine)
    await stopped
    process.exit(0)
  } catch (error) {
    log.debug((error as Error).stack ?? '')
    process.stderr.write(`weftd: ${(error as Error).message}\n`)
    process.exit(1)
  }
}
