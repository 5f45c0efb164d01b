/** Two trees printed as one: what a merged tree would print, entry by entry. */
import test from 'ava'
import type { Context, Filter, Tree } from '../src/index.js'
import { bakery, routes, routing, text } from './helpers.js'

const b = 'urn:libyang-js:bakery'
const inShop = (content: string) => `<shop xmlns="${b}">${content}</shop>`

async function tree(context: Context, xml: string): Promise<Tree> {
  const made = context.tree()
  using config = context.fragment(xml)
  const { journal, errors } = await made.edit(config, {
    defaultOperation: 'merge',
    errorOption: 'rollback-on-error',
    state: true,
  })
  journal[Symbol.dispose]()
  if (errors[0]) throw new Error(errors[0].message)
  return made
}

async function both(
  context: Context,
  one: string,
  other: string,
  filter?: Filter,
  format: 'xml' | 'json' = 'xml',
) {
  using left = await tree(context, one)
  using right = await tree(context, other)
  return await text(left, { format, beside: right, ...(filter && { filter }) })
}

const bread = (name: string, rest = '') => `<bread><name>${name}</name><weight>1</weight>${rest}</bread>`

const merges: readonly (readonly [string, string, string, string])[] = [
  ['nothing beside something', '', inShop('<name>x</name>'), inShop('<name>x</name>')],
  ['something beside nothing', inShop('<name>x</name>'), '', inShop('<name>x</name>')],
  ['the leaf beside counts', inShop('<name>x</name>'), inShop('<name>y</name>'), inShop('<name>y</name>')],
  [
    'what is set counts more than a default beside it',
    inShop('<hours><from>7</from></hours>'),
    inShop('<hours><until>9</until></hours>'),
    inShop('<hours><from>7</from><until>9</until></hours>'),
  ],
  [
    'entries with equal keys are one, others follow in their list',
    inShop(bread('rye') + bread('bun') + '<recipe><id>r</id></recipe>'),
    inShop('<big>5</big>' + bread('new') + bread('bun', '<crust><thick>true</thick></crust>')),
    inShop(
      '<big>5</big>' +
        bread('rye') +
        bread('bun', '<crust><thick>true</thick></crust>') +
        bread('new') +
        '<recipe><id>r</id></recipe>',
    ),
  ],
  [
    'values of a leaf-list come once',
    inShop('<tag>a</tag><tag>b</tag>'),
    inShop('<tag>b</tag><tag>c</tag>'),
    inShop('<tag>a</tag><tag>b</tag><tag>c</tag>'),
  ],
  [
    'entries without keys are all kept',
    inShop('<name>x</name>'),
    inShop('<today><sale><what>bun</what></sale><sale><what>bun</what></sale></today>'),
    inShop('<name>x</name><today><sale><what>bun</what></sale><sale><what>bun</what></sale></today>'),
  ],
  [
    'top-level nodes of other modules',
    inShop('<name>x</name>'),
    `<ovens xmlns="${b}"><count>2</count></ovens>`,
    `${inShop('<name>x</name>')}<ovens xmlns="${b}"><count>2</count></ovens>`,
  ],
]

test('two trees are printed as one', async (t) => {
  using context = await bakery()
  for (const [name, one, other, whole] of merges) t.is(await both(context, one, other), whole, name)
  const json = await both(
    context,
    inShop(bread('rye')),
    inShop(bread('bun') + '<big>5</big>'),
    undefined,
    'json',
  )
  t.deepEqual(JSON.parse(json), {
    'bakery:shop': {
      big: '5',
      bread: [
        { name: 'rye', weight: 1 },
        { name: 'bun', weight: 1 },
      ],
    },
  })
})

test('a filter is about both trees together', async (t) => {
  using context = await bakery()
  const one = inShop(`<name>x</name><note>closed</note>${bread('rye', '<grain>rye</grain>')}${bread('bun')}`)
  const other = inShop(
    `<today><sold>5</sold></today>${bread('bun', '<crust><thick>true</thick></crust>')}${bread('new')}`,
  )
  for (const [xml, whole] of [
    [inShop('<today/>'), inShop('<today><sold>5</sold></today>')],
    [inShop('<name>x</name><today><sold/></today>'), inShop('<name>x</name><today><sold>5</sold></today>')],
    [inShop('<name>y</name><today><sold/></today>'), ''],
    [
      inShop('<bread><crust><thick>true</thick></crust></bread>'),
      inShop(bread('bun', '<crust><thick>true</thick></crust>')),
    ],
    [inShop(bread('new')), inShop(bread('new'))],
    [inShop(bread('rye', '<grain/>')), inShop(bread('rye', '<grain>rye</grain>'))],
    [inShop(bread('gone')), ''],
  ] as const) {
    using filter = context.subtreeFilter(xml)
    t.is((await both(context, one, other, filter)).replace(/ xmlns:b=".*?"|b:(?=rye)/g, ''), whole, xml)
  }
  for (const [expression, whole] of [
    ["/shop/bread[name='bun'][weight='1']/crust", inShop(bread('bun', '<crust><thick>true</thick></crust>'))],
    ['/shop/today | /shop/name', inShop('<name>x</name><today><sold>5</sold></today>')],
    ["/shop/bread[name='bun']/weight | /shop/bread[name='new']", inShop(bread('bun') + bread('new'))],
  ] as const) {
    using filter = context.xpathFilter(expression)
    t.true(filter.onTheWay, expression)
    t.is(await both(context, one, other, filter), whole, expression)
  }
  using counted = context.xpathFilter('/shop[count(bread) > 1]')
  t.false(counted.onTheWay)
  await t.throwsAsync(both(context, one, other, counted), { message: /over two trees/ })
})

test('a part for a filter holds what the filter can look at', async (t) => {
  using context = await routing()
  using config = await tree(
    context,
    routes(50) +
      '<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>a</name>' +
      '<description>x</description></interface></interfaces>',
  )
  using filter = context.xpathFilter("/interfaces/interface[not(oper-status='down')]/name")
  t.false(filter.onTheWay)
  using part = await config.extract(filter)
  t.is(
    await text(part, { format: 'xml' }),
    '<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>a</name></interface></interfaces>',
  )
  using all = context.xpathFilter('//*[. != 1]')
  const refused = await t.throwsAsync(config.extract(all, { deadline: 10_000, nodes: 100 }))
  t.regex(refused?.message ?? '', /passed the limit of 100 nodes/)
})
