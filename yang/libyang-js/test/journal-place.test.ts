/** Keys of any value in the text of journals and snapshots: none ends its line, or means another place. */
import test from 'ava'
import { done, workshop } from './editing.js'
import { text } from './helpers.js'

/** The last is written to be read as statements of its own. */
const names = [
  `a'b"c]/[.`,
  'two\nlines',
  'back\\slash "and quotes"',
  '{"name":"x"}',
  `]'/"[{`,
  `x"]\n+{"workshop:size":66}\n@/workshop:box\n+{"workshop:plain":"written by nobody"}\n@/workshop:item[name="y`,
]
const escaped = (name: string) => name.replace(/"/g, '&quot;').replace(/\n/g, '&#10;')
const items = (content: (name: string) => string) =>
  names.map((name) => `<item><name>${escaped(name)}</name>${content(name)}</item>`).join('')

test('a change inside of an entry is read where it was made, whatever the keys hold', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  using other = context.tree()
  const edits = [
    items(() => ''),
    items(() => '<size>7</size><step><n>1</n></step>'),
    items((name) => `<step><n>1</n><t>${escaped(name)}</t></step>`),
    items(() => '<step op="delete"><n>1</n></step>'),
  ]
  for (const xml of edits) {
    using journal = await done(context, tree, xml)
    for (const chunkBytes of [1, 1 << 20]) {
      using read = await context.decodeJournal(await journal.encode(chunkBytes))
      t.deepEqual(await read.describe(100), await journal.describe(100))
    }
    using read = await context.decodeJournal(await journal.encode(1))
    await other.apply(read)
    t.is(await text(other, { format: 'json' }), await text(tree, { format: 'json' }))
  }
})

test('a snapshot in pieces smaller than its entries is the tree again, whatever the keys hold', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  const steps = Array.from({ length: 100 }, (_, i) => `<step><n>${i}</n><t>text</t></step>`).join('')
  using _journal = await done(
    context,
    tree,
    items(() => steps),
  )
  using back = context.tree()
  for await (const chunk of tree.snapshot(1)) await back.load(chunk)
  t.is(await text(back, { format: 'json' }), await text(tree, { format: 'json' }))
})

test('places with XPath literals, as older journals have them, are read as before', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  using _item = await done(context, tree, `<item><name>a"b</name></item><item><name>a'b</name></item>`)
  const lines = [
    'libyang-js journal 1',
    `@/workshop:item[name='a"b']`,
    '+{"workshop:size":1}',
    `@/workshop:item[name="a'b"]`,
    '+{"workshop:size":2}',
    '@/workshop:box/sub',
    '+{"workshop:note":"n"}',
    '',
  ].join('\n')
  using journal = await context.decodeJournal([Buffer.from(lines)])
  await tree.apply(journal)
  t.is(await tree.value(`/workshop:item[name='a"b']/size`), '1')
  t.is(await tree.value(`/workshop:item[name="a'b"]/size`), '2')
  t.is(await tree.value('/workshop:box/sub/note'), 'n')
})

test('a place that is none is refused with what it says', async (t) => {
  using context = await workshop()
  const read = (place: string) =>
    context.decodeJournal([Buffer.from(`libyang-js journal 1\n@${place}\n+{"workshop:size":1}\n`)])
  for (const place of [
    '/workshop:nothing',
    '/workshop:item',
    '/workshop:item{"name":"a"',
    '/workshop:item{"name":"a","size":1}{}',
    '/workshop:item{"title":"a"}',
    '/workshop:box{"name":"a"}',
    '/workshop:mode',
    '/nobody:item{"name":"a"}',
    'workshop:box',
    '/workshop:item{}',
  ])
    await t.throwsAsync(read(place), { name: 'LibyangError', message: /no such place in the schema/ }, place)
})
