/** What a print shows of defaults (RFC 6243), of origins (RFC 8342) and of levels (RFC 8526). */
import test from 'ava'
import { createContext } from '../src/index.js'
import type { Context, DefaultsMode, Origin, PrintOptions, Tree } from '../src/index.js'
import { ietf, modules, text } from './helpers.js'

const ns = 'urn:libyang-js:defaults'
const box = (content: string): string => `<box xmlns="${ns}">${content}</box>`

function open(): Promise<Context> {
  return createContext({
    searchDirs: [modules, ...ietf],
    modules: [{ name: 'ietf-netconf' }, { name: 'ietf-netconf-with-defaults' }, { name: 'defaults' }],
  })
}

async function merged(context: Context, tree: Tree, xml: string, state = false): Promise<void> {
  using config = context.fragment(xml)
  const { journal, errors } = await tree.edit(config, {
    defaultOperation: 'merge',
    errorOption: 'rollback-on-error',
    state,
  })
  journal[Symbol.dispose]()
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
}

async function valid(context: Context, xml: string): Promise<Tree> {
  const tree = context.tree()
  await merged(context, tree, xml)
  using derived = context.journal()
  const errors = await tree.validate(derived)
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  return tree
}

/** Without the wrapping element. */
async function inside(tree: Tree, options: Omit<PrintOptions, 'format'>): Promise<string> {
  const printed = await text(tree, { format: 'xml', ...options })
  return printed.replace(/^<box[^>]*?(?:\/>|>)/, '').replace(/<\/box>$/, '')
}

const all =
  '<speed>10</speed><mode>slow</mode><colour>red</colour><colour>blue</colour>' +
  '<order>one</order><order>two</order><inner><deep>3</deep></inner><height>900</height>'

test('nothing set: report-all shows every default, the other modes none', async (t) => {
  using context = await open()
  using tree = await valid(context, '')
  t.is(await inside(tree, { defaults: 'report-all' }), all)
  t.is(await text(tree, { format: 'xml' }), '')
  t.is(await text(tree, { format: 'xml', defaults: 'trim' }), '')
})

test('what is set to its default is explicit, trimmed, reported, and not tagged', async (t) => {
  using context = await open()
  using tree = await valid(context, box('<speed>10</speed><plain>x</plain><item><name>a</name></item>'))
  t.is(
    await inside(tree, { defaults: 'explicit' }),
    '<speed>10</speed><plain>x</plain><item><name>a</name></item>',
  )
  t.is(await inside(tree, { defaults: 'trim' }), '<plain>x</plain><item><name>a</name></item>')
  const tagged = await text(tree, { format: 'xml', defaults: 'report-all-tagged' })
  t.true(tagged.startsWith(`<box xmlns="${ns}" xmlns:wd="urn:ietf:params:xml:ns:netconf:default:1.0">`))
  t.regex(tagged, /<speed>10<\/speed><mode wd:default="true">slow<\/mode>/)
  t.regex(tagged, /<item><name>a<\/name><count wd:default="true">1<\/count><part><size wd:default="true">7/)
  t.is(
    tagged.replaceAll(/ wd:default="true"| xmlns:wd="[^"]*"/g, ''),
    await text(tree, { format: 'xml', defaults: 'report-all' }),
  )
})

test('a tag in JSON is an annotation of ietf-netconf-with-defaults', async (t) => {
  using context = await open()
  using tree = await valid(context, box('<speed>9</speed>'))
  const printed = JSON.parse(await text(tree, { format: 'json', defaults: 'report-all-tagged' })) as {
    'defaults:box': Record<string, unknown>
  }
  const tag = { 'ietf-netconf-with-defaults:default': true }
  t.like(printed['defaults:box'], { speed: 9, mode: 'slow', '@mode': tag, '@colour': [tag, tag] })
  t.false('@speed' in printed['defaults:box'])
})

test('trim takes a leaf-list that is its default as a whole, and no other', async (t) => {
  using context = await open()
  const trimmed = async (content: string): Promise<string> => {
    using tree = await valid(context, box(content))
    return inside(tree, { defaults: 'trim' })
  }
  t.is(await trimmed('<colour>blue</colour><colour>red</colour>'), '')
  t.is(await trimmed('<colour>red</colour>'), '<colour>red</colour>')
  t.is(
    await trimmed('<colour>red</colour><colour>pink</colour>'),
    '<colour>red</colour><colour>pink</colour>',
  )
  t.is(await trimmed('<order>one</order><order>two</order>'), '')
  t.is(await trimmed('<order>two</order><order>one</order>'), '<order>two</order><order>one</order>')
})

test('a presence container stays when everything in it is trimmed', async (t) => {
  using context = await open()
  using tree = await valid(context, box('<inner><deep>3</deep></inner><lid><open>false</open></lid>'))
  t.is(await inside(tree, { defaults: 'trim' }), '<lid/>')
  t.regex(await inside(tree, { defaults: 'report-all' }), /<lid><open>false<\/open><\/lid>/)
})

test('filters pick defaults where they are shown', async (t) => {
  using context = await open()
  using tree = await valid(
    context,
    box('<item><name>a</name></item><item><name>b</name><count>2</count></item>'),
  )
  const filters = [
    context.subtreeFilter(box('<speed/><item><count>1</count><part/></item>')),
    context.xpathFilter('/d:box/d:speed | /d:box/d:item[d:count = 1]/d:part', { d: ns }),
    context.xpathFilter('//d:speed | //d:item[number(d:count) < 2]/d:part', { d: ns }),
  ]
  for (const filter of filters) {
    const shown = await inside(tree, { filter, defaults: 'report-all' })
    t.regex(
      shown,
      /^<speed>10<\/speed><item><name>a<\/name>(<count>1<\/count>)?<part><size>7<\/size><\/part><\/item>$/,
    )
    t.notRegex(await inside(tree, { filter, defaults: 'explicit' }), /speed|size|count/)
    filter[Symbol.dispose]()
  }
})

test('after edits that nobody validated, derive knows what the defaults will be', async (t) => {
  using context = await open()
  using tree = await valid(context, '')
  using fragment = context.fragment(box('<mode>fast</mode><depth>5</depth>'))
  const { journal } = await tree.edit(fragment, { defaultOperation: 'merge', errorOption: 'stop-on-error' })
  using changes = journal
  t.notRegex(await inside(tree, { defaults: 'report-all' }), /extra/)
  using derived = context.journal()
  await tree.derive(derived, { journal: changes, from: 0 })
  const print = tree.print({ format: 'xml', defaults: 'report-all' })
  await print.begin()
  using back = await derived.reversed()
  await tree.apply(back)
  const slices: Buffer[] = []
  for await (const slice of print) slices.push(slice)
  t.regex(Buffer.concat(slices).toString(), /<mode>fast<\/mode><extra>more<\/extra>.*<depth>5<\/depth>/)
  t.notRegex(await inside(tree, { defaults: 'report-all' }), /extra|height/)
})

test('depth counts from what is selected, keys come with their entry', async (t) => {
  using context = await open()
  using tree = await valid(
    context,
    box(
      '<plain>x</plain><inner><deep>4</deep></inner><lid/><item><name>a</name><part><note>n</note></part></item>',
    ),
  )
  const depth = (maxDepth: number, xpath?: string): Promise<string> => {
    const filter = xpath === undefined ? undefined : context.xpathFilter(xpath, { d: ns })
    return inside(tree, { maxDepth, ...(filter && { filter }) })
  }
  t.is(await text(tree, { format: 'xml', maxDepth: 1 }), `<box xmlns="${ns}"/>`)
  t.is(await depth(2), '<plain>x</plain><inner/><lid/><item><name>a</name></item>')
  t.is(
    await depth(3),
    '<plain>x</plain><inner><deep>4</deep></inner><lid/><item><name>a</name><part/></item>',
  )
  t.is(await depth(1, '/d:box/d:item'), '<item><name>a</name></item>')
  t.is(await depth(2, '//d:item[d:name]'), '<item><name>a</name><part/></item>')
  t.is(
    await depth(1, '/d:box/d:item/d:part/d:note'),
    '<item><name>a</name><part><note>n</note></part></item>',
  )
  const json = JSON.parse(await text(tree, { format: 'json', maxDepth: 2 })) as unknown
  t.deepEqual(json, { 'defaults:box': { plain: 'x', inner: {}, lid: {}, item: [{ name: 'a' }] } })
})

test('a container is cut short only when something is in it', async (t) => {
  using context = await open()
  using tree = await valid(context, box('<item><name>a</name></item>'))
  t.is(await inside(tree, { maxDepth: 2 }), '<item><name>a</name></item>')
  t.is(
    await inside(tree, { maxDepth: 2, defaults: 'report-all' }),
    `${all.replace('<deep>3</deep>', '').replace('<inner></inner>', '<inner/>').replace('<height>900</height>', '')}<height>900</height><item><name>a</name></item>`,
  )
})

/** Configuration, and beside it what the system says. */
async function operational(
  context: Context,
  t: { teardown(end: () => void): void },
): Promise<(options: Omit<PrintOptions, 'format'>) => Promise<string>> {
  const tree = await valid(context, box('<speed>20</speed><item><name>a</name><count>1</count></item>'))
  const beside = context.tree()
  await merged(
    context,
    beside,
    box(
      '<speed>15</speed><item><name>a</name><count>1</count><seen><times>3</times></seen></item>' +
        '<item><name>b</name><count>8</count></item><lid><open>true</open></lid><state><uptime>5</uptime><event><what>up</what></event></state>',
    ),
    true,
  )
  t.teardown(() => (tree[Symbol.dispose](), beside[Symbol.dispose]()))
  return (options) => text(tree, { format: 'xml', beside, ...options })
}

const bare = (xml: string): string => xml.replaceAll(/ xmlns(:\w+)?="[^"]*"/g, '')

test('state alone comes with the nodes above it and the keys of entries', async (t) => {
  using context = await open()
  const print = await operational(context, t)
  t.is(
    bare(await print({ stateOnly: true })),
    '<box><item><name>a</name><seen><times>3</times></seen></item><state><uptime>5</uptime><event><what>up</what></event></state></box>',
  )
  t.is(bare(await print({ stateOnly: true, maxDepth: 2 })), '<box><item><name>a</name></item><state/></box>')
  using filter = context.xpathFilter('/d:box/d:item', { d: ns })
  t.is(
    bare(await print({ stateOnly: true, filter })),
    '<box><item><name>a</name><seen><times>3</times></seen></item></box>',
  )
})

test('origins stand where they change', async (t) => {
  using context = await open()
  const print = await operational(context, t)
  const provided: Record<string, Origin> = { '/defaults:box/item': 'learned' }
  const shown = await print({ origins: { shown: true, provided }, defaults: 'report-all' })
  t.true(
    shown.startsWith(
      `<box xmlns="${ns}" xmlns:or="urn:ietf:params:xml:ns:yang:ietf-origin" or:origin="or:intended">`,
    ),
  )
  t.regex(shown, /<speed or:origin="or:system">15<\/speed><mode or:origin="or:default">slow<\/mode>/)
  t.regex(shown, /<inner or:origin="or:default"><deep>3<\/deep><\/inner>/)
  t.regex(
    shown,
    /<item><name>a<\/name><count>1<\/count><part or:origin="or:default"><size>7<\/size><\/part><seen><times>/,
  )
  t.regex(shown, /<item or:origin="or:learned"><name>b<\/name><count>8<\/count>/)
  t.regex(shown, /<lid or:origin="or:system"><open>true<\/open><\/lid>/)
  t.regex(shown, /<state><uptime>/)
})

test('a filter of origins keeps what is above, and all state', async (t) => {
  using context = await open()
  const print = await operational(context, t)
  const provided: Record<string, Origin> = { '/defaults:box/item': 'learned' }
  const only = async (origin: Origin): Promise<string> =>
    bare(await print({ origins: { shown: false, only: [origin], provided }, defaults: 'report-all' }))
  const state = '<state><uptime>5</uptime><event><what>up</what></event></state>'
  const seen = '<seen><times>3</times></seen>'
  t.is(
    await only('learned'),
    `<box><item><name>a</name>${seen}</item><item><name>b</name><count>8</count></item>${state}</box>`,
  )
  t.is(
    await only('system'),
    `<box><speed>15</speed><lid><open>true</open></lid><item><name>a</name>${seen}</item>${state}</box>`,
  )
  t.is(await only('intended'), `<box><item><name>a</name><count>1</count>${seen}</item>${state}</box>`)
  t.regex(await only('default'), /<mode>slow<\/mode>.*<inner><deep>3.*<item><name>b<\/name><part><size>7/)
})

test('of a tree of both, another says what was intended', async (t) => {
  using context = await open()
  const config = '<speed>20</speed><item><name>a</name><count>1</count></item>'
  using intended = await valid(context, box(config))
  using tree = await valid(context, box(config))
  await merged(context, tree, box('<speed>15</speed><item><name>b</name><count>8</count></item>'), true)
  const read = async (xpath: string, options: Omit<PrintOptions, 'format'>): Promise<string> => {
    using filter = context.xpathFilter(xpath, { d: ns })
    return bare(await text(tree, { format: 'xml', filter, intended, ...options }))
  }
  t.is(
    await read('//d:item[d:name] | //d:speed', { origins: { shown: true } }),
    '<box or:origin="or:intended"><speed or:origin="or:system">15</speed><item><name>a</name><count>1</count></item>' +
      '<item or:origin="or:system"><name>b</name><count>8</count></item></box>',
  )
  const only = (xpath: string, origin: Origin): Promise<string> =>
    read(xpath, { origins: { shown: false, only: [origin] } })
  t.is(await only('//d:item[d:name]/d:name', 'intended'), '<box><item><name>a</name></item></box>')
  t.is(
    await only('//d:item[d:name]/d:count', 'system'),
    '<box><item><name>b</name><count>8</count></item></box>',
  )
  t.is(await only('//d:item[d:name]/d:count', 'learned'), '')
})

const modes: DefaultsMode[] = ['explicit', 'trim', 'report-all', 'report-all-tagged']

test('what each mode prints, sent back as an edit, leads to the same in-use data', async (t) => {
  using context = await open()
  const content =
    '<speed>10</speed><mode>fast</mode><depth>5</depth><colour>pink</colour><item><name>a</name></item>'
  using tree = await valid(context, box(content))
  const before = await text(tree, { format: 'json', defaults: 'report-all' })
  for (const defaults of modes) {
    using again = await valid(context, await text(tree, { format: 'xml', defaults }))
    const kept = await text(again, { format: 'json', defaults: 'report-all' })
    if (defaults === 'trim') t.notRegex(kept, /"depth"/, 'the case of a choice is lost with its last leaf')
    else t.is(kept, before, defaults)
    if (defaults === 'report-all-tagged')
      t.is(await text(again, { format: 'xml' }), await text(tree, { format: 'xml' }))
  }
})
