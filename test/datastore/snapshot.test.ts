import test, { type ExecutionContext } from 'ava'
import { Level } from 'level'
import type { Context } from 'libyang-js'
import { open, readdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Snapshotter } from '../../datastore/snapshotter.js'
import { flip } from '../lab/damage.js'
import { alice, box, MemoryLog, named, openBench, openContext, routes, temporaryFolder } from './support.js'

let context: Context
test.before(async () => {
  context = await openContext()
})

/** A snapshot after each commit, and no more history than must be. */
const storage = { snapshotOctets: 1, snapshotPause: 0, history: { commits: 3 } }

const folderOf = (directory: string): string => join(directory, 'snapshots')
const snapshotsOf = async (directory: string): Promise<string[]> =>
  (await readdir(folderOf(directory)).catch((): string[] => []))
    .filter((name) => name.endsWith('.json'))
    .sort()
const fileOf = (number: number, kind: string): string => `${String(number).padStart(12, '0')}.${kind}`

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(5)
}

/** Commits `count` times; after each the snapshot is awaited. Each replaces the routes of the one before by larger ones. */
async function filled(t: ExecutionContext, count: number, options = storage): Promise<string> {
  const { datastores, edit, directory } = await openBench(t, context, { storage: options })
  for (let number = 1; number <= count; number++) {
    await edit(named(`c${number}`) + routes(0, number * 20), { defaultOperation: 'replace' })
    await datastores.commit(alice)
    await until(async () => (await snapshotsOf(directory)).includes(fileOf(number, 'json')))
  }
  await datastores[Symbol.asyncDispose]()
  return directory
}

/** Opens the folder: running is as commit `number` left it. Returns what recovery said. */
async function opens(t: ExecutionContext, directory: string, number: number) {
  const { datastores, text } = await openBench(t, context, { directory })
  t.is(datastores.recovery.number, number)
  t.deepEqual(datastores.recovery.lost, [])
  const running = await text('running')
  t.true(running.includes(`<name>c${number}</name>`))
  t.is([...running.matchAll(/<prefix>/g)].length, number * 20)
  const history: number[] = []
  for await (const record of datastores.history()) history.push(record.number)
  const { faults } = datastores.recovery
  await datastores[Symbol.asyncDispose]()
  return { faults, history }
}

test('a start begins with the newest snapshot, and the commits after it', async (t) => {
  const directory = await filled(t, 4)
  const later = await openBench(t, context, { directory })
  await later.edit(named('c5') + routes(0, 100))
  await later.datastores.commit(alice)
  const before = await later.text('running')
  await later.datastores[Symbol.asyncDispose]()
  t.deepEqual((await opens(t, directory, 5)).faults, [])
  // What a snapshot has need not be read: the commits before it may be gone.
  const db = new Level(join(directory, 'journal'))
  await db.clear({ gt: 'text!', lt: 'text!000000000005' })
  await db.close()
  const again = await openBench(t, context, { directory })
  t.is(await again.text('running'), before)
})

test('defaults and the order of the user survive a snapshot', async (t) => {
  const { datastores, edit, text, directory } = await openBench(t, context, { storage })
  await edit(
    box(`<name>x</name><order>b</order><order>a</order><order>c</order><port><name>p</name></port>
         <primary>p</primary>`),
  )
  await datastores.commit(alice)
  await until(async () => (await snapshotsOf(directory)).length > 0)
  const before = await text('running')
  await datastores[Symbol.asyncDispose]()
  const again = await openBench(t, context, { directory })
  t.is(await again.text('running'), before)
  t.regex(before, /<order>b<\/order><order>a<\/order><order>c<\/order>/)
})

test('two snapshots are kept, and of the history no more than was asked for', async (t) => {
  const directory = await filled(t, 8)
  t.deepEqual(await snapshotsOf(directory), [fileOf(7, 'json'), fileOf(8, 'json')])
  const { history } = await opens(t, directory, 8)
  t.deepEqual(history, [8, 7, 6])
  const db = new Level(join(directory, 'journal'))
  t.is((await db.keys({ gt: 'text!', lt: 'text"' }).all()).length, 3)
  await db.close()
})

test('commits that a start may need are kept, whatever was asked for', async (t) => {
  const { datastores, edit, directory } = await openBench(t, context, {
    storage: { snapshotOctets: 1 << 30, history: { commits: 2 } },
  })
  for (let number = 1; number <= 5; number++) {
    await edit(named(`c${number}`) + routes(0, number * 20))
    await datastores.commit(alice)
  }
  await datastores[Symbol.asyncDispose]()
  t.deepEqual((await opens(t, directory, 5)).history, [5, 4, 3, 2, 1])
})

const damages: readonly [string, (file: (kind: string) => string) => Promise<void>, RegExp][] = [
  ['a flipped text', (file) => flip(file('text'), 60), /does not match its hash/],
  ['a shortened text', (file) => truncate(file('text'), 50), /its text ends before it should/],
  ['an unreadable header', (file) => writeFile(file('json'), '{"format":1'), /its header cannot be read/],
  [
    'a header of other chunks',
    (file) => flip(file('json'), 40),
    /header cannot be read|does not match its hash|has another commit/,
  ],
]
for (const [name, damage, reason] of damages) {
  test(`${name} of the newest snapshot: an older one is taken, nothing is lost, and it is said`, async (t) => {
    const directory = await filled(t, 5)
    await damage((kind) => join(folderOf(directory), fileOf(5, kind)))
    const { faults } = await opens(t, directory, 5)
    t.is(faults.length, 1)
    t.regex(faults[0] ?? '', /the snapshot of commit 5 cannot be used/)
    t.regex(faults[0] ?? '', reason)
    t.deepEqual((await opens(t, directory, 5)).faults, [], 'it is said once')
  })
}

test('without a snapshot that can be used, all commits are done again', async (t) => {
  const directory = await filled(t, 4, { ...storage, history: { commits: 100 } })
  for (const number of [3, 4]) await flip(join(folderOf(directory), fileOf(number, 'text')), 60)
  t.is((await opens(t, directory, 4)).faults.length, 2)
})

test('a snapshot that was not finished is swept', async (t) => {
  const directory = await filled(t, 3)
  const half = fileOf(4, 'text')
  await writeFile(join(folderOf(directory), half), 'libyang-js journal 1\n+{')
  await writeFile(join(folderOf(directory), fileOf(4, 'json.new')), '{')
  t.deepEqual((await opens(t, directory, 3)).faults, [])
  t.false((await readdir(folderOf(directory))).some((name) => name.startsWith(fileOf(4, ''))))
})

test('a hole in the history before the snapshot is said, and running is whole', async (t) => {
  const directory = await filled(t, 5, { ...storage, history: { commits: 100 } })
  const db = new Level(join(directory, 'journal'))
  await db.del('commit!000000000003')
  await db.close()
  const { faults } = await opens(t, directory, 5)
  t.regex(faults[0] ?? '', /the history before commit 5 has a hole: commit 4 does not follow/)
})

test('a commit that comes while a snapshot is written gives it up, unless it is overdue', async (t) => {
  const writes: AbortSignal[] = []
  const journal = {
    snapshotDue: 1,
    saveSnapshot: (_commit: unknown, _text: unknown, signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => {
        writes.push(signal)
        signal.addEventListener('abort', () => reject(signal.reason as Error))
      }),
  }
  const log = new MemoryLog()
  const tree = { snapshot: () => undefined }
  const trees = { read: async () => ({ tree, [Symbol.dispose]: () => undefined }) }
  const parts = { trees, log, journal, pause: 0 }
  const snapshotter = new Snapshotter(parts as never)
  const commit = { number: 1 } as never
  snapshotter.committed(commit)
  await until(async () => writes.length === 1)
  snapshotter.committed(commit)
  t.true(writes[0]?.aborted)
  await until(async () => writes.length === 2)
  journal.snapshotDue = 4
  snapshotter.committed(commit)
  t.false(writes[1]?.aborted)
  await snapshotter[Symbol.asyncDispose]()
  t.true(writes[1]?.aborted)
  t.deepEqual(log.lines, [])
})

test('a snapshot that cannot be written is a warning, and commits go on', async (t) => {
  const directory = await temporaryFolder(t)
  await (await open(folderOf(directory), 'w')).close()
  const { datastores, edit, log } = await openBench(t, context, { directory, storage })
  for (const name of ['a', 'b']) {
    await edit(named(name))
    t.truthy(await datastores.commit(alice))
  }
  await until(async () => log.lines.some((line) => /could not be kept as a snapshot/.test(line)))
  t.deepEqual(log.alarms, [])
})
