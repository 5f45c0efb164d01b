/** Rebasing a journal over another that was made on the same state: what goes together, what conflicts, and where. */
import test from 'ava'
import type { Context, Journal, Tree } from '../src/index.js'
import { dice, done, edit, whole, workshop } from './editing.js'
import { randomEdit } from './random-edits.js'

/** Two copies of a tree, each edited: the first journal rebased over the second, and what applying it gives. */
async function both(
  context: Context,
  base: Tree,
  ours: string,
  theirs: string,
): Promise<{ conflicts: readonly string[]; lines: readonly string[]; tree: Tree }> {
  using mine = await base.copy()
  const tree = await base.copy()
  using journal = await done(context, mine, ours)
  using over = await done(context, tree, theirs)
  const { journal: rebased, conflicts } = await journal.rebased(over)
  const before = await whole(tree)
  using back = await rebased.reversed()
  await tree.apply(rebased)
  const lines = await rebased.describe(20)
  const after = await whole(tree)
  await tree.apply(back)
  if (JSON.stringify(await whole(tree)) !== JSON.stringify(before)) throw new Error('not taken back')
  await tree.apply(rebased)
  if (JSON.stringify(await whole(tree)) !== JSON.stringify(after)) throw new Error('not done again')
  rebased[Symbol.dispose]()
  return { conflicts: conflicts.map(({ path, message }) => `${path ?? ''}: ${message}`), lines, tree }
}

const start =
  '<box><limit>20</limit><l1>x</l1><number>1</number><number>2</number><number>3</number></box>' +
  '<item><name>a</name><size>3</size></item><item><name>b</name></item>'

async function given(): Promise<{ context: Context; base: Tree }> {
  const context = await workshop()
  const base = context.tree()
  const journal = await done(context, base, start)
  journal[Symbol.dispose]()
  return { context, base }
}

test('changes of different nodes go together', async (t) => {
  const { context, base } = await given()
  using ours = (
    await both(context, base, '<motto>hi</motto><item><name>a</name><size>4</size></item>', '<mode>c</mode>')
  ).tree
  using theirs = (
    await both(context, base, '<mode>c</mode>', '<motto>hi</motto><item><name>a</name><size>4</size></item>')
  ).tree
  t.deepEqual(await whole(ours), await whole(theirs))
  base[Symbol.dispose]()
  context[Symbol.dispose]()
})

test('a conflict names the node and what became of it', async (t) => {
  const { context, base } = await given()
  const says = async (ours: string, theirs: string): Promise<readonly string[]> => {
    const { conflicts, lines, tree } = await both(context, base, ours, theirs)
    tree[Symbol.dispose]()
    if (conflicts.length > 0) t.deepEqual(lines, [], 'what conflicts is left out')
    return conflicts
  }
  const item = (inside: string, op = ''): string => `<item${op}><name>a</name>${inside}</item>`
  const box = (inside: string): string => `<box>${inside}</box>`
  const why = 'conflicts with a change made in the meantime:'
  t.deepEqual(await says(item('<size>4</size>'), item('<size>5</size>')), [
    `/workshop:item[name='a']/size: ${why} the node has another value`,
  ])
  t.deepEqual(await says(item('<size>4</size>'), item('<size>4</size>')), [], 'the same outcome')
  t.deepEqual(await says(item('<size>4</size>'), item('', ' op="delete"')), [
    `/workshop:item[name='a']/size: ${why} /workshop:item[name='a'] was removed`,
  ])
  t.deepEqual(await says(item('', ' op="delete"'), item('<serial>4</serial>')), [
    `/workshop:item[name='a']: ${why} /workshop:item[name='a']/serial was changed, and is to be removed with its parent`,
  ])
  t.deepEqual(await says(item('', ' op="delete"'), item('', ' op="delete"')), [])
  t.deepEqual(await says(item('<serial>1</serial>'), item('<serial>2</serial>')), [
    `/workshop:item[name='a']/serial: ${why} the node has another value`,
  ])
  t.deepEqual(await says(box('<r1>1</r1>'), box('<i1>1</i1>')), [
    `/workshop:box/r1: ${why} /workshop:box/i1 is of another case of the choice`,
  ])
  t.deepEqual(
    await says(box('<number insert="first">3</number>'), box('<number insert="first">2</number>')),
    [],
  )
  t.deepEqual(await says(box('<number insert="first">3</number>'), box('<number op="delete">3</number>')), [
    `/workshop:box/number[.='3']: ${why} the node was removed`,
  ])
  base[Symbol.dispose]()
  context[Symbol.dispose]()
})

test('entries that both made are joined', async (t) => {
  const { context, base } = await given()
  const { conflicts, tree } = await both(
    context,
    base,
    '<item><name>n</name><size>4</size><part><id>1</id><kind>w:nut</kind></part></item>',
    '<item><name>n</name><serial>4</serial></item>',
  )
  t.deepEqual(conflicts, [])
  t.is(await tree.value("/workshop:item[name='n']/size"), '4')
  t.is(await tree.value("/workshop:item[name='n']/serial"), '4')
  t.is((await tree.find("/workshop:item[name='n']/part")).length, 1)
  tree[Symbol.dispose]()
  base[Symbol.dispose]()
  context[Symbol.dispose]()
})

test('an entry whose neighbour has gone follows the one before that', async (t) => {
  const { context, base } = await given()
  const { conflicts, tree } = await both(
    context,
    base,
    '<box><number insert="after" yang:value="2">9</number><number insert="after" yang:value="9">8</number></box>',
    '<box><number op="delete">2</number><number insert="after" yang:value="1">7</number></box>',
  )
  t.deepEqual(conflicts, [])
  t.deepEqual(
    (await tree.find('/workshop:box/number')).map((path) => path.replace(/.*'(.)'.*/, '$1')),
    ['1', '9', '8', '7', '3'],
  )
  tree[Symbol.dispose]()
  base[Symbol.dispose]()
  context[Symbol.dispose]()
})

async function random(context: Context, tree: Tree, xml: string): Promise<Journal> {
  const { journal } = await edit(context, tree, xml, { errorOption: 'continue-on-error' })
  return journal
}

test('over edits of other nodes a journal commutes; over any it applies, and can be taken back', async (t) => {
  using context = await workshop()
  let conflicting = 0
  let clean = 0
  for (let seed = 0; seed < 60; seed++) {
    const roll = dice(seed)
    using base = context.tree()
    for (let step = 0; step < 4; step++) (await random(context, base, randomEdit(roll)))[Symbol.dispose]()
    for (const [part, other] of [
      ['box', 'item'],
      ['all', 'all'],
    ] as const) {
      using a = await base.copy()
      using b = await base.copy()
      using ours = context.journal()
      using theirs = context.journal()
      for (let step = 0; step < 3; step++) {
        ours.append(await random(context, a, randomEdit(roll, part)))
        theirs.append(await random(context, b, randomEdit(roll, other)))
      }
      const label = `seed ${seed}, ${part}`
      const { journal, conflicts } = await ours.rebased(theirs)
      const before = await whole(b)
      await b.apply(journal)
      if (part === 'box') {
        t.deepEqual(conflicts, [], label)
        const { journal: over } = await theirs.rebased(ours)
        await a.apply(over)
        t.deepEqual(await whole(a), await whole(b), label)
        over[Symbol.dispose]()
      }
      if (conflicts.length > 0) conflicting++
      else clean++
      using back = await journal.reversed()
      await b.apply(back)
      t.deepEqual(await whole(b), before, `${label}: taken back`)
      journal[Symbol.dispose]()
    }
  }
  t.true(conflicting > 5 && clean > 5)
})
