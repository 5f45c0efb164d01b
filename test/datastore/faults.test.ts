import test, { type ExecutionContext } from 'ava'
import { Level } from 'level'
import type { Context } from 'libyang-js'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Database } from '../../datastore/journal/directory.js'
import { put, Store, WriteError } from '../../datastore/journal/store.js'
import { alice, named, openBench, openContext, temporaryFolder } from './support.js'

let context: Context
test.before(async () => {
  context = await openContext()
})

const program = (name: string): string => new URL(`./${name}.js`, import.meta.url).pathname

interface SmallDisk {
  readonly full: {
    readonly first: string
    readonly again: string
    readonly left: unknown
    readonly past: readonly number[]
    readonly lines: readonly string[]
    readonly alarms: number
    readonly after: number
    readonly stored: readonly boolean[]
  }
  readonly afterFull: unknown
  readonly fullAtStart: string
  readonly readOnly: string
  readonly atLast: unknown
}

test('a full disk and a read-only one are told, change nothing, and harm nothing', async (t) => {
  if (spawnSync('unshare', ['-Urm', 'true']).status !== 0) {
    t.log('skipped: this machine does not let its users make namespaces')
    t.pass()
    return
  }
  const folder = await temporaryFolder(t)
  const child = spawn('unshare', ['-Urm', process.execPath, program('small-disk'), folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  t.is(errors, '')
  const report = JSON.parse(output) as SmallDisk
  const { full } = report
  const refusal =
    /the journal could not be written: .* is on a full file system: free some space; nothing was changed/
  t.regex(full.first, refusal)
  t.regex(full.again, refusal)
  t.deepEqual(full.left, [1, 'one', 'two'], 'running stays, and the candidate keeps what was edited')
  t.deepEqual(full.past, [1], 'the past can still be read')
  t.deepEqual(full.lines, ['+ /test-box:box/name = one'])
  t.is(full.alarms, 2)
  t.is(full.after, 2)
  t.deepEqual(full.stored, [true, false, false, true])
  t.deepEqual(report.afterFull, [2, 'three', []])
  t.regex(report.fullAtStart, /is on a full file system: free some space/)
  t.regex(report.readOnly, /is on a read-only file system: choose another folder/)
  t.deepEqual(report.atLast, [2, 'three', []])
})

test('a second process on the same store is refused, and the first goes on', async (t) => {
  const { datastores, edit, directory } = await openBench(t, context)
  await edit(named('one'))
  await datastores.commit(alice)
  const child = spawn(process.execPath, [program('committer'), directory], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [errors, exit] = await Promise.all([text(child.stderr), once(child, 'exit')])
  t.deepEqual(exit, [1, null])
  t.regex(errors, /is used by another process: stop the other one, or choose another folder/)
  await edit(named('two'))
  t.is((await datastores.commit(alice))?.number, 2)
  await datastores[Symbol.asyncDispose]()
  const again = await openBench(t, context, { directory })
  t.is(again.datastores.recovery.number, 2)
  t.deepEqual(again.datastores.recovery.lost, [])
})

/** A store whose next write fails as `fail` does it, with a key that is `put`. */
async function failing(
  t: ExecutionContext,
  fail: (database: Database, write: () => Promise<void>) => Promise<void>,
) {
  const directory = await temporaryFolder(t)
  const database = new Level<string, Buffer>(join(directory, 'journal'), {
    valueEncoding: 'buffer',
  }) as Database
  const takenBack: string[] = []
  const store = new Store(directory, database, async (reopened) => {
    takenBack.push(...(await reopened.keys().all()))
    await reopened.clear()
  })
  t.teardown(() => store[Symbol.asyncDispose]().catch(() => undefined))
  await store.write([put('first', '1')])
  const batch = database.batch.bind(database) as unknown as (...of: unknown[]) => Promise<void>
  let failed = false
  Object.assign(database, {
    batch: async (...of: unknown[]) => {
      if (failed) return await batch(...of)
      failed = true
      await fail(database, () => batch(...of))
    },
  })
  const landed = async (reopened: Database): Promise<boolean> => (await reopened.get('second')) !== undefined
  return { directory, store, takenBack, second: () => store.write([put('second', '2')], { landed }) }
}

const broken = () => Promise.reject(new Error('the disk is broken'))

test('a write that failed, and is there nevertheless, has happened', async (t) => {
  const { store, takenBack, second } = await failing(t, async (_database, write) => {
    await write()
    await broken()
  })
  await second()
  t.deepEqual(takenBack, [])
  t.is(String(await (await store.reading()).get('second')), '2')
})

test('a write that failed, and is not there, is refused with what is wrong', async (t) => {
  const { takenBack, second } = await failing(t, broken)
  const error = await t.throwsAsync(second(), { instanceOf: WriteError })
  t.regex(error?.message ?? '', /cannot be used \(the disk is broken\)/)
  t.false(error?.inDoubt)
  t.deepEqual(takenBack, ['first'], 'the store was read anew before the answer')
})

test('a write whose outcome cannot be read is in doubt, and is taken back when it can', async (t) => {
  const { directory, store, takenBack, second } = await failing(t, async (database, write) => {
    await write()
    await rename(join(database.location, 'CURRENT'), join(database.location, 'away'))
    await broken()
  })
  const error = await t.throwsAsync(second(), { instanceOf: WriteError })
  t.true(error?.inDoubt)
  await t.throwsAsync(store.write([put('third', '3')]), { instanceOf: WriteError })
  await rename(join(directory, 'journal', 'away'), join(directory, 'journal', 'CURRENT'))
  await store.write([put('third', '3')])
  t.deepEqual(takenBack.sort(), ['first', 'second'])
  t.is(String(await (await store.reading()).get('third')), '3')
})
