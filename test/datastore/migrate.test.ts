import test, { type ExecutionContext } from 'ava'
import { Level } from 'level'
import { createContext, type Context } from 'libyang-js'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CommitJournal } from '../../datastore/journal/index.js'
import { Document, type Json, type JsonObject, type Migration } from '../../datastore/migrate/index.js'
import { random } from '../crash/model.js'
import {
  alice,
  box,
  MemoryLog,
  named,
  openBench,
  openContext,
  refusal,
  routes,
  temporaryFolder,
} from './support.js'

let context: Context
test.before(async () => {
  context = await openContext()
})

/** The box of now: `mtu` is `frame-size`, `primary` is gone, and ports have a speed that they must have. */
const later = `module test-box {
  yang-version 1.1;
  namespace "urn:weft:test:box";
  prefix tb;
  revision 2026-06-01 { description "As of a later version."; }
  container box {
    leaf name { type string { length "1..64"; } }
    leaf frame-size { type uint16 { range "68..9000"; } default 1500; }
    list port {
      key name;
      leaf name { type string; }
      leaf enabled { type boolean; default true; }
      leaf speed { type uint32; mandatory true; }
    }
    leaf-list order { ordered-by user; type string; }
  }
  container routes { list route { key prefix; leaf prefix { type string; } leaf next-hop { type string; } } }
}`

/** The same box with a leaf more: what is stored fits as it is. */
const grown = later
  .replace('leaf frame-size', 'leaf mtu')
  .replace('leaf speed { type uint32; mandatory true; }', 'leaf speed { type uint32; }')
  .replace('2026-06-01', '2026-03-01')

async function contextOf(t: ExecutionContext, module: string): Promise<Context> {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'test-box.yang'), module)
  return await createContext({
    searchDirs: [folder, '/usr/share/yuma/modules/ietf', '/usr/share/yang/modules/libyang'],
    modules: [{ name: 'ietf-netconf' }, { name: 'test-box' }],
  })
}

const boxOf = (configuration: JsonObject): JsonObject => configuration['test-box:box'] as JsonObject

const migrations: readonly Migration[] = [
  {
    to: 1,
    summary: 'the mtu is the frame size',
    migrate: (configuration) => {
      const { mtu, primary: _gone, ...rest } = boxOf(configuration)
      const named = mtu === undefined ? rest : { ...rest, 'frame-size': mtu }
      return { ...configuration, 'test-box:box': named }
    },
  },
  {
    to: 2,
    summary: 'ports have a speed',
    migrate: (configuration) => {
      const ports = (boxOf(configuration)['port'] ?? []) as JsonObject[]
      const port = ports.map((entry) => ({ ...entry, speed: 1000 }))
      return { ...configuration, 'test-box:box': { ...boxOf(configuration), port } }
    },
  },
]

/** A store of before, with commits that change, remove, and move. */
async function stored(t: ExecutionContext, storage = {}): Promise<string> {
  const { datastores, edit, directory } = await openBench(t, context, { storage })
  await edit(
    box(`<name>one</name><mtu>1400</mtu><port><name>a</name></port><port><name>b'"</name></port>
         <primary>a</primary><order>x</order><order>y</order>`) + routes(0, 5),
  )
  await datastores.commit(alice)
  await edit(
    box(`<mtu>1300</mtu><port><name>a</name><enabled>false</enabled></port>
         <order xmlns:y="urn:ietf:params:xml:ns:yang:1" y:insert="first">z</order>`),
  )
  await datastores.commit(alice)
  await datastores[Symbol.asyncDispose]()
  return directory
}

/** All values of all keys of a folder's journal, to see that nothing was changed. */
async function contentsOf(directory: string): Promise<string> {
  const db = new Level(join(directory, 'journal'))
  const all = JSON.stringify(await db.iterator().all())
  await db.close()
  return all
}

test('a store of older modules is carried over by the steps that it needs, and the one of before is kept', async (t) => {
  const directory = await stored(t)
  const now = await contextOf(t, later)
  const first = await openBench(t, now, { directory, migrations })
  const running = await first.text('running')
  t.is(
    running.replace(/ xmlns="[^"]*"/g, '').replace(/<routes>.*/, ''),
    '<box><name>one</name><frame-size>1300</frame-size><port><name>a</name><enabled>false</enabled><speed>1000</speed></port>' +
      `<port><name>b'"</name><speed>1000</speed></port><order>z</order><order>x</order><order>y</order></box>`,
  )
  t.is([...running.matchAll(/<prefix>/g)].length, 5)
  t.is(first.datastores.head?.number, 3)
  t.regex(
    first.datastores.head?.comment ?? '',
    /step 1, the mtu is the frame size; step 2, ports have a speed/,
  )
  t.regex(
    (await refusal(first.datastores.rollback(alice, { commit: 2 }))).message,
    /carried the configuration over/,
  )
  await first.edit(named('after'))
  t.is((await first.datastores.commit(alice))?.number, 4)
  const after = await first.text('running')
  await first.datastores[Symbol.asyncDispose]()
  const again = await openBench(t, now, { directory, migrations })
  t.is(again.datastores.head?.number, 4)
  t.is(await again.text('running'), after)
  await again.datastores[Symbol.asyncDispose]()

  const [kept = ''] = await readdir(join(directory, 'kept'))
  t.regex(kept, /^commit-2-of-[0-9a-f]{12}$/)
  const old = await openBench(t, context, { directory: join(directory, 'kept', kept) })
  t.regex(await old.text('running'), /<mtu>1300</)
  t.is(old.datastores.head?.number, 2)
})

test('from a snapshot too', async (t) => {
  const directory = await stored(t, { snapshotOctets: 1, snapshotPause: 0 })
  const { text } = await openBench(t, await contextOf(t, later), { directory, migrations })
  t.regex(await text('running'), /<frame-size>1300<.*<order>z<\/order><order>x</)
})

test('only steps that come after the version of the store are taken', async (t) => {
  const directory = await stored(t)
  const now = await contextOf(t, later)
  const first = await openBench(t, now, { directory, migrations })
  await first.datastores[Symbol.asyncDispose]()
  const third: Migration = {
    to: 3,
    summary: 'renamed',
    migrate: (configuration) => ({
      ...configuration,
      'test-box:box': { ...boxOf(configuration), name: 'three' },
    }),
  }
  const next = await contextOf(t, later.replace('2026-06-01', '2026-09-01'))
  const { text, datastores } = await openBench(t, next, { directory, migrations: [...migrations, third] })
  t.regex(await text('running'), /<name>three<.*<speed>1000</)
  t.regex(datastores.head?.comment ?? '', /: step 3, renamed$/)
  await datastores[Symbol.asyncDispose]()
  await t.throwsAsync(openBench(t, now, { directory, migrations }), {
    message: /is of version 3, this Weft knows none after 2: start the later one/,
  })
})

test('a new store is of the version of now and needs no step', async (t) => {
  const now = await contextOf(t, later)
  const { datastores, edit, directory } = await openBench(t, now, { migrations })
  await edit(box('<name>new</name><frame-size>1000</frame-size>'))
  await datastores.commit(alice)
  await datastores[Symbol.asyncDispose]()
  const next = await contextOf(t, later.replace('2026-06-01', '2026-09-01'))
  const again = await openBench(t, next, { directory, migrations })
  t.regex(await again.text('running'), /<frame-size>1000</)
})

test('modules that merely grew take the store as it is, and stamp it', async (t) => {
  const directory = await stored(t)
  const now = await contextOf(t, grown.replace('container routes', 'container more {} container routes'))
  await t.throwsAsync(openBench(t, now, { directory }), { message: /primary/ }, 'primary is gone in them')
  const all = grown.replace(
    'leaf-list order',
    'leaf primary { type leafref { path "../port/name"; } } leaf-list order',
  )
  const first = await openBench(t, await contextOf(t, all), { directory })
  t.regex(await first.text('running'), /<mtu>1300<.*<primary>a</)
  t.is(first.datastores.head?.number, 3)
  t.regex(first.datastores.head?.comment ?? '', /unchanged/)
  t.is(await first.datastores.rollback(alice, { commit: 1 }), 1)
  t.regex(await first.text('candidate'), /<mtu>1400</)
  await t.throwsAsync(readdir(join(directory, 'kept')), { code: 'ENOENT' })
})

test('a store that cannot be carried over stops the start with the reason, and is not touched', async (t) => {
  const directory = await stored(t)
  const before = await contentsOf(directory)
  const now = await contextOf(t, later)
  await t.throwsAsync(openBench(t, now, { directory, migrations: migrations.slice(0, 1) }), {
    message:
      /cannot be carried over to .*: the result of step 1: .*speed.*; start with the modules of then\. Nothing was changed/,
  })
  const failing: Migration = {
    to: 1,
    summary: 'fails',
    migrate: () => {
      throw new Error('there is no frame')
    },
  }
  await t.throwsAsync(openBench(t, now, { directory, migrations: [failing] }), {
    message: /step 1 \(fails\): there is no frame/,
  })
  t.is(await contentsOf(directory), before)
})

test('with a failsafe configuration such a store is left alone, and an operator can look', async (t) => {
  const directory = await stored(t)
  const before = await contentsOf(directory)
  const now = await contextOf(t, later)
  for (const _start of [1, 2]) {
    const { datastores, edit, text } = await openBench(t, now, { directory, failsafe: true })
    t.regex(datastores.recovery.failsafe ?? '', /commit 1 of the journal in .* does not fit the modules/)
    t.is(datastores.head, undefined)
    await edit(named('failsafe'))
    await datastores.commit(alice)
    t.regex(await text('running'), /<name>failsafe</)
    await edit(named('more'))
    t.regex(
      (await refusal(datastores.commit(alice))).message,
      /runs its failsafe configuration, and nothing else can be committed; restore .* and start again/,
    )
    t.regex(await text('running'), /<name>failsafe</)
    await datastores[Symbol.asyncDispose]()
  }
  t.is(await contentsOf(directory), before)
  const { datastores, text } = await openBench(t, context, { directory, failsafe: true })
  t.is(datastores.recovery.failsafe, undefined)
  t.regex(await text('running'), /<mtu>1300</)
})

test('a store of which nothing is left is not begun anew either', async (t) => {
  const directory = await temporaryFolder(t)
  await mkdir(join(directory, 'journal'))
  await writeFile(join(directory, 'head'), JSON.stringify({ number: 7, hash: 'x' }))
  for (const _start of [1, 2]) {
    const { datastores } = await openBench(t, context, { directory, failsafe: true })
    t.regex(datastores.recovery.failsafe ?? '', /no commit of those in .* could be recovered/)
    await datastores[Symbol.asyncDispose]()
  }
  t.regex(await readFile(join(directory, 'head'), 'utf8'), /7/)
})

/** The lists that the system orders, by their keys. */
function sorted(configuration: unknown): unknown {
  const byName = (list: Json | undefined) =>
    ((list ?? []) as { name: string }[]).sort((a, b) => (a.name < b.name ? -1 : 1))
  const box = configuration as JsonObject
  return { ...box, port: byName(box['port']), user: byName(box['user']) }
}

test('the text of any commits makes the same document as the modules make of it', async (t) => {
  const seed = Math.floor(Math.random() * 1e9)
  const next = random(seed)
  const upTo = (limit: number): number => Math.floor(next() * limit)
  const { datastores, edit, directory } = await openBench(t, context)
  const operation = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation'
  const insert = 'xmlns:y="urn:ietf:params:xml:ns:yang:1" y:insert'
  const port = () => `p${[0, '\'"1', '"]{2}', '&#10;@3'][upTo(4)]}`
  const deeds: readonly (() => string)[] = [
    () => `<mtu>${1000 + upTo(3) * 250}</mtu>`,
    () => `<mtu ${operation}="remove"/>`,
    () => `<port><name>${port()}</name><enabled>${next() < 0.5}</enabled></port>`,
    () => `<port ${operation}="remove"><name>${port()}</name></port>`,
    () => `<order ${insert}="${next() < 0.5 ? 'first' : 'last'}">o${upTo(5)}</order>`,
    () => `<order ${operation}="remove">o${upTo(5)}</order>`,
    () => `<user><name>u${upTo(3)}</name><password>${'"\\\\\'é'.slice(upTo(4))}x</password></user>`,
    () => `<user ${operation}="remove"><name>u${upTo(3)}</name></user>`,
    () => `<name>n${upTo(3)}</name>`,
  ]
  for (let round = 0; round < 60; round++) {
    await edit(
      box(Array.from({ length: 1 + upTo(4) }, () => (deeds[upTo(deeds.length)] as () => string)()).join('')),
      {
        ...(next() < 0.1 && { defaultOperation: 'replace' }),
      },
    ).catch(() => datastores.discard(alice))
    await datastores.commit(alice)
  }
  const number = datastores.head?.number ?? 0
  const running = await datastores.withTree('running', (tree) => tree.json('/test-box:box'))
  await datastores[Symbol.asyncDispose]()
  const journal = await CommitJournal.open({ directory, log: new MemoryLog(), now: 0 })
  t.teardown(() => journal[Symbol.asyncDispose]())
  const document = new Document()
  for await (const { chunks } of journal.recover()) for (const chunk of chunks) document.apply(chunk)
  using parsed = await context.parse(JSON.stringify(document.root), 'json')
  using derived = context.journal()
  t.deepEqual(await parsed.validate(derived), [])
  t.deepEqual(sorted(await parsed.json('/test-box:box')), sorted(running), `seed ${seed}, ${number} commits`)
})
