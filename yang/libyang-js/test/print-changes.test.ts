/** A print sees the tree as it was when the print began, whatever is done to the tree between its slices. */
import test from 'ava'
import type { Context, DefaultsMode, Filter, Print, PrintOptions, Tree } from '../src/index.js'
import { config, dice, done, edit, workshop } from './editing.js'
import { routes, routing, text } from './helpers.js'
import { randomEdit, type Roll } from './random-edits.js'

const modes: readonly DefaultsMode[] = ['explicit', 'trim', 'report-all', 'report-all-tagged']

interface Reading {
  readonly print: Print
  readonly options: PrintOptions
  readonly before: string
  got: string
}

/** Begins a print of one of many kinds. */
async function begin(tree: Tree, roll: Roll, filters: readonly Filter[]): Promise<Reading> {
  const filter = filters[roll(filters.length + 2)]
  const format = roll(3) === 0 ? 'json' : 'xml'
  const configOnly = roll(2) === 0
  const defaults = modes[roll(modes.length)]
  const options: PrintOptions = {
    format,
    configOnly,
    sliceBytes: 1 + roll(200),
    ...(filter && { filter }),
    ...(defaults && { defaults }),
    ...(roll(3) === 0 && { maxDepth: 1 + roll(4) }),
    ...(roll(3) === 0 && {
      origins: { shown: false, only: roll(2) === 0 ? ['default'] : ['intended'] },
    }),
  }
  const before = await text(tree, { ...options, sliceBytes: 1 << 20 })
  const print = tree.print(options)
  await print.begin()
  return { print, options, before, got: '' }
}

async function change(context: Context, tree: Tree, roll: Roll): Promise<void> {
  const { journal, errors } = await edit(context, tree, randomEdit(roll))
  using changes = journal
  if (errors.length > 0 || roll(3) > 0) return
  using back = await changes.reversed()
  await tree.apply(back)
}

const subtrees = [
  '<box/>',
  '<item><name/></item>',
  '<item><name>a</name></item><item><name>c</name><part/><step/></item>',
  '<item><size>7</size><in><a/></in><step/></item>',
  '<item><part><kind>w:bolt</kind></part></item>',
  '<queue><v>1</v></queue><item><name>b</name><in/></item><box><plain/><sub><on/></sub><there/></box>',
  '<mode/><motto>hello</motto><box><number/></box>',
]
const xpaths = [
  "/item[name='b']",
  '/item/step[t]/n | /box/*',
  '/queue[position() mod 2 = 0]',
  "//*[. = '1']",
  '/box/there | /item[in/a]/in | /item/part/id',
  '/',
]

for (let part = 0; part < 4; part++) {
  test(`prints go on through random edits as if nothing had happened (${part})`, async (t) => {
    using context = await workshop()
    const filters = [
      ...subtrees.map((xml) => context.subtreeFilter(config(xml))),
      ...xpaths.map((expression) => context.xpathFilter(expression)),
    ]
    let finished = 0
    for (let seed = part * 12; seed < part * 12 + 12; seed++) {
      const roll = dice(seed)
      using tree = context.tree()
      let readings: Reading[] = []
      for (let step = 0; step < 40; step++) {
        await change(context, tree, roll)
        if (readings.length < 4) readings.push(await begin(tree, roll, filters))
        for (const reading of readings) {
          for (let slices = roll(4); slices > 0; slices--) {
            const slice = await reading.print.next()
            if (slice.done !== true) {
              reading.got += slice.value.toString()
              continue
            }
            const how = JSON.stringify({
              ...reading.options,
              filter: filters.indexOf(reading.options.filter as Filter),
            })
            if (reading.got !== reading.before)
              return t.is(reading.got, reading.before, `seed ${seed}: ${how}`)
            readings = readings.filter((other) => other !== reading)
            finished++
            break
          }
        }
      }
      for (const { print } of readings) await print.return?.()
    }
    for (const filter of filters) filter[Symbol.dispose]()
    t.true(finished > 200, `${finished} prints came to their end`)
  })
}

test('a print of a long list holds up no writer, and sees none of what it writes', async (t) => {
  using context = await routing()
  using tree = await context.parse(routes(20_000), 'xml')
  const before = await text(tree, { format: 'xml' })
  const print = tree.print({ format: 'xml', sliceBytes: 64 << 10 })
  const slices: Buffer[] = []
  const ipv4 =
    "/ietf-routing:routing/control-plane-protocols/control-plane-protocol[type='ietf-routing:static'][name='st0']" +
    '/static-routes/ietf-ipv4-unicast-routing:ipv4'
  const route = (n: number) => `${ipv4}/route[destination-prefix='10.0.${n >> 8}.${n & 255}/32']`
  using journal = context.journal()
  for await (const slice of print) {
    slices.push(slice)
    const ahead = 19_000 - slices.length * 300
    await tree.remove(route(ahead), journal)
    await tree.set(`${route(ahead + 1)}/next-hop/next-hop-address`, '192.0.2.251', journal)
    await tree.set(`${route(ahead + 40_000)}/next-hop/next-hop-address`, '192.0.2.251', journal)
    await tree.remove(route(slices.length), journal)
  }
  t.true(slices.length > 20)
  t.true(Buffer.concat(slices).toString() === before)
  t.not(await text(tree, { format: 'xml' }), before)
})

test('a print that is left or collected keeps nothing of the tree', async (t) => {
  using context = await workshop()
  using tree = context.tree()
  ;(await done(context, tree, '<motto>hello</motto><item><name>a</name></item>'))[Symbol.dispose]()
  const print = tree.print({ format: 'xml', sliceBytes: 1 })
  await print.next()
  await print.return?.()
  ;(await done(context, tree, '<motto>bye</motto><item op="delete"><name>a</name></item>'))[Symbol.dispose]()
  t.regex(await text(tree, { format: 'xml' }), /bye/)
  t.is((await print.next()).done, true)
})
