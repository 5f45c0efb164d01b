import test, { type ExecutionContext } from 'ava'
import { Level } from 'level'
import type { Context } from 'libyang-js'
import { spawnSync } from 'node:child_process'
import { chmod, chown, cp, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DirectoryError } from '../../datastore/index.js'
import { alice, box, named, openBench, openContext, routes, temporaryFolder } from './support.js'
import { random } from '../crash/model.js'
import { flip } from '../lab/damage.js'

let context: Context
test.before(async () => {
  context = await openContext()
})

/** A folder with `count` commits; commit n names the box `cn` and adds routes. Its LevelDB has them all in its log. */
async function filled(t: ExecutionContext, count: number): Promise<string> {
  const { datastores, edit, directory } = await openBench(t, context)
  for (let number = 1; number <= count; number++) {
    await edit(named(`c${number}`) + routes(number * 1000, 200))
    await datastores.commit(alice)
  }
  await datastores[Symbol.asyncDispose]()
  return directory
}

const database = (directory: string): Level<string, Buffer> =>
  new Level(join(directory, 'journal'), { valueEncoding: 'buffer' })

async function logOf(directory: string): Promise<string> {
  const files = (await readdir(join(directory, 'journal'))).filter((name) => name.endsWith('.log'))
  return join(directory, 'journal', files.sort().at(-1) ?? '')
}

/** Opens a damaged folder: `whole` commits are there, the rest is said to be lost, and numbers go on after those of the lost. */
async function continues(
  t: ExecutionContext,
  directory: string,
  whole: number,
  count: number,
): Promise<string> {
  const { datastores, edit, text } = await openBench(t, context, { directory })
  const { recovery } = datastores
  t.is(recovery.number, whole)
  t.like(recovery.lost[0], { first: whole + 1, last: count })
  if (whole > 0) t.regex(await text('running'), new RegExp(`<name>c${whole}</name>`))
  t.is([...(await text('running')).matchAll(/<prefix>/g)].length, whole * 200)
  await edit(named('after'))
  t.is((await datastores.commit(alice))?.number, count + 1)
  await datastores[Symbol.asyncDispose]()
  const again = await openBench(t, context, { directory })
  t.deepEqual(again.datastores.recovery.lost, [])
  t.is(again.datastores.head?.number, count + 1)
  t.regex(await again.text('running'), /<name>after</)
  await again.datastores[Symbol.asyncDispose]()
  return recovery.lost.map(({ reason, keptAs }) => `${reason} ${keptAs ?? ''}`).join('\n')
}

test('what was committed is there after a restart, defaults and order included', async (t) => {
  const { datastores, edit, text, directory } = await openBench(t, context)
  await edit(
    box('<name>one</name><order>1</order><order>2</order><port><name>a</name></port><primary>a</primary>'),
  )
  await datastores.commit(alice, { comment: 'one' })
  await edit(
    box(`<order xmlns:y="urn:ietf:params:xml:ns:yang:1" y:insert="first">0</order>
         <primary xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"/>`),
  )
  const head = await datastores.commit(alice, { comment: 'two' })
  await edit(named('uncommitted'))
  const before = await text('running')
  await datastores[Symbol.asyncDispose]()
  const again = await openBench(t, context, { directory })
  t.is(await again.text('running'), before)
  t.is(await again.text('candidate'), before)
  t.deepEqual(again.datastores.head, head)
  t.is(again.datastores.recovery.number, 2)
  t.deepEqual(again.datastores.recovery.lost, [])
})

test('keys that hold quotes, line feeds and statements of the journal are nothing but keys after a restart', async (t) => {
  const { datastores, edit, text, directory } = await openBench(t, context)
  const names = [
    `a'b"c]/[.`,
    'two\nlines',
    `x"]\n@/test-box:box\n+{"test-box:name":"written by nobody"}\n@/test-box:box/port[name="y`,
  ]
  const ports = (content: string) =>
    box(
      names
        .map((name) => name.replace(/\n/g, '&#10;'))
        .map((name) => `<port><name>${name}</name>${content}</port>`)
        .join(''),
    )
  for (const content of ['', '<enabled>false</enabled>', '<enabled>true</enabled>']) {
    await edit(ports(content))
    await datastores.commit(alice)
  }
  const before = await text('running')
  await datastores[Symbol.asyncDispose]()
  const again = await openBench(t, context, { directory })
  t.is(again.datastores.recovery.number, 3)
  t.is(await again.text('running'), before)
  t.is((await again.datastores.compare(1, 'running', 10)).lines.length, names.length)
})

test('bytes flipped in the middle of the log: recovered up to the last whole commit, and said', async (t) => {
  const directory = await filled(t, 6)
  const log = await logOf(directory)
  const content = await readFile(log)
  await flip(log, content.indexOf('commit!000000000004') + 30)
  t.regex(await continues(t, directory, 3, 6), /commit 4/)
})

test('a truncated log: recovered up to the last whole commit, and said', async (t) => {
  const directory = await filled(t, 5)
  const log = await logOf(directory)
  await truncate(log, (await stat(log)).size - 10)
  t.regex(await continues(t, directory, 4, 5), /end of the journal is missing/)
  const kept = (await readdir(directory)).find((name) => name.startsWith('journal.damaged-logs-')) ?? ''
  const [held = ''] = await readdir(join(directory, kept))
  t.true((await readFile(join(directory, kept, held))).includes('commit!000000000005'))
})

test('an emptied log: nothing is recovered, and said', async (t) => {
  const directory = await filled(t, 3)
  await truncate(await logOf(directory), 0)
  t.regex(await continues(t, directory, 0, 3), /end of the journal is missing/)
})

test('bytes flipped anywhere in any file: a whole commit is recovered, and what is missing is said', async (t) => {
  t.timeout(60_000)
  const seed = Math.floor(Math.random() * 1e9)
  const next = random(seed)
  const whole = await filled(t, 6)
  // A start moves what is in the log into tables.
  await (await openBench(t, context, { directory: whole })).datastores[Symbol.asyncDispose]()
  const files = (await readdir(join(whole, 'journal'))).filter((name) => /\.ldb$|\.log$|MANIFEST/.test(name))
  for (let round = 0; round < 12; round++) {
    const directory = await temporaryFolder(t)
    await cp(whole, directory, { recursive: true })
    const file = files[Math.floor(next() * files.length)] ?? ''
    const path = join(directory, 'journal', file)
    const { size } = await stat(path)
    if (size < 4) continue
    const at = Math.floor(next() * (size - 4))
    await flip(path, at)
    const damage = `seed ${seed}: ${file} at ${at}`
    const { datastores, text } = await openBench(t, context, { directory })
    const { number, lost } = datastores.recovery
    const name = /<name>([^<]*)</.exec(await text('running'))?.[1]
    t.is(name, number === 0 ? undefined : `c${number}`, damage)
    t.is([...(await text('running')).matchAll(/<prefix>/g)].length, number * 200, damage)
    if (number < 6) t.is(lost[0]?.last, 6, damage)
    await datastores[Symbol.asyncDispose]()
  }
})

test('text, a header or an order that was tampered with breaks the chain there, and the rest is set aside', async (t) => {
  const damage: readonly [string, RegExp, (db: Level<string, Buffer>) => Promise<void>][] = [
    [
      'text changed',
      /commit 3 does not match its hash/,
      async (db) => {
        const key = 'text!000000000003!000000'
        const text = Buffer.from((await db.get(key)) as Buffer)
        text[text.length - 5] = text[text.length - 5] === 0x30 ? 0x31 : 0x30
        await db.put(key, text)
      },
    ],
    ['text missing', /part 1 of 1 .* commit 3 is missing/, (db) => db.del('text!000000000003!000000')],
    ['header missing', /commit 3 is missing, the next one is 4/, (db) => db.del('commit!000000000003')],
    [
      'header unreadable',
      /header of commit 3 cannot be read/,
      (db) => db.put('commit!000000000003', Buffer.from('{')),
    ],
    [
      'user changed',
      /commit 3 does not match its hash/,
      async (db) => {
        const key = 'commit!000000000003'
        await db.put(key, Buffer.from(String(await db.get(key)).replace('alice', 'mallory')))
      },
    ],
  ]
  for (const [name, reason, doIt] of damage) {
    const directory = await filled(t, 5)
    const db = database(directory)
    await doIt(db)
    await db.close()
    const said = await continues(t, directory, 2, 5)
    t.regex(said, reason, name)
    const after = database(directory)
    const keys = await after.keys({ gt: 'aside!', lt: 'aside"' }).all()
    t.true(
      keys.some((key) => key.endsWith('commit!000000000005')),
      name,
    )
    await after.close()
  }
})

test('a damaged header that names other modules is damage, and nothing is carried over', async (t) => {
  const directory = await filled(t, 5)
  const db = database(directory)
  const key = 'commit!000000000005'
  await db.put(key, Buffer.from(String(await db.get(key)).replace(/"moduleSet":"[^"]/, '"moduleSet":"x')))
  await db.close()
  t.regex(await continues(t, directory, 4, 5), /commit 5 does not match its hash/)
})

test('a member that has applied more than the journal has is an alarm, and numbers go on after its own', async (t) => {
  const directory = await filled(t, 2)
  const { datastores, log } = await openBench(t, context, { directory })
  await datastores.witness('0', 2)
  t.deepEqual(log.alarms, [])
  await datastores.witness('0', 4)
  await datastores.witness('0', 4)
  t.is(log.alarms.length, 1)
  t.regex(
    log.alarms[0] ?? '',
    /member 0 has applied commit 4, the journal ends at 2: commits 3 to 4 are lost; numbers go on from 5/,
  )
  await datastores[Symbol.asyncDispose]()
  const again = await openBench(t, context, { directory })
  t.deepEqual(again.datastores.recovery.lost, [])
  await again.edit(named('after'))
  t.is((await again.datastores.commit(alice))?.number, 5)
})

test('a LevelDB that does not open is copied aside and repaired', async (t) => {
  const directory = await filled(t, 4)
  await rm(join(directory, 'journal', 'CURRENT'))
  const { datastores, text } = await openBench(t, context, { directory })
  t.is(datastores.recovery.number, 4)
  t.regex(datastores.recovery.lost[0]?.reason ?? '', /CURRENT is missing/)
  t.true((await stat(datastores.recovery.lost[0]?.keptAs ?? '')).isDirectory())
  t.regex(await text('running'), /<name>c4</)
})

test('a commit of a later version of the journal stops the start, and is not touched', async (t) => {
  const directory = await filled(t, 2)
  const db = database(directory)
  const key = 'commit!000000000002'
  const header = Buffer.from(String(await db.get(key)).replace('"format":1', '"format":3'))
  await db.put(key, header)
  await db.close()
  await t.throwsAsync(openBench(t, context, { directory }), { message: /commit 2 .* later version/ })
  const after = database(directory)
  t.deepEqual(Buffer.from((await after.get(key)) as Buffer), header)
  await after.close()
})

test('a journal that does not fit the modules stops the start with the commit named', async (t) => {
  const directory = await filled(t, 2)
  const { createContext } = await import('libyang-js')
  const other = await createContext({
    searchDirs: ['/usr/share/yang/modules/libyang'],
    modules: [{ name: 'ietf-yang-types' }],
  })
  const error = await t.throwsAsync(openBench(t, other, { directory }))
  t.regex(
    error?.message ?? '',
    /commit 1 of the journal in .* does not fit the modules: .*start with the modules of then/,
  )
  const { datastores } = await openBench(t, context, { directory })
  t.is(datastores.head?.number, 2)
})

test('a folder that cannot be used is named, with what to do', async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'file')
  await writeFile(file, '')
  const notFolder = await t.throwsAsync(openBench(t, context, { directory: file }), {
    instanceOf: DirectoryError,
  })
  t.regex(notFolder?.message ?? '', new RegExp(`${file} is not a folder: choose another`))
  const under = await t.throwsAsync(openBench(t, context, { directory: join(file, 'under') }))
  t.regex(under?.message ?? '', /is not a folder/)
  const used = await filled(t, 1)
  const first = await openBench(t, context, { directory: used })
  const locked = await t.throwsAsync(openBench(t, context, { directory: used }), {
    instanceOf: DirectoryError,
  })
  t.regex(locked?.message ?? '', /is used by another process: stop the other one/)
  t.is(first.datastores.head?.number, 1)
})

test('a folder without permission is named, with what to do', async (t) => {
  const folder = await temporaryFolder(t)
  const closed = join(folder, 'closed')
  await mkdir(closed)
  await chmod(closed, 0o500)
  const root = process.getuid?.() === 0
  if (root) {
    await chown(folder, 65534, 65534)
    await chown(closed, 65534, 65534)
  }
  const script = `const { openDirectory } = await import(${JSON.stringify(new URL('../../datastore/journal/directory.js', import.meta.url).href)})
    await openDirectory(${JSON.stringify(closed)}, 0).then(() => console.log('opened'), (error) => console.log(error.message))`
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    ...(root ? { uid: 65534, gid: 65534 } : {}),
  })
  t.regex(child.stdout, /closed cannot be read and written by user \w+: let that user own it/, child.stderr)
})
