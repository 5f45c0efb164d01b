import test from 'ava'
import type { Context, Journal, Tree } from '../src/index.js'
import { done, whole, workshop } from './editing.js'

async function copies(context: Context, journal: Journal): Promise<Journal> {
  return context.decodeJournal(await journal.encode(1 << 20))
}

async function given(xml: string): Promise<{ context: Context; tree: Tree; journal: Journal }> {
  const context = await workshop()
  const tree = context.tree()
  const journal = await done(context, tree, xml)
  return { context, tree, journal }
}

const empty = { set: {}, there: [] }
const item = '<item><name>a</name><size>3</size><step><n>1</n></step></item>'

test('applied to another tree, a journal makes it the same; reversed, it brings it back', async (t) => {
  const { context, tree, journal } = await given(
    `${item}<box><r1>r</r1><number>2</number></box><queue><k>1</k></queue>`,
  )
  t.deepEqual(await tree.validate(journal), [])
  using running = context.tree()
  await running.apply(journal)
  t.deepEqual(await whole(running), await whole(tree))
  using back = await journal.reversed()
  t.is(back.size, journal.size)
  await running.apply(back)
  t.deepEqual(await whole(running), empty)
  context[Symbol.dispose]()
})

test('a journal that does not fit changes nothing', async (t) => {
  const { context, tree, journal } = await given(item)
  using more = await done(context, tree, '<box><plain>1</plain></box><item op="delete"><name>a</name></item>')
  using other = context.tree()
  await t.throwsAsync(other.apply(more), { name: 'LibyangError', message: /does not fit/ })
  t.deepEqual(await whole(other), empty)
  journal.append(more)
  await other.apply(journal)
  t.deepEqual(await whole(other), await whole(tree))
  context[Symbol.dispose]()
})

test('netted, a journal says each node once, and nothing of what cancels out', async (t) => {
  const { context, tree, journal } = await given(item)
  journal.append(await done(context, tree, '<item><name>a</name><size>4</size></item>'))
  journal.append(await done(context, tree, '<item><name>b</name></item><motto>x</motto>'))
  journal.append(await done(context, tree, '<item op="delete"><name>b</name></item><motto>y</motto>'))
  await journal.net()
  t.deepEqual(await journal.describe(10), [
    "+ /workshop:item[name='a']",
    "+ /workshop:item[name='a']/size = 4",
    "+ /workshop:item[name='a']/step[n='1']",
    '+ /workshop:motto = y',
  ])
  using other = context.tree()
  await other.apply(journal)
  t.deepEqual(await whole(other), await whole(tree))
  journal.append(await journal.reversed())
  await journal.net()
  t.is(journal.size, 0)
  context[Symbol.dispose]()
})

test('append empties the other journal', async (t) => {
  const { context, tree, journal } = await given(item)
  using more = await done(context, tree, '<motto>x</motto>')
  const { size, explicit } = journal
  journal.append(more)
  t.is(more.size, 0)
  t.is(more.explicit, 0)
  t.is(journal.size, size + 1)
  t.is(journal.explicit, explicit + 1)
  t.true(journal.byteLength > 0)
  context[Symbol.dispose]()
})

test('touches asks about a subtree: changes in it, and parents that came or went', async (t) => {
  const { context, tree, journal } = await given(item)
  t.true(journal.touches('/workshop:item'))
  t.true(journal.touches('/workshop:item/part/v'))
  t.false(journal.touches('/workshop:box'))
  t.false(journal.touches('/workshop:nothing'))
  using leaf = await done(context, tree, '<item><name>a</name><size>9</size></item>')
  t.true(leaf.touches('/workshop:item'))
  t.true(leaf.touches('/workshop:item/size'))
  t.false(leaf.touches('/workshop:item/part'))
  context[Symbol.dispose]()
})

test('described, a journal speaks of what the client meant, no further than the limit', async (t) => {
  const { context, tree, journal } = await given(
    '<box><plain>1</plain><limit>20</limit><number>1</number><number>2</number></box>',
  )
  t.deepEqual(await journal.describe(2), ['+ /workshop:box/plain = 1', '+ /workshop:box/limit = 20'])
  using next = await done(
    context,
    tree,
    '<box><plain>2</plain><number insert="first">2</number><limit op="delete">20</limit></box>',
  )
  t.deepEqual(await next.describe(9), [
    '~ /workshop:box/plain 1 → 2',
    '- /workshop:box/limit',
    "~ /workshop:box/number[.='2'] → first",
  ])
  context[Symbol.dispose]()
})

test('written and read, a journal does the same, in chunks that are each read alone', async (t) => {
  const items = Array.from(
    { length: 300 },
    (_, i) => `<item><name>${i}'"\n</name><in><b>\u{1f35e}</b></in></item>`,
  )
  const { context, tree, journal } = await given(
    `${items.join('')}<mode>a</mode><box><any><x xmlns="urn:x">1</x></any></box>`,
  )
  t.deepEqual(await tree.validate(journal), [])
  const chunks = await journal.encode(4096)
  t.true(chunks.length > 3)
  t.true(chunks.every((chunk) => chunk.length <= 4096))
  using together = context.tree()
  using read = await context.decodeJournal(chunks)
  await together.apply(read)
  t.deepEqual(await whole(together), await whole(tree))
  using oneByOne = context.tree()
  for (const chunk of chunks) {
    using part = await context.decodeJournal([chunk])
    await oneByOne.apply(part)
  }
  t.deepEqual(await whole(oneByOne), await whole(tree))
  context[Symbol.dispose]()
})

test('a journal read from text can be reversed', async (t) => {
  const { context, tree, journal } = await given(item)
  t.deepEqual(await tree.validate(journal), [])
  const before = await whole(tree)
  using change = await done(
    context,
    tree,
    '<item><name>a</name><size op="delete"/><step op="delete"><n>1</n></step></item>',
  )
  using read = await copies(context, change)
  using back = await read.reversed()
  await tree.apply(back)
  t.deepEqual(await whole(tree), before)
  context[Symbol.dispose]()
})

test('what a journal read from text did is told whole, and can be taken back', async (t) => {
  const { context, tree, journal } = await given(item)
  t.deepEqual(await tree.validate(journal), [])
  const before = await whole(tree)
  using change = await done(
    context,
    tree,
    '<box><r1>r</r1></box><item op="delete"><name>a</name></item><item><name>b</name></item>',
  )
  t.deepEqual(await tree.validate(change), [])
  const after = await whole(tree)
  using read = await copies(context, change)
  using back = await read.reversed()
  using undone = await tree.redo(back)
  t.deepEqual(await whole(tree), before)
  using again = await undone.reversed()
  await tree.apply(again)
  t.deepEqual(await whole(tree), after)
  using complete = await tree.redo(undone)
  t.is(complete.size, undone.size)
  t.deepEqual(await whole(tree), before)
  context[Symbol.dispose]()
})

test('text that is no journal, breaks off or does not fit the schema is refused', async (t) => {
  const { context, journal } = await given(item)
  const [chunk] = await journal.encode(1 << 20)
  const text = String(chunk)
  const read = (data: string): Promise<Journal> => context.decodeJournal([Buffer.from(data)])
  await t.throwsAsync(read('hello'), { message: /not a journal/ })
  await t.throwsAsync(read(text.slice(0, -4)), { message: /line \d/ })
  await t.throwsAsync(read(text.replace('workshop:item', 'workshop:itch')), { message: /schema/ })
  await t.throwsAsync(read(`${text}*{}\n`), { message: /line \d/ })
  context[Symbol.dispose]()
})
