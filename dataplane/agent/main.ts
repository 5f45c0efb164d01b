/**
 * The process weft-dataplane: hosts the engine. The main thread starts the engine, starts the Worker that speaks with weftd,
 * and does nothing else but start that Worker again should it die: packets go on meanwhile. SIGTERM and SIGINT end it all.
 */
import { randomUUID } from 'node:crypto'
import { closeSync, fstatSync, readdirSync, rmSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { readProcessFile, writeProcessFile } from '../client/process-file.js'
import { loadEngine, type Engine } from './engine.js'
import { parseOptions, usage, type AgentOptions, type WorkerSettings } from './options.js'

const version = '0.1.0'
const firstPause = 50
const longestPause = 2_000

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString()} weft-dataplane[${process.pid}]: ${text}\n`)
}

function readOptions(): AgentOptions {
  try {
    return parseOptions(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`weft-dataplane: ${(error as Error).message}\n${usage}\n`)
    process.exit(2)
  }
}

function takePlace(file: string | undefined): void {
  if (file === undefined) return
  const other = readProcessFile(file)
  if (other && other.pid !== process.pid) {
    say(`process ${other.pid} is the data plane already`)
    process.exit(3)
  }
  writeProcessFile(file, process.pid)
}

function startEngine(options: AgentOptions): Engine {
  try {
    const engine = loadEngine()
    engine.start(options.keeper, options.workers)
    return engine
  } catch (error) {
    say(`the engine can't be started: ${(error as Error).message}`)
    process.exit(1)
  }
}

/** Whoever starts this process may have files open that are none of its business, such as the datastore's. */
function closeInheritedFiles(): void {
  for (const descriptor of readdirSync('/proc/self/fd').map(Number)) {
    try {
      if (descriptor > 2 && fstatSync(descriptor).isFile()) closeSync(descriptor)
    } catch {
      // That of the folder just read.
    }
  }
}

const options = readOptions()
closeInheritedFiles()
takePlace(options.processFile)
const engine = startEngine(options)
const settings: WorkerSettings = {
  ...options,
  boot: randomUUID(),
  version,
  term: new BigUint64Array(new SharedArrayBuffer(8)),
}

let ending = false
function end(why: string): void {
  if (ending) return
  ending = true
  say(`${why}: ending`)
  engine.stop()
  if (options.processFile !== undefined) rmSync(options.processFile, { force: true })
  process.exit(0)
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end(signal))
process.on('SIGHUP', () => undefined)

let pause = firstPause
function startWorker(): void {
  const started = performance.now()
  const worker = new Worker(new URL('worker.js', import.meta.url), {
    workerData: settings,
    resourceLimits: { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 64 },
  })
  worker.on('message', (message: unknown) => {
    if (message === 'shutdown') end('weftd says so')
  })
  worker.on('error', (error: Error) => say(`the agent died: ${error.stack ?? error.message}`))
  worker.on('exit', () => {
    if (ending) return
    pause = performance.now() - started > longestPause ? firstPause : Math.min(2 * pause, longestPause)
    setTimeout(startWorker, pause)
  })
}
say(
  `up with ${options.workers} forwarding thread${options.workers === 1 ? '' : 's'}, member ${options.member} of ${options.chassis}`,
)
startWorker()
