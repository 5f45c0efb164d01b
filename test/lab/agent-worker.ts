/**
 * Run by a test inside a chassis namespace: an engine whose first Worker runs out of memory with a transaction prepared, and a
 * second one that goes on. Prints what each of them found.
 */
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { loadEngine } from '../../dataplane/agent/engine.js'
import { encodeRecords } from '../../dataplane/client/index.js'
import { tables } from './router.js'

const program = fileURLToPath(import.meta.url)

async function main(): Promise<void> {
  const engine = loadEngine()
  engine.start(process.argv[2] as string, 1)
  const ends: string[] = []
  for (const role of ['dies', 'goes on']) {
    const worker = new Worker(program, { workerData: role, resourceLimits: { maxOldGenerationSizeMb: 32 } })
    const said: unknown[] = []
    worker.on('message', (message) => said.push(message))
    const end = await new Promise<string>((resolve) => {
      worker.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      worker.on('exit', () => resolve('exit'))
    })
    ends.push(`${role}: ${said.join(', ')}: ${end}`)
  }
  ends.push(`main: ${engine.ports().length} ports`)
  engine.stop()
  process.stdout.write(JSON.stringify(ends))
  process.exit(0)
}

async function work(role: string): Promise<void> {
  const engine = loadEngine()
  engine.onEvent(() => undefined)
  await engine.reset()
  for (const records of encodeRecords(tables())) engine.stage(1, records)
  const { error } = await engine.prepare(1, true)
  parentPort?.postMessage(error === '' ? 'prepared' : error)
  if (role === 'dies') {
    const hoard: unknown[] = []
    for (;;) hoard.push(Array.from({ length: 1000 }, (_, i) => ({ i })))
  }
  await engine.apply(1, 3)
  parentPort?.postMessage(`commit ${engine.statistics()['commit']}`)
}

if (isMainThread) await main()
else await work(workerData as string)
process.exitCode ??= 0
