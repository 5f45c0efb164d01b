import test from 'ava'
import { contentId, modulesState, monitoringState, yangLibraryState } from '../../netconf/index.js'
import { everything } from '../../datastore/controller.js'
import { startAppliance } from './support/appliance.js'

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const piece of pieces) text += piece
  return text
}

test('netconf-state fits its schema, with sessions and a lock', async (t) => {
  const { context, server, datastores, connect } = await startAppliance(t)
  const client = await connect()
  await client.rpc('<lock><target><candidate/></target></lock>')
  const text = await textOf(monitoringState(server.registry, context, () => datastores).read(everything))
  using tree = await context.parse(text, 'xml')
  const at = (path: string): Promise<string | undefined> =>
    tree.value(`/ietf-netconf-monitoring:netconf-state/${path}`)
  t.is(await at(`sessions/session[session-id='${client.sessionId}']/username`), 'admin')
  t.is(
    await at("datastores/datastore[name='candidate']/locks/global-lock/locked-by-session"),
    String(client.sessionId),
  )
  t.is(await at("datastores/datastore[name='running']/locks/global-lock/locked-by-session"), undefined)
  t.is(await at('statistics/in-rpcs'), '1')
  const schemas = await tree.find('/ietf-netconf-monitoring:netconf-state/schemas/schema')
  const submodules = context.modules.reduce((sum, module) => sum + module.submodules.length, 0)
  t.is(schemas.length, context.modules.length + submodules)
})

test('yang-library fits its schema and lists what the context has', async (t) => {
  const { context } = await startAppliance(t)
  using tree = await context.parse(await textOf(yangLibraryState(context).read(everything)), 'xml')
  const set = "/ietf-yang-library:yang-library/module-set[name='complete']"
  t.is(await tree.value('/ietf-yang-library:yang-library/content-id'), contentId(context))
  t.is(await tree.value(`${set}/module[name='ietf-ip']/revision`), '2018-02-22')
  t.deepEqual(
    (await tree.find(`${set}/module[name='ietf-netconf']/feature`)).length,
    context.modules.find(({ name }) => name === 'ietf-netconf')?.features.length,
  )
  t.is(
    (await tree.find(`${set}/module`)).length,
    context.modules.filter(({ implemented }) => implemented).length,
  )
  t.is((await tree.find('/ietf-yang-library:yang-library/datastore')).length, 5)
})

test('modules-state tells the same, for clients from before NMDA', async (t) => {
  const { context } = await startAppliance(t)
  using tree = await context.parse(await textOf(modulesState(context).read(everything)), 'xml')
  const at = '/ietf-yang-library:modules-state'
  t.is(await tree.value(`${at}/module-set-id`), contentId(context))
  t.is((await tree.find(`${at}/module`)).length, context.modules.length)
  const path = `${at}/module[name='ietf-netconf'][revision='2011-06-01']`
  t.is(await tree.value(`${path}/conformance-type`), 'implement')
  t.truthy(await tree.value(`${path}/feature[.='candidate']`))
})

test('the content id follows the module set', async (t) => {
  const { context } = await startAppliance(t)
  const without = { ...context, modules: context.modules.slice(1) } as typeof context
  const same = { ...context, modules: [...context.modules].reverse() } as typeof context
  t.not(contentId(without), contentId(context))
  t.is(contentId(same), contentId(context))
})
