import test from 'ava'
import { LibyangError } from '../src/index.js'
import type { DataFormat, YangError } from '../src/index.js'
import { bakery, shop, text } from './helpers.js'

const b = 'urn:libyang-js:bakery'
const inShop = (xml: string) => `<shop xmlns="${b}">${xml}</shop>`

const bad: [string, DataFormat, string, Partial<YangError>][] = [
  ['XML that ends early', 'xml', '<shop', { type: 'rpc', tag: 'malformed-message' }],
  [
    'XML with tags that do not match',
    'xml',
    `<shop xmlns="${b}"><name></shop>`,
    { type: 'rpc', tag: 'malformed-message' },
  ],
  ['JSON that ends early', 'json', '{"bakery:shop":', { type: 'rpc', tag: 'malformed-message' }],
  ['a zero byte', 'xml', '<shop/>\0', { type: 'rpc', tag: 'malformed-message' }],
  [
    'an unknown namespace',
    'xml',
    '<shop xmlns="urn:none"/>',
    { tag: 'unknown-namespace', info: { 'bad-element': 'shop', 'bad-namespace': 'urn:none' } },
  ],
  [
    'no namespace',
    'xml',
    '<shop/>',
    { tag: 'unknown-namespace', info: { 'bad-element': 'shop', 'bad-namespace': '' } },
  ],
  [
    'an unknown leaf',
    'xml',
    inShop('<cake/>'),
    { tag: 'unknown-element', path: '/bakery:shop', info: { 'bad-element': 'cake' } },
  ],
  [
    'an unknown leaf in JSON',
    'json',
    '{"bakery:shop":{"cake":1}}',
    { tag: 'unknown-element', path: '/bakery:shop', info: { 'bad-element': 'cake' } },
  ],
  [
    'an unknown top-level node',
    'xml',
    `<mill xmlns="${b}"/>`,
    { tag: 'unknown-element', info: { 'bad-element': 'mill' } },
  ],
  [
    'a value of the wrong type',
    'xml',
    inShop('<big>ten</big>'),
    { tag: 'invalid-value', path: '/bakery:shop/big' },
  ],
  [
    'a value out of range',
    'xml',
    inShop('<terrace><seats>81</seats></terrace>'),
    { tag: 'invalid-value', path: '/bakery:shop/terrace/seats' },
  ],
  [
    'a wrong value in a list entry',
    'xml',
    inShop('<bread><name>x/"y</name><weight>5</weight><crust><thick>very</thick></crust></bread>'),
    { tag: 'invalid-value', path: `/bakery:shop/bread[name='x/"y'][weight='5']/crust/thick` },
  ],
  [
    'an identity that is none',
    'xml',
    inShop('<grain>sand</grain>'),
    { tag: 'invalid-value', path: '/bakery:shop/grain' },
  ],
  [
    'a missing key',
    'xml',
    inShop('<bread><name>rye</name></bread>'),
    { tag: 'missing-element', path: "/bakery:shop/bread[name='rye']", info: { 'bad-element': 'weight' } },
  ],
  ['text among elements', 'xml', inShop('text'), { tag: 'bad-element', info: { 'bad-element': 'shop' } }],
  [
    'an attribute that is no annotation',
    'xml',
    `<shop xmlns="${b}" colour="red"/>`,
    { tag: 'unknown-attribute' },
  ],
]
for (const [title, format, data, expected] of bad) {
  test(`parse refuses ${title}`, async (t) => {
    using context = await bakery()
    const error = await t.throwsAsync(context.parse(data, format), { instanceOf: LibyangError })
    const first = error.errors[0]
    t.like(first, expected as Record<string, unknown>, JSON.stringify(error.errors))
    t.true((first?.message.length ?? 0) > 10)
    t.is(context.alive.trees, 0)
  })
}

test('references, mandatory nodes and conditions are not looked at', async (t) => {
  using context = await bakery()
  using tree = await context.parse(
    inShop('<bread><name>a</name><weight>1</weight><recipe>nowhere</recipe></bread>'),
    'xml',
  )
  t.is(await tree.value("/bakery:shop/bread[name='a'][weight='1']/recipe"), 'nowhere')
})

test('strings, buffers small and big, and emptiness are all data', async (t) => {
  using context = await bakery()
  const bread = Array.from(
    { length: 5000 },
    (_, i) => `<bread><name>b${i}</name><weight>1</weight></bread>`,
  ).join('')
  for (const data of [inShop(bread), Buffer.from(inShop(bread))]) {
    using tree = await context.parse(data, 'xml')
    t.is((await tree.find('/bakery:shop/bread')).length, 5000)
  }
  for (const data of ['', Buffer.alloc(0), ' \n']) {
    using tree = await context.parse(data, 'xml')
    t.is(await text(tree, { format: 'xml' }), '')
    t.is(await text(tree, { format: 'json' }), '{}')
  }
  await t.throwsAsync(context.parse(7 as unknown as string, 'xml'), { instanceOf: TypeError })
  await t.throwsAsync(context.parse('', 'yaml' as 'xml'), { instanceOf: TypeError, message: /format/ })
})

test('value, find and json read a tree', async (t) => {
  using context = await bakery()
  using tree = await context.parse(shop, 'xml')
  t.is(await tree.value('/bakery:shop/address'), '2001:db8::1')
  t.is(await tree.value('/bakery:shop/grain'), 'bakery-plus:spelt')
  t.is(await tree.value('/bakery:shop/open'), '')
  t.is(await tree.value('/bakery:shop/card/number'), undefined)
  t.is(await tree.value('/bakery:shop'), undefined)
  t.is(await tree.value("/bakery:shop/bread[name='none'][weight='1']/grain"), undefined)
  await t.throwsAsync(tree.value('/bakery:shop/nothing'), { instanceOf: LibyangError, message: /nothing/ })
  await t.throwsAsync(tree.value('no path'), { instanceOf: LibyangError })
  t.deepEqual(await tree.find('/bakery:shop/bread[weight > 100]/grain'), [
    "/bakery:shop/bread[name='rye'][weight='500']/grain",
  ])
  t.deepEqual(await tree.find('/bakery:shop/bakery-plus:motto | /bakery:ovens'), [
    '/bakery:shop/bakery-plus:motto',
    '/bakery:ovens',
  ])
  await t.throwsAsync(tree.find('/bakery:shop['), { instanceOf: LibyangError })
  await t.throwsAsync(tree.find('//*[count(//*) > 0]', { deadline: 1000, nodes: 50 }), {
    instanceOf: LibyangError,
  })
  t.deepEqual(await tree.json('/bakery:shop/bakery-plus:cellar'), { depth: 3, grain: 'bakery:rye' })
  t.deepEqual(await tree.json('/bakery:shop/price'), '2.5')
  t.deepEqual(await tree.json('/bakery:shop/open'), [null])
  t.deepEqual(await tree.json("/bakery:shop/bread[name='bun'][weight='80']"), { name: 'bun', weight: 80 })
  t.is(await tree.json("/bakery:shop/bread[name='bun'][weight='81']"), undefined)
})
