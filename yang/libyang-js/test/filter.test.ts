import test from 'ava'
import { LibyangError } from '../src/index.js'
import type { Context, Filter, Tree, YangError } from '../src/index.js'
import { bakery, routes, routing, shop, text } from './helpers.js'

const b = 'urn:libyang-js:bakery'
const p = 'urn:libyang-js:bakery-plus'

/** The members of <shop> that a filter leaves, without its tags. */
async function left(tree: Tree, filter: Filter): Promise<string> {
  const whole = await text(tree, { format: 'xml', filter })
  return whole.replace(/^<shop [^>]*>(.*)<\/shop>$/, '$1')
}

async function subtree(context: Context, tree: Tree, xml: string): Promise<string> {
  using filter = context.subtreeFilter(xml)
  t_kind(filter, 'subtree')
  return left(tree, filter)
}

function t_kind(filter: Filter, kind: string): void {
  if (filter.kind !== kind) throw new Error(`a filter of kind ${filter.kind}`)
}

async function xpath(
  context: Context,
  tree: Tree,
  expression: string,
  names?: Record<string, string>,
): Promise<string> {
  using filter = context.xpathFilter(expression, names)
  t_kind(filter, 'xpath')
  return left(tree, filter)
}

function refusal(work: () => unknown): YangError {
  try {
    work()
  } catch (error) {
    if (error instanceof LibyangError && error.errors[0]) return error.errors[0]
    throw error
  }
  throw new Error('it was not refused')
}

const grain = `<grain xmlns:b="${b}">b:rye</grain>`
const rye =
  `<bread><name>rye</name><weight>500</weight>${grain}<crust><thick>true</thick></crust>` +
  `<vegan xmlns="${p}">true</vegan></bread>`
const bun = '<bread><name>bun</name><weight>80</weight></bread>'
const inShop = (content: string) => `<shop xmlns="${b}">${content}</shop>`

const subtrees: readonly (readonly [string, string, string])[] = [
  ['an empty filter selects nothing', '', ''],
  ['a filter of white space and comments selects nothing', ' <!-- x --> ', ''],
  ['a leaf', inShop('<note/>'), '<note>none</note>'],
  ['a leaf with white space inside', inShop('<note>  </note>'), '<note>none</note>'],
  ['a container whole', inShop('<today/>').replace('today', 'terrace'), '<terrace/>'],
  ['a leaf-list', inShop('<tag/>'), '<tag>one</tag><tag>two</tag>'],
  ['all entries of a list', inShop('<bread/>'), rye + bun],
  [
    'keys come with an entry',
    inShop('<bread><grain/></bread>'),
    `<bread><name>rye</name><weight>500</weight>${grain}</bread>`,
  ],
  [
    'keys alone',
    inShop('<bread><name/></bread>'),
    '<bread><name>rye</name><weight>500</weight></bread>' + bun,
  ],
  ['an entry by all its keys', inShop('<bread><name>rye</name><weight>500</weight></bread>'), rye],
  ['an entry by one of its keys', inShop('<bread><weight>80</weight></bread>'), bun],
  [
    'an entry and some of its leafs',
    inShop('<bread><name>rye</name><weight>500</weight><crust/></bread>'),
    '<bread><name>rye</name><weight>500</weight><crust><thick>true</thick></crust></bread>',
  ],
  ['content that differs', inShop('<bread><name>rye</name><weight>501</weight></bread>'), ''],
  ['content that no value can have', inShop('<bread><name>rye</name><weight>heavy</weight></bread>'), ''],
  [
    'contents of one sibling set hold together',
    inShop('<note>none</note><tag>one</tag><price/>'),
    '<note>none</note><price>2.5</price><tag>one</tag>',
  ],
  ['and not apart', inShop('<note>none</note><tag>three</tag><price/>'), ''],
  [
    'content alone picks all its siblings',
    inShop('<terrace/><bread><crust><thick> true </thick></crust></bread>'),
    '<terrace/><bread><name>rye</name><weight>500</weight><crust><thick>true</thick></crust></bread>',
  ],
  ['content deeper down', inShop('<bread><crust><thick>false</thick></crust></bread>'), ''],
  [
    'values in another form',
    inShop('<address>2001:0db8::0:1</address><note/>'),
    '<note>none</note><address>2001:db8::1</address>',
  ],
  ['a decimal in another form', inShop('<price>2.500</price><note/>'), '<note>none</note><price>2.5</price>'],
  ['a decimal with fewer digits', inShop('<price>2.5</price><note/>'), '<note>none</note><price>2.5</price>'],
  [
    'an identity by a prefix',
    `<shop xmlns="${b}" xmlns:q="${p}"><grain>q:spelt</grain><note/></shop>`,
    `<note>none</note><grain xmlns:p="${p}">p:spelt</grain>`,
  ],
  ['an identity of another module', inShop('<grain>spelt</grain><note/>'), ''],
  [
    'an identity of the default namespace',
    inShop('<bread><grain>rye</grain><name/></bread>'),
    `<bread><name>rye</name><weight>500</weight>${grain}</bread>`,
  ],
  [
    'branches of one list in data order',
    inShop('<bread><name>bun</name></bread><bread><name>rye</name></bread>'),
    rye + bun,
  ],
  ['a namespace selects', inShop(`<motto xmlns="${p}"/>`), `<motto xmlns="${p}">fresh</motto>`],
  ['another namespace does not', inShop('<motto/>'), ''],
  ['a namespace of no module', '<shop xmlns="urn:none"/>', ''],
  [
    'no namespace is any',
    '<shop xmlns=""><motto/><note/></shop>',
    `<note>none</note><motto xmlns="${p}">fresh</motto>`,
  ],
  ['an attribute that nothing has', inShop('<note x="1"/>'), ''],
  ['a node of no schema', inShop('<nothing/>'), ''],
  ['containment of a leaf', inShop('<note><inside/></note>'), ''],
  [
    'entries without keys',
    inShop('<today><sale/></today>'),
    '<today><sale><what>bun</what></sale><sale><what>bun</what></sale></today>',
  ],
  [
    'CDATA and references',
    inShop('<recipe><id><![CDATA[r]]>&#x31;</id><id/></recipe>'),
    '<recipe><id>r1</id></recipe>',
  ],
]

test('a subtree filter selects what RFC 6241, section 6, says', async (t) => {
  using context = await bakery()
  using tree = await context.parse(shop, 'xml')
  for (const [what, filter, result] of subtrees) {
    t.is(await subtree(context, tree, filter), result, what)
  }
  // The first branch picks the names of all entries.
  t.is(
    await subtree(
      context,
      tree,
      inShop('<bread><crust/><name/></bread><bread><name>rye</name><grain/></bread>'),
    ),
    `<bread><name>rye</name><weight>500</weight>${grain}<crust><thick>true</thick></crust></bread>` + bun,
  )
})

test('several branches at the top are selected together', async (t) => {
  using context = await bakery()
  using tree = await context.parse(shop, 'xml')
  using filter = context.subtreeFilter(`<ovens xmlns="${b}"/>${inShop('<note/>')}`)
  t.is(
    await text(tree, { format: 'xml', filter }),
    `${inShop('<note>none</note>')}<ovens xmlns="${b}"><count>2</count></ovens>`,
  )
})

test('a malformed subtree filter is refused with its line', async (t) => {
  using context = await bakery()
  for (const [xml, tag, message] of [
    ['<shop>', 'malformed-message', /line 1: .* closes <shop>/],
    ['<a></b>', 'malformed-message', /<\/b> closes <a>/],
    ['<q:shop/>', 'malformed-message', /prefix "q" is not declared/],
    ['<shop>\n&nope;</shop>', 'malformed-message', /line 2: there is no entity &nope;/],
    ['<shop a="1" a="2"/>', 'malformed-message', /"a" is given twice/],
    ['<!DOCTYPE x><shop/>', 'malformed-message', /document type declaration is not allowed/],
    ['<shop>text<note/></shop>', 'bad-element', /<shop> has text beside elements/],
    ['<a>'.repeat(500) + '</a>'.repeat(500), 'malformed-message', /nested deeper than 128/],
  ] as const) {
    const error = refusal(() => context.subtreeFilter(xml))
    t.is(error.tag, tag, xml.slice(0, 40))
    t.regex(error.message, message)
  }
})

test('an XPath filter selects nodes with all under them, and the keys above', async (t) => {
  using context = await bakery()
  using tree = await context.parse(shop, 'xml')
  t.is(await xpath(context, tree, "/z:shop/z:bread[z:name='bun']", { z: b }), bun)
  t.is(
    await xpath(context, tree, '//z:thick', { z: b }),
    '<bread><name>rye</name><weight>500</weight><crust><thick>true</thick></crust></bread>',
  )
  t.is(
    await xpath(context, tree, "/z:shop/z:bread[z:grain='z:rye']/z:name", { z: b }),
    '<bread><name>rye</name><weight>500</weight></bread>',
  )
  t.is(await xpath(context, tree, '/shop/note | /shop/price'), '<note>none</note><price>2.5</price>')
  t.is(await xpath(context, tree, '/shop/price | /shop/note'), '<note>none</note><price>2.5</price>')
  t.is(await xpath(context, tree, '/z:shop', { z: 'urn:none' }), '')
  t.is(await xpath(context, tree, "/shop/bread[name='cake']"), '')
  const everything = await text(tree, { format: 'xml' })
  using all = context.xpathFilter('/')
  t.is(await text(tree, { format: 'xml', filter: all }), everything)
})

test('an XPath filter that gives no nodes is refused', async (t) => {
  using context = await bakery()
  t.is(refusal(() => context.xpathFilter('count(//bread)')).tag, 'invalid-value')
  t.is(refusal(() => context.xpathFilter('/q:shop')).tag, 'unknown-namespace')
  t.is(refusal(() => context.xpathFilter('/shop[')).tag, 'invalid-value')
})

test('JSON is filtered alike', async (t) => {
  using context = await bakery()
  using tree = await context.parse(shop, 'xml')
  using filter = context.subtreeFilter(inShop('<bread><grain/></bread><note/>'))
  t.deepEqual(JSON.parse(await text(tree, { format: 'json', filter })), {
    'bakery:shop': { note: 'none', bread: [{ name: 'rye', weight: 500, grain: 'bakery:rye' }] },
  })
})

test('a filter past its budget is denied, and says how to narrow it', async (t) => {
  using context = await routing()
  using tree = await context.parse(routes(2000), 'xml')
  using nested = context.xpathFilter('//*[count(//*[. = ../x] | //*) > 3]')
  const denied = async (filter: Filter, nodes: number) => {
    const error = await t.throwsAsync(
      text(tree, { format: 'xml', filter, budget: { deadline: 60_000, nodes } }),
      { instanceOf: LibyangError },
    )
    return error?.errors[0]
  }
  const first = await denied(nested, 100_000)
  t.is(first?.tag, 'resource-denied')
  t.regex(first?.message ?? '', /limit of 100000 nodes visited; give full paths/)
  using scan = context.subtreeFilter(
    '<routing><control-plane-protocols><control-plane-protocol><static-routes>' +
      '<ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ipv4-unicast-routing"><route><next-hop>' +
      '<next-hop-address>192.0.2.300</next-hop-address></next-hop></route></ipv4></static-routes>' +
      '</control-plane-protocol></control-plane-protocols></routing>',
  )
  const second = await denied(scan, 1000)
  t.is(second?.tag, 'resource-denied')
  t.regex(second?.message ?? '', /limit of 1000 nodes visited; name the entries/)
})

test('one entry of many is read without visiting the others', async (t) => {
  using context = await routing()
  using tree = await context.parse(routes(5000), 'xml')
  const route = '<route><destination-prefix>10.0.16.5/32</destination-prefix></route>'
  using filter = context.subtreeFilter(
    '<routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing"><control-plane-protocols><control-plane-protocol>' +
      '<static-routes><ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ipv4-unicast-routing">' +
      `${route}</ipv4></static-routes></control-plane-protocol></control-plane-protocols></routing>`,
  )
  const found = await text(tree, { format: 'xml', filter, budget: { deadline: 60_000, nodes: 50 } })
  t.is(found.match(/<route>/g)?.length, 1)
  t.true(found.includes('10.0.16.5/32'))
  t.true(found.includes('<name>st0</name>'))
})

test('mayMatch rules out what a filter cannot touch, its conditions included', async (t) => {
  using context = await routing()
  const state = '/ietf-interfaces:interfaces/interface/statistics'
  for (const [expression, path, may] of [
    ['/interfaces/interface/name', '/ietf-interfaces:interfaces', true],
    ['/interfaces/interface/name', state, false],
    ['/interfaces/interface', `${state}/in-octets`, true],
    [
      "/interfaces/interface[oper-status='up']/name",
      '/ietf-interfaces:interfaces/interface/oper-status',
      true,
    ],
    ["/interfaces/interface[oper-status='up']/name", state, false],
    ['/ietf-routing:routing', '/ietf-interfaces:interfaces', false],
    ['//ietf-ip:address', state, false],
    ['//ietf-ip:address', '/ietf-interfaces:interfaces/interface/ietf-ip:ipv4/address/ip', true],
    ['/interfaces/interface/../interface/statistics', state, true],
    ['/', state, true],
    ['/nothing', state, false],
  ] as const) {
    using filter = context.xpathFilter(expression)
    t.is(filter.mayMatch(path), may, `${expression} at ${path}`)
  }
  const ns = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"'
  for (const [xml, path, may] of [
    ['', state, false],
    [`<interfaces ${ns}/>`, state, true],
    [`<interfaces ${ns}><interface><name/></interface></interfaces>`, state, false],
    [`<interfaces ${ns}><interface><name>x</name></interface></interfaces>`, state, true],
    [
      `<interfaces ${ns}><interface><statistics><in-octets/></statistics></interface></interfaces>`,
      state,
      true,
    ],
    [
      `<interfaces ${ns}><interface><oper-status>up</oper-status><name/></interface></interfaces>`,
      '/ietf-interfaces:interfaces/interface/oper-status',
      true,
    ],
    [`<routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing"/>`, state, false],
    ['<interfaces xmlns=""/>', state, true],
  ] as const) {
    using filter = context.subtreeFilter(xml)
    t.is(filter.mayMatch(path), may, `${xml} at ${path}`)
  }
})

test('values tells which entries of a list a filter can be about', async (t) => {
  using context = await routing()
  const name = '/ietf-interfaces:interfaces/interface/name'
  const prefix = '/ietf-routing:routing/ribs/rib/routes/route/ietf-ipv4-unicast-routing:destination-prefix'
  const route = '/routing/ribs/rib/routes/route'
  for (const [expression, leaf, values] of [
    ["/interfaces/interface[name='a']", name, ['a']],
    ["/interfaces/interface[name='a']/oper-status | /interfaces/interface['b'=name]", name, ['a', 'b']],
    ["/interfaces/interface[name='a']/oper-status | /interfaces/interface/enabled", name, undefined],
    ["/interfaces/*[name='a'][enabled='true']", name, ['a']],
    ["/interfaces/interface[name='a' or name='b']", name, undefined],
    ["/interfaces/interface[name!='a']", name, undefined],
    ["/interfaces[interface]/interface[name='a']", name, undefined],
    ["//interface[name='a']", name, undefined],
    ["/interfaces/interface[name='a']/../interface", name, undefined],
    ["/interfaces/interface[oper-status='up']", name, undefined],
    ['/interfaces', name, undefined],
    ['/routing', name, []],
    [`${route}[ietf-ipv4-unicast-routing:destination-prefix='10.1.0.0/8']`, prefix, ['10.0.0.0/8']],
    ["/interfaces/interface[name='a']", '/ietf-interfaces:interfaces/interface', undefined],
    ["/interfaces/interface[name='a']", '/nothing', undefined],
  ] as const) {
    using filter = context.xpathFilter(expression)
    t.deepEqual(filter.values(leaf), values && [...values], `${expression} of ${leaf}`)
  }
  const inside = (xml: string) =>
    `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">${xml}</interfaces>`
  for (const [xml, values] of [
    ['<interface><name>a</name></interface>', ['a']],
    ['<interface><name>a</name></interface><interface><name> b </name><enabled/></interface>', ['a', 'b']],
    ['<interface><name>a</name></interface><interface><enabled/></interface>', undefined],
    ['<interface><name/></interface>', undefined],
    ['<interface/>', undefined],
    ['', undefined],
  ] as const) {
    using filter = context.subtreeFilter(inside(xml))
    t.deepEqual(filter.values(name), values && [...values], xml)
  }
})

test('an instance-identifier is matched whatever the prefixes it was written with', async (t) => {
  using context = await bakery()
  const path = (prefix: string) =>
    `<favourite xmlns:${prefix}="${b}">/${prefix}:shop/${prefix}:terrace/${prefix}:seats</favourite>`
  using tree = await context.parse(inShop(`<note>fresh</note>${path('x')}`), 'xml')
  for (const prefix of ['y', 'b', 'bakery'])
    t.regex(await subtree(context, tree, inShop(`<note/>${path(prefix)}`)), /<note>fresh<\/note><favourite/)
  t.is(
    await subtree(context, tree, inShop(`<note/>${path('y').replace('/y:terrace/y:seats', '/y:open')}`)),
    '',
  )
})
