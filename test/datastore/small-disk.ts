/**
 * What a datastore does on a disk that is full or read-only: to be run in a user and mount namespace of its own, where
 * anybody may mount. Argument: an empty folder to mount a small file system on. Prints what happened, as JSON.
 */
import { spawnSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openDatastores, type Datastores, type RecoveryReport } from '../../datastore/index.js'
import { alice, box, collect, MemoryLog, openContext, routes } from './support.js'

const folder = process.argv[2] ?? ''
const directory = join(folder, 'store')
const ballast = join(folder, 'ballast')
const context = await openContext()
const log = new MemoryLog()
const stored: boolean[] = []

function mount(...options: readonly string[]): void {
  const { status, stderr } = spawnSync('mount', [...options, folder], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`mount ${options.join(' ')}: ${stderr}`)
}

const open = (): Promise<Datastores<never> & { readonly recovery: RecoveryReport }> =>
  openDatastores<object, never>({
    directory,
    context,
    controllers: [],
    createContext: () => ({}),
    stage: { prepare: async () => ({ apply: async () => undefined, abort: async () => undefined }) },
    log,
    stored: (failure) => void stored.push(failure === undefined),
    storage: { snapshotOctets: 1 << 30 },
  })

async function edit(datastores: Datastores<never>, name: string, count = 0): Promise<void> {
  using config = context.fragment(box(`<name>${name}</name>`) + routes(0, count))
  await datastores.edit(alice, 'candidate', config, {
    defaultOperation: 'merge',
    errorOption: 'rollback-on-error',
    testOption: 'set',
  })
}

const said = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error as Error).message,
  )
const name = async (datastores: Datastores<never>, source: 'running' | 'candidate'): Promise<string> =>
  /<name>([^<]*)</.exec(await collect(datastores.read({ source })))?.[1] ?? ''
/** Until there is no room. */
const fill = (): Promise<void> => writeFile(ballast, Buffer.alloc(8 << 20)).catch(() => undefined)

async function full() {
  const datastores = await open()
  await edit(datastores, 'one')
  await datastores.commit(alice)
  await fill()
  await edit(datastores, 'two', 60_000)
  const first = await said(datastores.commit(alice))
  const again = await said(datastores.commit(alice))
  const left = [
    datastores.head?.number,
    await name(datastores, 'running'),
    await name(datastores, 'candidate'),
  ]
  const past = []
  for await (const { number } of datastores.history()) past.push(number)
  const { lines } = await datastores.compare(0, 'running', 10)
  const alarms = log.alarms.length
  await rm(ballast)
  await datastores.discard(alice)
  await edit(datastores, 'three')
  const after = (await datastores.commit(alice))?.number
  await datastores[Symbol.asyncDispose]()
  return { first, again, left, past, lines, alarms, after, stored: [...stored] }
}

async function fullAtStart() {
  await fill()
  const refused = await said(open())
  await rm(ballast)
  return refused
}

async function readOnly() {
  mount('-o', 'remount,ro')
  const refused = await said(open())
  mount('-o', 'remount,rw')
  return refused
}

async function found() {
  const datastores = await open()
  const state = [datastores.head?.number, await name(datastores, 'running'), datastores.recovery.lost]
  await datastores[Symbol.asyncDispose]()
  return state
}

mount('-t', 'tmpfs', '-o', 'size=3m', 'tmpfs')
const report = {
  full: await full(),
  afterFull: await found(),
  fullAtStart: await fullAtStart(),
  readOnly: await readOnly(),
  atLast: await found(),
}
process.stdout.write(JSON.stringify(report))
