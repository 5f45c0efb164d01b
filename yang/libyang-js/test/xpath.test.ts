import test from 'ava'
import { LibyangError } from '../src/index.js'
import type { Tree, YangError } from '../src/index.js'
import { bakery, routes, routing, shop } from './helpers.js'

const breads = shop.replace(
  '<recipe>',
  '<bread><name>pie</name><weight>1</weight><recipe>r1</recipe></bread><recipe>',
)
const rye = "/bakery:shop/bread[name='rye'][weight='500']"
const bun = "/bakery:shop/bread[name='bun'][weight='80']"
const pie = "/bakery:shop/bread[name='pie'][weight='1']"

async function failure(work: Promise<unknown>): Promise<YangError> {
  try {
    await work
  } catch (error) {
    if (error instanceof LibyangError && error.errors[0]) return error.errors[0]
    throw error
  }
  throw new Error('it did not fail')
}

const selections: readonly (readonly [string, readonly string[]])[] = [
  ['/bakery:shop/bread', [rye, bun, pie]],
  ['/shop/bread', [rye, bun, pie]],
  ["/shop/bread[name='bun']", [bun]],
  ["/shop/bread[name='bun'][weight=80]", [bun]],
  ["/shop/bread[weight='80' and name='bun']", [bun]],
  ["/shop/bread[name='bun'][weight='81']", []],
  ["/shop/bread[weight='no number'][name='bun']", []],
  ['/shop/bread[weight > 50]', [rye, bun]],
  ['/shop/bread[2]', [bun]],
  ['/shop/bread[last()]', [pie]],
  ['/shop/bread[position() < 3][2]', [bun]],
  ['(//bread)[1]', [rye]],
  ['//bread[1]', [rye]],
  ['/shop/bread[crust]', [rye]],
  ['/shop/bread[not(crust)][1]', [bun]],
  [`${bun}/following-sibling::bread`, [pie]],
  [`${pie}/preceding-sibling::bread[1]`, [bun]],
  [`(${pie}/preceding-sibling::bread)[1]`, [rye]],
  [`${pie} | ${rye}`, [rye, pie]],
  [`${rye}/crust/ancestor::*[2]`, ['/bakery:shop']],
  [`${rye}/crust/thick/../..`, [rye]],
  ['//thick/ancestor-or-self::*[name() = "bakery:bread"]', [rye]],
  ["//text()[. = 'fresh']", ['/bakery:shop/bakery-plus:motto']],
  [
    "//*[local-name() = 'motto' and namespace-uri() = 'urn:libyang-js:bakery-plus']",
    ['/bakery:shop/bakery-plus:motto'],
  ],
  [
    '/shop/bakery-plus:*',
    [
      '/bakery:shop/bakery-plus:motto',
      "/bakery:shop/bakery-plus:award[.='x']",
      '/bakery:shop/bakery-plus:cellar',
    ],
  ],
  ['/shop/motto', ['/bakery:shop/bakery-plus:motto']],
  ['/shop/bakery-plus:cellar/depth', ['/bakery:shop/bakery-plus:cellar/depth']],
  ["/shop/tag[. = 'two']", ["/bakery:shop/tag[.='two']"]],
  ['/shop/step', ["/bakery:shop/step[.='3']", "/bakery:shop/step[.='1']"]],
  ['/shop/today/sale', ['/bakery:shop/today/sale[1]', '/bakery:shop/today/sale[2]']],
  ['/shop/today/sale[2]', ['/bakery:shop/today/sale[2]']],
  [`deref(${pie}/recipe)/../text`, ["/bakery:shop/recipe[id='r1']/text"]],
  ['deref(/shop/favourite)', [`${rye}/grain`]],
  ['/', ['/bakery:shop', '/bakery:ovens']],
  ['/nothing/at/all', []],
  ['/shop/@*', []],
  ["id('x')", []],
]

test('an expression selects what XPath 1.0 says, in document order', async (t) => {
  using context = await bakery()
  using tree = await context.parse(breads, 'xml')
  for (const [expression, paths] of selections) t.deepEqual(await tree.find(expression), paths, expression)
})

const truths: readonly string[] = [
  '1 + 2 * 3 - 4 div 2 = 5',
  '-7 mod 3 = -1',
  '1 div 0 > 1000000 and string(1 div 0) = "Infinity"',
  'not(0 div 0 = 0 div 0)',
  "string(0.1 + 0.2) = '0.30000000000000004'",
  "string(-0) = '0'",
  "string(number('1e3')) = 'NaN'",
  "number(' 12.50 ') = 12.5",
  'round(2.5) = 3 and round(-2.5) = -2',
  'floor(-1.5) = -2 and ceiling(1.2) = 2',
  "substring('12345', 1.5, 2.6) = '234'",
  "substring('12345', 0, 3) = '12'",
  "substring('12345', -42, 1 div 0) = '12345'",
  "substring('12345', -1 div 0, 1 div 0) = ''",
  "substring-before('1999/04/01', '/') = '1999'",
  "substring-after('1999/04/01', '/') = '04/01'",
  "translate('--aaa--', 'abc-', 'ABC') = 'AAA'",
  "normalize-space('  a  b ') = 'a b'",
  "concat('a', 1, true()) = 'a1true'",
  "starts-with('abc', 'ab') and contains('abc', '')",
  "string-length('\u00e9\u{1f35e}') = 2",
  "'a' = 'a' and not('a' < 'b')",
  '1 < 2 = true()',
  'not(3 > 2 > 1)',
  'bread/weight = 80 and bread/weight != 80',
  'not(bread/weight = 81) and bread/weight < 2 and not(bread/weight > 500)',
  'not(nothing = 1) and not(nothing != 1) and nothing = false()',
  'count(bread | bread | recipe) = 4',
  'sum(step) = 4',
  "price = '2.50' and price = 2.5 and string(price) = '2.5'",
  "address = '2001:db8:0:0:0:0:0:1'",
  "grain = 'bakery-plus:spelt'",
  "derived-from(grain, 'bakery:grain') and not(derived-from(grain, 'bakery-plus:spelt'))",
  "derived-from-or-self(grain, 'bakery-plus:spelt')",
  "bit-is-set(days, 'sunday') and not(bit-is-set(days, 'tuesday'))",
  'string(enum-value(days)) = "NaN"',
  "re-match('abc1', '[a-z]+\\d') and not(re-match('abc', 'b')) and re-match('a$', 'a$')",
  'count(ancestor::node()) = 1 and count(current()/*) = 2',
  'string(bread[1]/crust) = "true"',
]

test('numbers, strings and comparisons are those of XPath 1.0 and YANG 1.1', async (t) => {
  using context = await bakery()
  using tree = await context.parse(breads, 'xml')
  for (const truth of truths) t.deepEqual(await tree.find(`/shop[${truth}]`), ['/bakery:shop'], truth)
})

const mistakes: readonly (readonly [string, RegExp])[] = [
  ['', /an expression is missing at character 1, at its end/],
  ['/shop[', /missing at character 7, at its end/],
  ['/shop]', /left over at character 6, before "\]"/],
  ["'abc", /string is not closed at character 1/],
  ['a b', /operator is missing at character 3, before "b"/],
  ['//', /missing at character 3/],
  ['a::b', /no such axis at character 1/],
  ['nope()', /no such function/],
  ['count(1)', /count\(\) wants a node-set/],
  ["concat('a')", /takes 2 or more arguments, not 1/],
  ['$x', /there are no variables/],
  ['1 + 1', /this expression gives a number/],
  ["'x'", /this expression gives a string/],
  ['true()', /this expression gives a boolean/],
  ["/shop[re-match(name, '(')]", /malformed pattern "\(": missing/],
  ["/shop[re-match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab', '(a+)+')]", /takes too long/],
  ['('.repeat(5000), /nested deeper than 64/],
  ['a'.repeat(20_000), /has 20000 bytes; at most 16384/],
]

test('a malformed expression is an invalid-value that says where', async (t) => {
  using context = await bakery()
  using tree = await context.parse(breads, 'xml')
  for (const [expression, message] of mistakes) {
    const error = await failure(tree.find(expression))
    t.is(error.tag, 'invalid-value', expression)
    t.is(error.type, 'protocol', expression)
    t.regex(error.message, message, expression)
  }
})

test('an unknown prefix is an unknown-namespace', async (t) => {
  using context = await bakery()
  using tree = await context.parse(breads, 'xml')
  const error = await failure(tree.find('/shop/q:bread'))
  t.is(error.tag, 'unknown-namespace')
  t.deepEqual(error.info, { 'bad-namespace': 'q' })
})

const rt = 'ietf-ipv4-unicast-routing:'

async function denied(
  tree: Tree,
  expression: string,
  deadline: number,
  nodes: number,
): Promise<[YangError, number]> {
  const start = performance.now()
  const error = await failure(tree.find(expression, { deadline, nodes }))
  return [error, performance.now() - start]
}

test('no expression outlives its deadline', async (t) => {
  using context = await routing()
  using tree = await context.parse(routes(5000), 'xml')
  for (const expression of [
    `//${rt}route[count(.//* | //*) > 3]`,
    `//${rt}route[count(//*[. = 'x' or .. = 'y']) > count(.//*)]/following::*[preceding::* = 'z']`,
    '//*[preceding::*[preceding::* = "x"]]',
    '//*[count(following::*) = 1]',
    `//${rt}route[not(${rt}destination-prefix = preceding-sibling::${rt}route/${rt}destination-prefix)]`,
  ]) {
    const [error, elapsed] = await denied(tree, expression, 100, 1e15)
    t.is(error.tag, 'resource-denied', expression)
    t.is(error.type, 'application')
    t.regex(error.message, /passed the deadline of 100 ms; give full paths/)
    // Generous for a machine that is busy with other tests; an unbounded evaluation takes minutes.
    t.true(elapsed < 1500, `${expression}: ${elapsed} ms`)
  }
})

test('no expression visits more nodes than its budget', async (t) => {
  using context = await routing()
  using tree = await context.parse(routes(1000), 'xml')
  const [error] = await denied(tree, '//*[. = "x"]', 60_000, 2000)
  t.is(error.tag, 'resource-denied')
  t.regex(error.message, /passed the limit of 2000 nodes visited/)
})

test('a key predicate looks an entry up, however long the list', async (t) => {
  using context = await routing()
  using tree = await context.parse(routes(5000), 'xml')
  const list =
    "/ietf-routing:routing/control-plane-protocols/control-plane-protocol[type='ietf-routing:static'][name='st0']" +
    `/static-routes/${rt}ipv4/route`
  const entry = `${list}[destination-prefix='10.0.16.5/32']`
  for (const expression of [entry, `//${rt}route[${rt}destination-prefix='10.0.16.5/32']`]) {
    t.deepEqual(await tree.find(expression, { deadline: 60_000, nodes: 100 }), [entry])
  }
})
