import test from 'ava'
import { EntryOp, LibyangError } from '../src/index.js'
import type { EntryBatch, Fragment, Journal, Tree } from '../src/index.js'
import { bakery, netconf, shop, text } from './helpers.js'

const b = 'urn:libyang-js:bakery'
const bread = (name: string, weight: number, more = '') =>
  `<bread><name>${name}</name><weight>${weight}</weight>${more}</bread>`

test('an edit gives a journal that makes another tree the same, and its reverse that undoes it', async (t) => {
  using context = await bakery()
  using candidate = context.tree()
  using running = context.tree()
  using config = context.fragment(
    `<shop xmlns="${b}"><name>x</name>${bread('rye', 500)}${bread('bun', 80)}</shop>`,
  )
  const { journal, errors } = await candidate.edit(config, {
    defaultOperation: 'merge',
    errorOption: 'rollback-on-error',
  })
  using changes = journal
  t.deepEqual(errors, [])
  t.true(changes.explicit > 0 && changes.size >= changes.explicit && changes.byteLength > 0)
  t.true(changes.touches('/bakery:shop/bread'))
  t.false(changes.touches('/bakery:ovens'))
  await running.apply(changes)
  const wanted = await text(candidate, { format: 'xml' })
  t.is(await text(running, { format: 'xml' }), wanted)
  t.regex((await changes.describe(100)).join('\n'), /^\+ \/bakery:shop/)

  using decoded = await context.decodeJournal(await changes.encode(64))
  using third = context.tree()
  await third.apply(decoded)
  t.is(await text(third, { format: 'xml' }), wanted)
  await t.throwsAsync(context.decodeJournal([Buffer.from('no journal')]), { instanceOf: LibyangError })

  using undo = await changes.reversed()
  await running.apply(undo)
  t.is(await text(running, { format: 'xml' }), '')
})

test('an edit with errors tells them all, and rolled back it leaves nothing', async (t) => {
  using context = await bakery()
  using tree = context.tree()
  using config = context.fragment(`<shop xmlns="${b}"><name>x</name><cake/></shop>`)
  const { journal, errors } = await tree.edit(config, {
    defaultOperation: 'merge',
    errorOption: 'rollback-on-error',
  })
  using changes = journal
  t.like(errors[0], { tag: 'unknown-element', info: { 'bad-element': 'cake' } })
  t.is(changes.size, 0)
  t.is(await text(tree, { format: 'xml' }), '')
})

test('set and remove write their changes into the journal that they are given', async (t) => {
  using context = await bakery()
  using tree = context.tree()
  using journal = context.journal()
  await tree.set('/bakery:shop/name', 'one', journal)
  await tree.set('/bakery:shop/name', 'two', journal)
  await tree.set('/bakery:shop/terrace', undefined, journal, true)
  t.is(await tree.value('/bakery:shop/name'), 'two')
  t.true(journal.size > journal.explicit)
  await journal.net()
  t.is(await tree.remove('/bakery:shop/name', journal), 1)
  t.is(await tree.remove('/bakery:shop/name', journal), 0)
  t.is(await tree.value('/bakery:shop/name'), undefined)
  const before = journal.size
  const error = await t.throwsAsync(tree.set('/bakery:shop/big', 'ten', journal), {
    instanceOf: LibyangError,
  })
  t.like(error.errors[0], { tag: 'invalid-value', path: '/bakery:shop/big' })
  t.is(journal.size, before)
})

test('validation tells what is wrong, and changes nothing then', async (t) => {
  using context = await bakery()
  using tree = context.tree()
  using journal = context.journal()
  await tree.set("/bakery:shop/bread[name='rye'][weight='1']/recipe", 'r1', journal)
  using found = context.journal()
  const errors = await tree.validate(found)
  t.like(errors[0], {
    appTag: 'instance-required',
    path: "/bakery:shop/bread[name='rye'][weight='1']/recipe",
  })
  t.is(found.size, 0)
  await tree.set("/bakery:shop/recipe[id='r1']", undefined, journal)
  t.deepEqual(await tree.validate(found), [])
})

function rows(batch: EntryBatch): (string | undefined)[][] {
  return Array.from({ length: batch.rows }, (_, row) =>
    batch.columns.map((_, column) => batch.text(column, row)),
  )
}

async function all(
  batches: AsyncIterable<EntryBatch>,
): Promise<{ ops: number[]; cells: (string | undefined)[][] }> {
  const result: { ops: number[]; cells: (string | undefined)[][] } = { ops: [], cells: [] }
  for await (const batch of batches) {
    result.ops.push(...batch.ops)
    result.cells.push(...rows(batch))
  }
  return result
}

test('entries and changes give lists column by column', async (t) => {
  using context = await bakery()
  using tree = await context.parse(shop, 'xml')
  const query = { list: '/bakery:shop/bread', columns: ['name', 'weight', 'grain'] }
  const entries = await all(tree.entries(query))
  t.deepEqual(entries.ops, [EntryOp.created, EntryOp.created])
  t.deepEqual(entries.cells, [
    ['rye', '500', 'bakery:rye'],
    ['bun', '80', undefined],
  ])
  using journal = context.journal()
  await tree.set("/bakery:shop/bread[name='bun'][weight='80']/grain", 'bakery:rye', journal)
  await tree.set("/bakery:shop/bread[name='pie'][weight='9']", undefined, journal)
  await tree.remove("/bakery:shop/bread[name='rye'][weight='500']", journal)
  const changes = await all(tree.changes(journal, query))
  const byName = new Map(changes.cells.map((cells, row) => [cells[0], { op: changes.ops[row], cells }]))
  t.is(byName.get('bun')?.op, EntryOp.changed)
  t.is(byName.get('bun')?.cells[2], 'bakery:rye')
  t.is(byName.get('pie')?.op, EntryOp.created)
  t.deepEqual(byName.get('rye'), { op: EntryOp.deleted, cells: ['rye', '500', undefined] })
  await t.throwsAsync(all(tree.entries({ list: '/bakery:shop/nothing', columns: [] })), {
    instanceOf: LibyangError,
  })
})

test('big lists come in several batches, and the iteration can be broken off', async (t) => {
  using context = await bakery()
  const list = Array.from({ length: 10_000 }, (_, i) => bread(`b${i}`, 1))
  using tree = await context.parse(`<shop xmlns="${b}">${list.join('')}</shop>`, 'xml')
  const query = { list: '/bakery:shop/bread', columns: ['name'] }
  const entries = await all(tree.entries(query))
  t.is(entries.cells.length, 10_000)
  t.is(entries.cells[9999]?.[0], 'b9999')
  let batches = 0
  for await (const batch of tree.entries(query)) {
    batches++
    t.true(batch.rows <= 4096)
    break
  }
  t.is(batches, 1)
  using journal = context.journal()
  await tree.set('/bakery:shop/name', 'free again', journal)
  t.is(await tree.value('/bakery:shop/name'), 'free again')
})

test('handles of something else, or disposed, are refused by name', async (t) => {
  using context = await netconf()
  using tree = context.tree()
  const journal = context.journal()
  const config = context.fragment('<a/>')
  const options = { defaultOperation: 'merge', errorOption: 'stop-on-error' } as const
  await t.throwsAsync(tree.set('/bakery:shop/name', 'x', {} as Journal), {
    instanceOf: TypeError,
    message: /Journal/,
  })
  await t.throwsAsync(tree.edit(tree as unknown as Fragment, options), {
    instanceOf: TypeError,
    message: /Fragment/,
  })
  journal[Symbol.dispose]()
  config[Symbol.dispose]()
  await t.throwsAsync(tree.validate(journal), { message: /journal is disposed/ })
  await t.throwsAsync(tree.edit(config, options), { message: /fragment is disposed/ })
  t.throws(() => journal.size, { message: /journal is disposed/ })
  t.throws(() => context.xpathFilter('/bakery:shop['), { instanceOf: LibyangError })
  t.throws(() => context.subtreeFilter('<a'), { instanceOf: LibyangError })
  const disposed: Tree = context.tree()
  disposed[Symbol.dispose]()
  await t.throwsAsync(text(disposed, { format: 'xml' }), { message: /tree is disposed/ })
})

test('trees and journals of one context are not for another', async (t) => {
  using one = await bakery()
  using other = await bakery()
  using tree = one.tree()
  using journal = other.journal()
  await t.throwsAsync(tree.set('/bakery:shop/name', 'x', journal), { message: /another context/ })
  await t.throwsAsync(tree.apply(journal), { message: /another context/ })
  using fragment = other.fragment(`<shop xmlns="${b}"><name>x</name></shop>`)
  const { journal: made, errors } = await tree.edit(fragment, {
    defaultOperation: 'merge',
    errorOption: 'stop-on-error',
  })
  made[Symbol.dispose]()
  t.deepEqual(errors, [], 'bytes are of no context')
  using filter = other.xpathFilter('/bakery:shop')
  await t.throwsAsync(text(tree, { format: 'xml', filter }), { message: /another context/ })
})
