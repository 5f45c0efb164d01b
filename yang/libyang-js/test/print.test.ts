import test from 'ava'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DataFormat } from '../src/index.js'
import { bakery, ietf, modules, routes, routing, shop, text } from './helpers.js'

/** What libyang's own tool prints for data, whoever wrote the data. */
function yanglint(data: string, from: DataFormat, to: DataFormat): string {
  const folder = mkdtempSync(join(tmpdir(), 'libyang-js-'))
  try {
    const file = join(folder, `data.${from}`)
    writeFileSync(file, data)
    const paths = [modules, ...ietf].flatMap((path) => ['-p', path])
    const schema = ['bakery.yang', 'bakery-plus@2025-05-05.yang'].map((name) => join(modules, name))
    return execFileSync('yanglint', [...paths, '-f', to, ...schema, file], { encoding: 'utf8', cwd: folder })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const loaded = shop.replace(
  '<recipe>',
  '<bread><name>pie</name><weight>1</weight><recipe>r1</recipe></bread><recipe>',
)

test('XML of every kind of node says to yanglint what the data said', async (t) => {
  using context = await bakery()
  using tree = await context.parse(loaded, 'xml')
  const printed = await text(tree, { format: 'xml' })
  t.is(yanglint(printed, 'xml', 'xml'), yanglint(loaded, 'xml', 'xml'))
  t.is(yanglint(printed, 'xml', 'json'), yanglint(loaded, 'xml', 'json'))
  using again = await context.parse(printed, 'xml')
  t.is(await text(again, { format: 'xml' }), printed)
})

test('JSON of every kind of node is what yanglint prints', async (t) => {
  using context = await bakery()
  const plain = loaded.replace(/<extra>.*<\/page>/, '')
  using tree = await context.parse(plain, 'xml')
  const printed = await text(tree, { format: 'json' })
  t.deepEqual(JSON.parse(printed), JSON.parse(yanglint(plain, 'xml', 'json')))
  using again = await context.parse(printed, 'json')
  t.is(await text(again, { format: 'xml' }), await text(tree, { format: 'xml' }))
})

test('names in values get the prefix of their module, declared where they stand', async (t) => {
  using context = await bakery()
  using tree = await context.parse(loaded, 'xml')
  const printed = await text(tree, { format: 'xml' })
  t.true(printed.includes('<grain xmlns:p="urn:libyang-js:bakery-plus">p:spelt</grain>'))
  t.true(
    printed.includes(
      `<favourite xmlns:b="urn:libyang-js:bakery">/b:shop/b:bread[b:name='rye'][b:weight='500']/b:grain</favourite>`,
    ),
  )
  t.true(printed.includes('<contact xmlns:p="urn:libyang-js:bakery-plus">p:spelt</contact>'))
  t.true(
    printed.includes(
      '<cellar xmlns="urn:libyang-js:bakery-plus"><depth>3</depth><grain xmlns:b="urn:libyang-js:bakery">b:rye</grain></cellar>',
    ),
  )
  t.true(printed.includes('<extra><a xmlns="urn:a"><b>x&amp;y</b></a></extra>'))
})

test('annotations are printed with what they are of', async (t) => {
  using context = await bakery()
  const names = 'xmlns:p="urn:libyang-js:bakery-plus" xmlns:b="urn:libyang-js:bakery"'
  const data =
    `<shop xmlns="urn:libyang-js:bakery" ${names} p:seen="1"><name p:by="b:rye">x</name><terrace p:seen="2"/>` +
    '<tag>a</tag><tag p:seen="3" p:by="p:spelt">b</tag><bread p:seen="4"><name>c</name><weight>1</weight></bread></shop>'
  using tree = await context.parse(data, 'xml')
  const xml = await text(tree, { format: 'xml' })
  t.is(yanglint(xml, 'xml', 'json'), yanglint(data, 'xml', 'json'))
  const json = await text(tree, { format: 'json' })
  t.deepEqual(JSON.parse(json), JSON.parse(yanglint(data, 'xml', 'json')))
  using again = await context.parse(json, 'json')
  t.is(await text(again, { format: 'xml' }), xml)
})

test('a value that was set to its default is printed, defaults that nobody set are not', async (t) => {
  using context = await bakery()
  using tree = await context.parse(
    '<shop xmlns="urn:libyang-js:bakery"><note>none</note><hours/></shop>',
    'xml',
  )
  t.is(await text(tree, { format: 'xml' }), '<shop xmlns="urn:libyang-js:bakery"><note>none</note></shop>')
  t.is(await text(tree, { format: 'json' }), '{"bakery:shop":{"note":"none"}}')
})

test('configOnly leaves state out', async (t) => {
  using context = await bakery()
  using tree = await context.parse(loaded, 'xml')
  t.regex(await text(tree, { format: 'xml' }), /<today>/)
  t.notRegex(await text(tree, { format: 'xml', configOnly: true }), /<today>|<sold>/)
  t.notRegex(await text(tree, { format: 'json', configOnly: true }), /today|sold/)
})

test('a filter picks nodes, and keys come with their entry', async (t) => {
  using context = await bakery()
  using tree = await context.parse(loaded, 'xml')
  using byXpath = context.xpathFilter('/b:shop/b:bread[b:weight > 100]/b:grain', {
    b: 'urn:libyang-js:bakery',
  })
  const rye =
    '<shop xmlns="urn:libyang-js:bakery"><bread><name>rye</name><weight>500</weight><grain>b:rye</grain></bread></shop>'
  t.is(
    (await text(tree, { format: 'xml', filter: byXpath })).replace(' xmlns:b="urn:libyang-js:bakery"', ''),
    rye,
  )
  t.deepEqual(JSON.parse(await text(tree, { format: 'json', filter: byXpath })), {
    'bakery:shop': { bread: [{ name: 'rye', weight: 500, grain: 'bakery:rye' }] },
  })
  using bySubtree = context.subtreeFilter('<ovens xmlns="urn:libyang-js:bakery"/>')
  t.is(bySubtree.kind, 'subtree')
  t.is(
    await text(tree, { format: 'xml', filter: bySubtree }),
    '<ovens xmlns="urn:libyang-js:bakery"><count>2</count></ovens>',
  )
  t.is(await text(tree, { format: 'json', filter: bySubtree }), '{"bakery:ovens":{"count":2}}')
  using nothing = context.xpathFilter("/b:shop/b:bread[b:name='none']", { b: 'urn:libyang-js:bakery' })
  t.is(await text(tree, { format: 'xml', filter: nothing }), '')
  t.is(await text(tree, { format: 'json', filter: nothing }), '{}')
})

test('past its budget a filter is refused', async (t) => {
  using context = await bakery()
  using tree = await context.parse(loaded, 'xml')
  using filter = context.xpathFilter('//*[count(//*) > count(//*[. = 1])]')
  const error = await t.throwsAsync(
    text(tree, { format: 'xml', filter, budget: { deadline: 5000, nodes: 100 } }),
  )
  t.like(error, { errors: [{ tag: 'resource-denied' }] })
  t.is(await tree.value('/bakery:ovens/count'), '2', 'the tree is free again')
})

test('slices are of the size asked for, and joined they are the whole', async (t) => {
  using context = await routing()
  using tree = await context.parse(routes(3000), 'xml')
  const whole = await text(tree, { format: 'xml', sliceBytes: 1 << 30 })
  for (const sliceBytes of [1, 1000, 65536]) {
    const slices: Buffer[] = []
    for await (const slice of tree.print({ format: 'xml', sliceBytes })) slices.push(slice)
    t.is(Buffer.concat(slices).toString(), whole)
    for (const slice of slices.slice(0, -1))
      t.true(slice.length >= sliceBytes && slice.length < sliceBytes + 1000)
  }
  t.is(await text(tree, { format: 'xml', sliceBytes: 7 }), whole)
})

test('an iteration over entries holds the tree for reading until it is returned', async (t) => {
  using context = await routing()
  using tree = await context.parse(routes(10_000), 'xml')
  using journal = context.journal()
  const list =
    '/ietf-routing:routing/control-plane-protocols/control-plane-protocol/static-routes/ietf-ipv4-unicast-routing:ipv4/route'
  const entries = tree.entries({ list, columns: ['destination-prefix'] })
  await entries.next()
  t.is((await tree.find('/ietf-routing:routing')).length, 1, 'others can read')
  let written = false
  const path = "/ietf-interfaces:interfaces/interface[name='e0']/description"
  const write = tree.set(path, '192.0.2.1', journal).then(() => (written = true))
  await new Promise((resolve) => setImmediate(resolve))
  await entries.next()
  t.false(written)
  await entries.return?.()
  await write
  t.is(await tree.value(path), '192.0.2.1')
})

test('calls are served in the order in which they were made', async (t) => {
  using context = await routing()
  using tree = context.tree()
  using journal = context.journal()
  const path = "/ietf-interfaces:interfaces/interface[name='e0']/description"
  const seen: unknown[] = []
  for (let i = 1; i <= 20; i++) {
    void tree.set(path, `192.0.2.${i}`, journal)
    seen.push(tree.value(path))
  }
  t.deepEqual(
    await Promise.all(seen),
    Array.from({ length: 20 }, (_, i) => `192.0.2.${i + 1}`),
  )
})

test('disposing a tree under a print lets the print end', async (t) => {
  using context = await routing()
  const tree = await context.parse(routes(1000), 'xml')
  const whole = await text(tree, { format: 'xml' })
  const slices: Buffer[] = []
  for await (const slice of tree.print({ format: 'xml', sliceBytes: 4096 })) {
    slices.push(slice)
    tree[Symbol.dispose]()
  }
  t.is(Buffer.concat(slices).toString(), whole)
})

test('a copy shares nothing', async (t) => {
  using context = await bakery()
  using tree = await context.parse(loaded, 'xml')
  using copy = await tree.copy()
  using journal = context.journal()
  const before = await text(tree, { format: 'xml' })
  await copy.set('/bakery:shop/name', 'other', journal)
  t.is(await text(tree, { format: 'xml' }), before)
  t.is(await copy.value('/bakery:shop/name'), 'other')
  using empty = context.tree()
  using copied = await empty.copy()
  t.is(await text(copied, { format: 'xml' }), '')
})
