import test from 'ava'
import type { YangError } from '../src/index.js'
import { done, edit, whole, workshop } from './editing.js'

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

const ws = '/workshop:'

const invalid: readonly [string, string, readonly YangError[]][] = [
  [
    'must',
    '<box><limit>3</limit><checked>x</checked></box>',
    [
      {
        type: 'application',
        tag: 'operation-failed',
        appTag: 'low',
        message: 'the limit is too low',
        path: '/workshop:box/checked',
      },
    ],
  ],
  [
    'a reference to nothing',
    '<item><name>a</name><ref>nobody</ref></item>',
    [
      {
        type: 'application',
        tag: 'data-missing',
        appTag: 'instance-required',
        message:
          'there is no /workshop:item/name with the value "nobody", and "ref" must refer to one that is there',
        path: "/workshop:item[name='a']/ref",
      },
    ],
  ],
  [
    'unique',
    '<item><name>b</name><serial>1</serial></item><item><name>a</name><serial>1</serial></item>',
    [
      {
        type: 'application',
        tag: 'operation-failed',
        appTag: 'data-not-unique',
        message: `"serial" must be unique: workshop:item[name='a'] and workshop:item[name='b'] have "1"`,
        path: "/workshop:item[name='a']",
        info: {
          'non-unique': ["/workshop:item[name='a']/serial", "/workshop:item[name='b']/serial"],
        },
      },
    ],
  ],
  [
    'all that is missing or too much',
    '<need><few><k>1</k></few><few><k>2</k></few><few><k>3</k></few></need>',
    [
      {
        type: 'application',
        tag: 'data-missing',
        message: '"must" is mandatory in "need"',
        path: '/workshop:need/must',
        info: { 'bad-element': 'must' },
      },
      {
        type: 'application',
        tag: 'data-missing',
        appTag: 'missing-choice',
        message: 'the choice "which" in "need" needs one of its cases: "m1", "m2"',
        path: '/workshop:need',
        info: { 'missing-choice': 'which' },
      },
      {
        type: 'application',
        tag: 'operation-failed',
        appTag: 'too-many-elements',
        message: '"few" takes at most 2, there are 3',
        path: '/workshop:need/few',
      },
    ],
  ],
  [
    'too few entries',
    '<need><must>1</must><m1>1</m1></need>',
    [
      {
        type: 'application',
        tag: 'operation-failed',
        appTag: 'too-few-elements',
        message: '"few" needs at least 1, there are 0',
        path: '/workshop:need/few',
      },
    ],
  ],
  [
    'a node whose condition is false, and one that is fine',
    '<mode>b</mode><box><only-a>go</only-a><only-b><x>1</x></only-b></box>',
    [
      {
        type: 'application',
        tag: 'unknown-element',
        message: '"only-a" cannot exist: when condition "../../mode = \'a\'" is not satisfied',
        path: '/workshop:box/only-a',
        info: { 'bad-element': 'only-a' },
      },
    ],
  ],
]

for (const [what, xml, expected] of invalid) {
  test(`${what}: the errors say what and where, and the tree and the journals stay as they were`, async (t) => {
    using context = await workshop()
    using tree = context.tree()
    using first = context.journal()
    t.deepEqual(await tree.validate(first), [])
    using journal = await done(context, tree, xml)
    const before = await whole(tree)
    const size = journal.size
    using derived = context.journal()
    t.deepEqual(await tree.validate(derived, { journal, from: 0 }), expected)
    t.is(derived.size, 0)
    t.deepEqual(await tree.validate(journal), expected)
    t.is(journal.size, size)
    t.deepEqual(await whole(tree), before)
  })
}

test('the target of references cannot go while they stay: the first are named, the others counted', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  const items = Array.from({ length: 30 }, (_, i) => `<item><name>${i + 10}</name><ref>x</ref></item>`)
  using journal = await done(context, tree, `<item><name>x</name></item>${items.join('')}`)
  t.deepEqual(await tree.validate(journal), [])
  using gone = await done(context, tree, '<item op="delete"><name>x</name></item>')
  using derived = context.journal()
  const errors = await tree.validate(derived, { journal: gone, from: 0 })
  t.is(errors.length, 21)
  t.true(errors.every(({ tag, appTag }) => tag === 'data-missing' && appTag === 'instance-required'))
  t.is(new Set(errors.map(({ path }) => path)).size, 21)
  t.regex(
    errors[20]?.message ?? '',
    /^and 10 more like this: there is no \/workshop:item\/name with the value "x"/,
  )
  t.is(errors[20]?.path, `${ws}item/ref`)
})

test('what a later change mends is no error: changes of several journals are judged together', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  using first = context.journal()
  t.deepEqual(await tree.validate(first), [])
  using one = await done(context, tree, '<item><name>a</name><ref>b</ref></item>')
  using two = await done(context, tree, '<item><name>b</name></item>')
  using derived = context.journal()
  t.deepEqual(await tree.validate(derived, { journal: one, from: 0 }, { journal: two, from: 0 }), [])
  await t.throwsAsync(tree.validate(one, { journal: one, from: 0 }), { message: /journal of its own/ })
})

test('what is settled is checked whole without a change to it', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  using journal = await done(context, tree, '<mode>a</mode><box><only-a>go</only-a></box>')
  t.deepEqual(await tree.validate(journal), [])
  t.deepEqual(await tree.check(), [])
  using wrong = await done(
    context,
    tree,
    '<mode>b</mode><box><limit>3</limit><checked>x</checked></box><item><name>a</name><ref>b</ref></item>',
  )
  const before = await whole(tree)
  t.deepEqual(
    (await tree.check()).map(({ tag, path }) => [tag, path]),
    [
      ['unknown-element', '/workshop:box/only-a'],
      ['operation-failed', '/workshop:box/checked'],
      ['data-missing', "/workshop:item[name='a']/ref"],
    ],
  )
  t.deepEqual(await whole(tree), before)
  t.true(wrong.size > 0)
})

test("libyang's verdict is to be had, on a copy", async (t) => {
  using context = await workshop()
  using tree = context.tree()
  using journal = await done(context, tree, '<item><name>a</name><ref>b</ref></item>')
  const before = await whole(tree)
  t.is((await tree.validateByLibyang())[0]?.path, "/workshop:item[name='a']/ref")
  t.deepEqual(await whole(tree), before)
  using more = await done(context, tree, '<item><name>b</name></item>')
  t.true(journal.size > 0 && more.size > 0)
  t.deepEqual(await tree.validateByLibyang(), [])
})

test('a value that does not fit is told with what would', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  const { errors } = await edit(context, tree, '<mode>d</mode>')
  t.is(errors[0]?.message, '"d" is unknown: "mode" takes a, b, c')
  const range = await edit(context, tree, '<box><limit>2000</limit></box>')
  t.is(range.errors[0]?.message, '"2000" is out of range: "limit" takes 0..1000')
})
