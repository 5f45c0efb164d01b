import test from 'ava'
import { done, whole, workshop } from './editing.js'

test('validation adds defaults as derived changes, once', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  using journal = await done(context, tree, '<mode>a</mode><box><only-a>go</only-a></box>')
  const { explicit } = journal
  t.deepEqual(await tree.validate(journal), [])
  t.is(journal.explicit, explicit)
  t.is(await tree.value('/workshop:box/after-a'), 'went')
  t.is(await tree.value('/workshop:motto'), 'hello')
  using second = context.journal()
  t.deepEqual(await tree.validate(second), [])
  t.is(second.size, 0)
})

test('a condition that turns false takes older nodes away, and refuses new ones', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  using first = await done(context, tree, '<mode>a</mode><box><only-a>go</only-a></box>')
  t.deepEqual(await tree.validate(first), [])
  using journal = await done(context, tree, '<mode>b</mode>')
  t.deepEqual(await tree.validate(journal), [])
  t.is(await tree.value('/workshop:box/only-a'), undefined)
  t.is(await tree.value('/workshop:box/after-a'), undefined)
  t.is(await tree.value('/workshop:box/only-b/z'), 'zed')
  t.true((await journal.describe(10)).includes('- /workshop:box/only-a'))

  const before = await whole(tree)
  using wrong = await done(context, tree, '<box><only-a>new</only-a></box>')
  const size = wrong.size
  const errors = await tree.validate(wrong)
  t.like(errors[0], { tag: 'unknown-element', path: '/workshop:box/only-a' })
  t.is(wrong.size, size)
  using back = await wrong.reversed()
  await tree.apply(back)
  t.deepEqual(await whole(tree), before)
})

const invalid: readonly [string, string, object][] = [
  [
    'must',
    '<box><limit>3</limit><checked>x</checked></box>',
    {
      tag: 'operation-failed',
      appTag: 'low',
      message: 'the limit is too low',
      path: '/workshop:box/checked',
    },
  ],
  [
    'a reference to nothing',
    '<item><name>a</name><ref>nobody</ref></item>',
    { tag: 'data-missing', appTag: 'instance-required', path: "/workshop:item[name='a']/ref" },
  ],
  [
    'unique',
    '<item><name>a</name><serial>1</serial></item><item><name>b</name><serial>1</serial></item>',
    { tag: 'operation-failed', appTag: 'data-not-unique' },
  ],
  ['a mandatory leaf', '<need/>', { tag: 'data-missing', path: '/workshop:need/must' }],
  [
    'a mandatory choice',
    '<need><must>1</must></need>',
    {
      tag: 'data-missing',
      appTag: 'missing-choice',
      path: '/workshop:need',
      info: { 'missing-choice': 'which' },
    },
  ],
  [
    'too few entries',
    '<need><must>1</must><m1>1</m1></need>',
    { tag: 'operation-failed', appTag: 'too-few-elements', path: '/workshop:need/few' },
  ],
  [
    'too many entries',
    '<need><must>1</must><m1>1</m1><few><k>1</k></few><few><k>2</k></few><few><k>3</k></few></need>',
    { tag: 'operation-failed', appTag: 'too-many-elements' },
  ],
]

for (const [what, xml, error] of invalid) {
  test(`${what}: the error says what and where, and the tree and the journal stay as they were`, async (t) => {
    using context = await workshop()
    using tree = context.tree()
    using journal = await done(context, tree, xml)
    const before = await whole(tree)
    const size = journal.size
    const errors = await tree.validate(journal)
    t.like(errors[0], error)
    t.is(journal.size, size)
    t.deepEqual(await whole(tree), before)
  })
}
