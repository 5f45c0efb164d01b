import test from 'ava'
import type { Context, DefaultsMode } from 'libyang-js'
import type { Datastores } from '../../datastore/index.js'
import { alice, box, openBench, openContext } from './support.js'

let context: Context
test.before(async () => {
  context = await openContext()
})

async function read(
  datastores: Datastores<string>,
  source: 'running' | 'candidate',
  defaults: DefaultsMode,
): Promise<string> {
  const slices: Buffer[] = []
  for await (const slice of datastores.read({ source, defaults })) slices.push(slice)
  return Buffer.concat(slices).toString()
}

test('defaults of a candidate that nobody validated are those that validation will derive', async (t) => {
  const { datastores, edit } = await openBench(t, context)
  await edit(box('<name>one</name><mtu>9000</mtu>'))
  await datastores.commit(alice)
  t.regex(await read(datastores, 'running', 'report-all'), /<jumbo>true<\/jumbo>/)
  await edit(box('<mtu>1400</mtu>'), { testOption: 'set' })
  t.notRegex(await read(datastores, 'candidate', 'report-all'), /jumbo/)
  await edit(box('<mtu>8000</mtu>'), { testOption: 'set' })
  const shown = await read(datastores, 'candidate', 'report-all-tagged')
  t.regex(shown, /<mtu>8000<\/mtu><jumbo wd:default="true">true<\/jumbo>/)
  await datastores.commit(alice)
  t.is(await read(datastores, 'running', 'report-all-tagged'), shown)
})

test('a read of defaults changes nothing of a candidate, even of one that is not valid', async (t) => {
  const { datastores, edit, text } = await openBench(t, context)
  await edit(box('<mtu>9000</mtu><jumbo>false</jumbo>'))
  await datastores.commit(alice)
  await edit(box('<mtu>1400</mtu><primary>none</primary>'), { testOption: 'set' })
  const before = await datastores.compare('running', 'candidate', 100)
  t.notRegex(await read(datastores, 'candidate', 'report-all'), /jumbo/)
  t.deepEqual(await datastores.compare('running', 'candidate', 100), before)
  t.regex(await text('candidate'), /<jumbo>false<\/jumbo>/)
  await t.throwsAsync(datastores.commit(alice), { message: /primary/ })
  await edit(
    box('<mtu>9000</mtu><primary xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"/>'),
    {
      testOption: 'set',
    },
  )
  t.regex(await read(datastores, 'candidate', 'report-all'), /<mtu>9000<\/mtu><jumbo>false<\/jumbo>/)
  t.is(await datastores.commit(alice), undefined)
})

test('defaults are derived for those too who may not read all that an expression looks at', async (t) => {
  const { datastores, edit } = await openBench(t, context)
  await edit(box('<name>one</name><mtu>1400</mtu>'))
  await datastores.commit(alice)
  await edit(box('<mtu>8000</mtu>'), { testOption: 'set' })
  using access = await context.access({
    rules: [{ module: '*', permit: false, access: ['read'], path: '/test-box:box/name' }],
    defaults: ['read'],
  })
  using filter = context.xpathFilter('//*[self::jumbo or self::name]')
  const slices: Buffer[] = []
  for await (const slice of datastores.read({ source: 'candidate', defaults: 'report-all', access, filter }))
    slices.push(slice)
  t.is(Buffer.concat(slices).toString(), '<box xmlns="urn:weft:test:box"><jumbo>true</jumbo></box>')
  t.is((await datastores.compare('running', 'candidate', 10)).lines.length, 1)
})

test('defaults are the same after a restart, of an empty store too', async (t) => {
  const first = await openBench(t, context)
  const { directory } = first
  const empty = await read(first.datastores, 'running', 'report-all')
  t.regex(empty, /<mtu>1500<\/mtu>/)
  await first.edit(box('<name>one</name><mtu>8000</mtu><port><name>p1</name></port>'))
  await first.datastores.commit(alice)
  const before = await read(first.datastores, 'running', 'report-all-tagged')
  t.regex(before, /<jumbo wd:default="true">true.*<enabled wd:default="true">true/)
  await first.datastores[Symbol.asyncDispose]()
  const again = await openBench(t, context, { directory })
  t.is(await read(again.datastores, 'running', 'report-all-tagged'), before)
  t.is(await read(again.datastores, 'candidate', 'report-all-tagged'), before)
})
