/** Indexes that every change keeps: who refers to what, which values there are, unique tuples, lengths of lists. */
import test from 'ava'
import { createContext } from '../src/index.js'
import type { Context, Journal, Tree } from '../src/index.js'
import { dice } from './editing.js'
import { ietf, modules } from './helpers.js'
import { agreeing } from './random-edits.js'

function depot(): Promise<Context> {
  return createContext({
    searchDirs: [modules, ...ietf],
    modules: [{ name: 'ietf-netconf' }, { name: 'depot' }],
  })
}

const spaces =
  'xmlns="urn:libyang-js:depot" xmlns:d="urn:libyang-js:depot" xmlns:yang="urn:ietf:params:xml:ns:yang:1" ' +
  'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"'

async function edit(context: Context, tree: Tree, xml: string): Promise<Journal> {
  using fragment = context.fragment(
    xml.replaceAll(' op="', ' nc:operation="').replace(/<(yard|wagon)(?=[ >])/g, `<$1 ${spaces}`),
  )
  const { journal, errors } = await tree.edit(fragment, {
    defaultOperation: 'merge',
    errorOption: 'continue-on-error',
  })
  if (errors.some((error) => !['data-missing', 'data-exists', 'bad-element'].includes(error.tag)))
    throw new Error(`${xml}: ${JSON.stringify(errors)}`)
  return journal
}

const wagon = (number: number, inside: string): string =>
  `<wagon><owner>a</owner><number>${number}</number>${inside}</wagon>`

test('says who refers to a value, whether it is there, which tuples are unique and how long lists are', async (t) => {
  using context = await depot()
  using tree = context.tree()
  t.deepEqual(await tree.indexed(), [])
  using made = await edit(
    context,
    tree,
    `<yard><track><name>1</name></track><crane><id>4</id></crane></yard>${wagon(
      7,
      '<plate>p</plate><track>1</track><seen>2</seen><where>1</where><again>1</again>' +
        "<spot>/d:yard/d:track[d:name='1']</spot><load><what>x</what></load><load><what>y</what></load>",
    )}`,
  )
  const all = [
    "count /depot:wagon/load /depot:wagon[owner='a'][number='7']: 2",
    'count /depot:yard/crane /depot:yard: 1',
    "referrer /depot:wagon/again /depot:wagon[owner='a'][number='7']/again to 1: 1",
    "referrer /depot:wagon/seen /depot:wagon[owner='a'][number='7']/seen[.='2'] to 2: 1",
    "referrer /depot:wagon/spot /depot:wagon[owner='a'][number='7']/spot to /depot:yard/track[name='1']: 1",
    "referrer /depot:wagon/track /depot:wagon[owner='a'][number='7']/track to 1: 1",
    "referrer /depot:wagon/where /depot:wagon[owner='a'][number='7']/where to 1: 1",
    'target /depot:wagon/track 1: 1',
    'target /depot:yard/track/name 1: 1',
    "unique /depot:wagon 0 /depot:wagon[owner='a'][number='7']: 1",
  ]
  t.deepEqual(await tree.indexed(), all)
  using serial = await edit(context, tree, wagon(7, '<brake><serial>s</serial></brake>'))
  const tuple = "unique /depot:wagon 1 /depot:wagon[owner='a'][number='7']: 1"
  t.deepEqual(await tree.indexed(), [...all, tuple], 'a tuple is whole with a default')
  using second = await edit(context, tree, wagon(8, '<brake><maker>plain</maker><serial>s</serial></brake>'))
  t.true(
    (await tree.indexed()).includes("unique /depot:wagon 1 /depot:wagon[owner='a'][number='8']: 2"),
    'the same tuple, given and by default',
  )
  for (const journal of [second, serial]) {
    using back = await journal.reversed()
    await tree.apply(back)
  }
  t.deepEqual(await tree.indexed(), all)
  using back = await made.reversed()
  await tree.apply(back)
  t.deepEqual(await tree.indexed(), [])
})

test('stays as it would be made anew, whatever is done to the tree', async (t) => {
  using context = await depot()
  for (let seed = 0; seed < 12; seed++) {
    const roll = dice(seed)
    const pick = (...words: string[]): string => words[roll(words.length)] ?? ''
    const some = (text: string): string => (roll(3) === 0 ? text : '')
    const op = (): string => pick('', '', '', '', ' op="remove"', ' op="replace"')
    // What takes a node away says no more of what is in it.
    const element = (name: string, given: () => string, content: (op: () => string) => string): string => {
      const own = given()
      return `<${name}${own}>${content(own.includes('remove') ? () => '' : given)}</${name}>`
    }
    const randomWagon = (): string =>
      element(
        'wagon',
        op,
        (op) =>
          `<owner>${pick('a', 'b')}</owner><number>${roll(3)}</number>` +
          some(`<plate${op()}>${roll(3)}</plate>`) +
          some(
            element(
              'brake',
              op,
              (op) =>
                some(`<maker${op()}>${pick('m', 'plain')}</maker>`) +
                some(`<serial${op()}>${roll(3)}</serial>`),
            ),
          ) +
          some(`<track${op()}>${roll(3)}</track>`) +
          some(`<seen${op() && pick(' op="remove"', ' yang:insert="first"')}>${roll(3)}</seen>`) +
          some(`<maybe${op()}>${roll(3)}</maybe>`) +
          some(`<where${op()}>${roll(3)}</where>`) +
          some(`<spot${op()}>/d:yard/d:track[d:name='${roll(3)}']</spot>`) +
          some(`<load${op()}><what>${roll(3)}</what></load>`),
      )
    const randomYard = (): string =>
      element(
        'yard',
        op,
        (op) =>
          some(`<track${op()}><name>${roll(3)}</name>${some('<gauge>600</gauge>')}</track>`) +
          some(`<crane${op()}><id>${roll(5)}</id></crane>`) +
          some(`<sign${op() && ' op="remove"'}>${roll(3)}</sign>`),
      )
    using tree = context.tree()
    using other = context.tree()
    await other.indexed()
    using all = context.journal()
    for (let step = 0; step < 25; step++) {
      const label = `seed ${seed}, step ${step}`
      await tree.indexed()
      const changes = agreeing(randomWagon() + some(randomWagon()) + some(randomYard()))
      const journal = await edit(context, tree, changes)
      using fresh = await tree.copy()
      t.deepEqual(await tree.indexed(), await fresh.indexed(), label)
      await other.apply(journal)
      t.deepEqual(await other.indexed(), await fresh.indexed(), `${label}: applied`)
      all.append(journal)
    }
    await all.net()
    using back = await all.reversed()
    await tree.apply(back)
    t.deepEqual(await tree.indexed(), [], `seed ${seed}: taken back`)
  }
})

test('a snapshot fills a tree that was indexed before', async (t) => {
  using context = await depot()
  using tree = context.tree()
  using made = await edit(context, tree, wagon(1, '<track>1</track><load><what>x</what></load>'))
  t.is(made.size, 1)
  using loaded = context.tree()
  t.deepEqual(await loaded.indexed(), [])
  for await (const chunk of tree.snapshot(4096)) await loaded.load(chunk)
  t.deepEqual(await loaded.indexed(), await tree.indexed())
})
