import test from 'ava'
import type { Context, LibyangError, Tree } from '../src/index.js'
import { done, whole, workshop } from './editing.js'
import { routes, routing, text } from './helpers.js'

async function chunksOf(tree: Tree, chunkBytes: number): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  for await (const chunk of tree.snapshot(chunkBytes)) chunks.push(chunk)
  return chunks
}

async function loaded(context: Context, chunks: readonly Buffer[]): Promise<Tree> {
  const tree = context.tree()
  for (const chunk of chunks) await tree.load(chunk)
  using journal = context.journal()
  const errors = await tree.validate(journal)
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  return tree
}

/** A bit of everything, longer than some chunks of 1 KiB. */
const everything =
  '<motto>"\\ \n\u{1f35e}</motto><mode>a</mode>' +
  '<box><plain>p</plain><tag>green</tag><number>3</number><number>1</number><number>2</number>' +
  '<sub><note>n</note></sub><there/><i2>x</i2><il><k>1</k></il><only-a>go</only-a>' +
  '<any><x xmlns="urn:x"><y>1</y></x></any></box>' +
  Array.from(
    { length: 60 },
    (_, i) =>
      `<item><name>${i}'"\n</name><size>${i}</size><part><id>${i}</id><kind>w:nut</kind><v>${'v'.repeat(i)}</v></part>` +
      `<step><n>${i}b</n></step><step><n>${i}a</n><t>t</t></step></item>`,
  ).join('') +
  Array.from({ length: 100 }, (_, i) => `<queue><k>${(i * 37) % 100}</k></queue>`).join('')

test('what a snapshot tells, loaded and validated, is the tree again, whatever the size of the chunks', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  using journal = await done(context, tree, everything)
  t.deepEqual(await tree.validate(journal), [])
  const there = await whole(tree)
  for (const size of [1024, 5000, 1 << 20]) {
    const chunks = await chunksOf(tree, size)
    t.true(size === 1 << 20 ? chunks.length === 1 : chunks.length > 1)
    t.true(chunks.every((chunk) => chunk.length <= size))
    using back = await loaded(context, chunks)
    t.deepEqual(await whole(back), there)
    t.deepEqual(
      (await chunksOf(back, size)).map(String),
      chunks.map(String),
      'and its own snapshot is the same text',
    )
  }
})

test('a snapshot is a journal too, and each of its chunks is', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  using journal = await done(context, tree, everything)
  t.deepEqual(await tree.validate(journal), [])
  using back = context.tree()
  for (const chunk of await chunksOf(tree, 2000)) {
    using part = await context.decodeJournal([chunk])
    await back.apply(part)
  }
  using derived = context.journal()
  t.deepEqual(await back.validate(derived), [])
  t.deepEqual(await whole(back), await whole(tree))
})

test('a loaded tree can be edited like any other', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  using journal = await done(context, tree, everything)
  t.deepEqual(await tree.validate(journal), [])
  using back = await loaded(context, await chunksOf(tree, 3000))
  const change =
    '<item op="delete"><name>7\'"\n</name></item><queue insert="first"><k>50</k></queue><box><limit>20</limit></box>'
  using one = await done(context, tree, change)
  using other = await done(context, back, change)
  t.deepEqual(await other.describe(9), await one.describe(9))
  t.deepEqual(await whole(back), await whole(tree))
})

test('an empty tree has an empty snapshot', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  t.deepEqual(await chunksOf(tree, 1024), [])
  using journal = context.journal()
  await tree.validate(journal)
  t.deepEqual(await chunksOf(tree, 1024), [], 'also when there are defaults')
})

test('a snapshot holds the tree as it was when it began', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  using journal = await done(context, tree, everything)
  t.true(journal.size > 0)
  const reading = tree.snapshot(1024)
  const chunks = [(await reading.next()).value as Buffer]
  const edited = done(context, tree, '<item><name>late</name></item>')
  for await (const chunk of reading) chunks.push(chunk)
  using late = await edited
  t.is(late.size, 1)
  t.notRegex(Buffer.concat(chunks).toString(), /late/)
})

test('a chunk that does not fit is refused with its place', async (t) => {
  using context = await workshop()
  const header = 'libyang-js journal 1\n'
  const load = async (...chunks: string[]): Promise<void> => {
    using tree = context.tree()
    for (const chunk of chunks) await tree.load(Buffer.from(chunk))
  }
  const refused = async (
    expected: { message: RegExp; path?: string },
    ...chunks: string[]
  ): Promise<void> => {
    const error = await t.throwsAsync<LibyangError>(load(...chunks), { message: expected.message })
    if (expected.path !== undefined) t.is(error?.errors[0]?.path, expected.path)
  }
  await refused({ message: /not a snapshot/ }, 'hello')
  await refused({ message: /breaks off/ }, `${header}@\n+{"workshop:mode":"a"}`)
  await refused({ message: /does nothing else/ }, `${header}@\n-{"workshop:mode":"a"}\n`)
  await refused({ message: /no configuration "workshop:itch"/ }, `${header}@\n+{"workshop:itch":1}\n`)
  await refused(
    { message: /no configuration "workshop:state"/ },
    `${header}@\n+{"workshop:state":{"up":"1"}}\n`,
  )
  await refused({ message: /do not fit/, path: '/workshop:mode' }, `${header}@\n+{"workshop:mode":"d"}\n`)
  await refused(
    { message: /has created this place/, path: "/workshop:item[name='1']" },
    `${header}@/workshop:item[name='1']\n+{"workshop:size":1}\n`,
  )
  const item = `${header}@\n+{"workshop:item":[{"name":"1"}]}\n`
  const path = "/workshop:item[name='1']"
  await refused({ message: /stands twice/, path }, item, item)
  await refused(
    { message: /stands twice/, path },
    `${header}@\n+{"workshop:item":[{"name":"1"},{"name":"1"}]}\n`,
  )
  await refused(
    { message: /stands twice/ },
    `${header}@\n+{"workshop:item":[{"name":"1","size":1,"size":2}]}\n`,
  )
  await refused(
    { message: /stands twice/, path: '/workshop:mode' },
    `${header}@\n+{"workshop:mode":"a"}\n+{"workshop:mode":"b"}\n`,
  )
  t.is(context.alive.trees, 0)
})

test('fifty thousand routes go and come in many chunks', async (t) => {
  using context = await routing()
  using tree = await context.parse(routes(50_000), 'xml')
  const chunks = await chunksOf(tree, 64 << 10)
  t.true(chunks.length > 30)
  using back = context.tree()
  for (const chunk of chunks) await back.load(chunk)
  t.is(await text(back, { format: 'xml' }), await text(tree, { format: 'xml' }))
})
