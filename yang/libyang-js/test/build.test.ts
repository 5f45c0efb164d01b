/** Nodes that are built without libyang's parser are those that libyang parses, and bad text is still told precisely. */
import test from 'ava'
import type { Context, Tree } from '../src/index.js'
import { config, done, edit, workshop } from './editing.js'
import { bakery, shop, text } from './helpers.js'

const configuration = shop.replace(/<today>.*<\/today>/s, '').replace(/<award [^>]*>x<\/award>/, '')

async function both(context: Context, xml: string): Promise<{ parsed: Tree; built: Tree }> {
  const parsed = await context.parse(xml, 'xml')
  const built = context.tree()
  using fragment = context.fragment(xml)
  const { journal, errors } = await built.edit(fragment, {
    defaultOperation: 'merge',
    errorOption: 'rollback-on-error',
  })
  journal[Symbol.dispose]()
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  return { parsed, built }
}

for (const [name, xml] of Object.entries({
  'what needs no second look': config(
    `<item><name>a</name><size>3</size><part><id>1</id><kind>w:nut</kind></part></item><box><number>3</number><number>1</number></box>`,
  ),
  'more children than are searched one by one': config(
    `<item>${Array.from({ length: 30 }, (_, i) => (i === 0 ? '<name>a</name>' : `<part><id>${i}</id><kind>w:bolt</kind><v>${i % 3}</v></part>`)).join('')}</item>`,
  ),
  'children that do not follow the schema': config(
    `<item><name>a</name><step><n>2</n></step><step><n>1</n></step><part><id>9</id><kind>w:nut</kind></part><in><b>x</b><a>y</a></in><serial>s</serial><size>1</size></item>`,
  ),
  'keys behind other leaves': config('<item><size>1</size><name>a</name></item>'),
  'references, CDATA, comments and line ends': config(
    '<item><name>a&amp;b</name><serial><![CDATA[<x>]]></serial></item><item><!-- one --><name>cd</name></item><motto>a\r\nb</motto>',
  ),
  'values that repeat and values that do not': config(
    Array.from(
      { length: 40 },
      (_, i) => `<item><name>${i}</name><size>${i >> 3}</size><in><b>same</b></in></item>`,
    ).join(''),
  ),
})) {
  test(`built is what is parsed: ${name}`, async (t) => {
    using context = await workshop()
    const { parsed, built } = await both(context, xml)
    t.is(await text(built, { format: 'json' }), await text(parsed, { format: 'json' }))
    const names = await built.find('/workshop:item/name')
    for (const path of names) t.not(await built.value(path), undefined, path)
    parsed[Symbol.dispose]()
    built[Symbol.dispose]()
  })
}

test('built is what is parsed: values of every type', async (t) => {
  using context = await bakery(['delivery', 'cafe'])
  const { parsed, built } = await both(context, configuration)
  t.is(await text(built, { format: 'json' }), await text(parsed, { format: 'json' }))
  parsed[Symbol.dispose]()
  built[Symbol.dispose]()
})

test('entries that were built are found again: deleted one by one, nothing is left', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  const count = 500
  const numbers = Array.from({ length: count }, (_, i) => (i * 7) % count)
  using made = await done(
    context,
    tree,
    numbers
      .map((i) => `<item><name>${i}</name><part><id>${i % 200}</id><kind>w:nut</kind></part></item>`)
      .join(''),
  )
  t.true(made.size >= 1)
  using gone = await done(
    context,
    tree,
    numbers.map((i) => `<item op="delete"><name>${count - 1 - i}</name></item>`).join(''),
  )
  t.is(gone.size, count)
  t.deepEqual(await tree.find('/workshop:item'), [])
})

test('a child behind one that was out of order is found', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  const before = '<plain>p</plain><limit>1</limit><free>f</free><number>1</number>'
  using _made = await done(context, tree, `<box>${before}<sub><note>n</note></sub></box>`)
  t.is(await tree.value('/workshop:box/sub/note'), 'n')
  using gone = await done(context, tree, '<box><sub op="delete"/></box>')
  t.true(gone.size > 0)
})

test('what is wrong is told as ever', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  const tags = async (xml: string): Promise<string[]> =>
    (await edit(context, tree, xml)).errors.map(({ tag, path }) => `${tag} ${path ?? ''}`)
  t.deepEqual(await tags('<item><name>a</name><size>many</size></item>'), [
    "invalid-value /workshop:item[name='a']/size",
  ])
  t.deepEqual(await tags('<item><name>a</name><huh>1</huh></item>'), [
    "unknown-element /workshop:item[name='a']/huh",
  ])
  t.deepEqual(await tags('<item><size>1</size></item>'), ['missing-element /workshop:item'])
  t.deepEqual(await tags('<state><up>1</up></state>'), ['invalid-value /workshop:state'])
  t.deepEqual(await tags('<item><name>a</name></itme>'), ['malformed-message /workshop:item/name'])
  t.deepEqual(await tree.find('/workshop:item'), [])
})
