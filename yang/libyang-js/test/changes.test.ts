import test from 'ava'
import type { EntryBatch, ListQuery, Tree, Journal } from '../src/index.js'
import { done, workshop } from './editing.js'
import { routes, routing } from './helpers.js'

async function rows(
  batches: AsyncIterable<EntryBatch>,
  columns: number,
): Promise<readonly (string | number | undefined)[][]> {
  const all: (string | number | undefined)[][] = []
  for await (const batch of batches) {
    for (let row = 0; row < batch.rows; row++) {
      all.push([batch.ops[row], ...Array.from({ length: columns }, (_, column) => batch.text(column, row))])
    }
  }
  return all
}

const parts: ListQuery = {
  list: '/workshop:item/part',
  columns: ['../name', 'id', 'workshop:kind', 'v', 'dv', '../in/b'],
}
const seen = (tree: Tree, journal: Journal): ReturnType<typeof rows> => rows(tree.changes(journal, parts), 6)
const part = (id: number, inner = '', op = ''): string =>
  `<part${op}><id>${id}</id><kind>w:nut</kind>${inner}</part>`

test('entries of a nested list, with keys around it and leaves beside it', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  await done(
    context,
    tree,
    `<item><name>a</name>${part(1, '<v>x</v>')}${part(2)}</item><item><name>b</name></item>` +
      `<item><name>c</name><in><b>bb</b></in>${part(1)}</item>`,
  )
  t.deepEqual(await rows(tree.entries(parts), 6), [
    [0, 'a', '1', 'workshop:nut', 'x', 'dd', undefined],
    [0, 'a', '2', 'workshop:nut', undefined, 'dd', undefined],
    [0, 'c', '1', 'workshop:nut', undefined, 'dd', 'bb'],
  ])
  const query: ListQuery = {
    list: '/workshop:item',
    columns: ['name'],
    children: [{ list: 'part', columns: ['id'] }],
  }
  for await (const batch of tree.entries(query)) {
    t.deepEqual([...(batch.children[0]?.starts ?? [])], [0, 2, 2, 3])
  }
})

test('a journal touches each entry once: created, changed or deleted, also with what is around it', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  using made = await done(context, tree, `<item><name>a</name>${part(1)}${part(2)}${part(3)}</item>`)
  t.is((await seen(tree, made)).length, 3)
  using changed = await done(
    context,
    tree,
    `<item><name>a</name>${part(1, '<v>x</v>')}${part(2, '', ' op="delete"')}${part(4)}</item>`,
  )
  using more = await done(context, tree, `<item><name>a</name>${part(1, '<v>y</v>')}</item>`)
  changed.append(more)
  t.deepEqual(await seen(tree, changed), [
    [1, 'a', '1', 'workshop:nut', 'y', 'dd', undefined],
    [2, 'a', '2', 'workshop:nut', undefined, undefined, undefined],
    [0, 'a', '4', 'workshop:nut', undefined, 'dd', undefined],
  ])
  using gone = await done(context, tree, '<item op="delete"><name>a</name></item>')
  t.deepEqual(
    (await seen(tree, gone)).map(([op, name, id]) => [op, name, id]),
    [
      [2, 'a', '1'],
      [2, 'a', '3'],
      [2, 'a', '4'],
    ],
  )
  made.append(changed)
  made.append(gone)
  t.deepEqual(await seen(tree, made), [])
})

test('a query that does not fit the schema says what does not', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  const asked = (query: ListQuery): Promise<unknown> => rows(tree.entries(query), 0)
  await t.throwsAsync(asked({ list: '/workshop:box', columns: [] }), { message: /not a list/ })
  await t.throwsAsync(asked({ list: '/workshop:item', columns: ['nope'] }), { message: /no leaf nope/ })
  await t.throwsAsync(asked({ list: '/workshop:item', columns: ['in'] }), { message: /not a leaf/ })
  await t.throwsAsync(asked({ list: '/nothing:item', columns: [] }), { message: /nothing:item/ })
})

test('module names in columns are wanted only where two modules have the name', async (t) => {
  using context = await routing()
  using tree = await context.parse(routes(5000), 'xml')
  const list =
    '/ietf-routing:routing/control-plane-protocols/control-plane-protocol/static-routes/ietf-ipv4-unicast-routing:ipv4/route'
  const columns = ['destination-prefix', 'next-hop/next-hop-address', '../../../name']
  const all = await rows(tree.entries({ list, columns }), 3)
  t.is(all.length, 5000)
  t.deepEqual(all[4999], [0, '10.0.19.135/32', '192.0.2.249', 'st0'])
  const batches = []
  for await (const batch of tree.entries({ list, columns })) batches.push(batch.rows)
  t.deepEqual(batches, [4096, 904])
})
