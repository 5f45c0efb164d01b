import test from 'ava'
import { startAppliance } from './support/appliance.js'
import type { Client } from './support/client.js'

const PL = 'urn:ietf:params:xml:ns:netconf:partial-lock:1.0'
const IF = 'urn:ietf:params:xml:ns:yang:ietf-interfaces'
const OK = /<ok\/>/
const partialLock = (...selects: string[]) =>
  `<partial-lock xmlns="${PL}" xmlns:if="${IF}">${selects.map((text) => `<select>${text}</select>`).join('')}</partial-lock>`
const partialUnlock = (id: string | undefined) =>
  `<partial-unlock xmlns="${PL}"><lock-id>${id}</lock-id></partial-unlock>`
const described = (name: string, text: string) =>
  `<interface><name>${name}</name><description>${text}</description>` +
  '<type xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">t:softwareLoopback</type></interface>'
const edit = (...interfaces: string[]) =>
  `<edit-config><target><candidate/></target><config><interfaces xmlns="${IF}">${interfaces.join('')}</interfaces></config></edit-config>`
const leaf = (reply: string, name: string) => new RegExp(`<${name}[^>]*>([^<]*)<`).exec(reply)?.[1]

async function committed(client: Client, ...rpcs: string[]): Promise<void> {
  for (const rpc of [...rpcs, '<commit/>']) {
    const reply = await client.rpc(rpc)
    if (!OK.test(reply)) throw new Error(reply)
  }
}

test('a part of running is locked, shown by monitoring, kept from others, and given back', async (t) => {
  const { context, connect, log } = await startAppliance(t)
  const [one, two] = [await connect(), await connect()]
  t.regex(one.serverHello, /capability:partial-lock:1\.0/)
  const routing =
    '<edit-config><target><candidate/></target><config><routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing">' +
    '<control-plane-protocols><control-plane-protocol><type>static</type><name>s</name></control-plane-protocol>' +
    '</control-plane-protocols></routing></config></edit-config>'
  await committed(one, edit(described('a', '1'), described('b', '1')), routing)
  const granted = await one.rpc(
    partialLock("/if:interfaces/if:interface[if:name='a']", '//*[local-name() = "control-plane-protocol"]'),
  )
  const id = leaf(granted, 'lock-id')
  t.regex(
    granted,
    new RegExp(`<lock-id xmlns="${PL}">${id}</lock-id><locked-node xmlns="${PL}" xmlns:if="${IF}">`),
  )
  t.true(granted.includes("/if:interfaces/if:interface[if:name='a']</locked-node>"))
  const state = await two.rpc(
    '<get><filter type="subtree"><netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><datastores/></netconf-state></filter></get>',
  )
  const data = /<data>(.*)<\/data>/s.exec(state)?.[1] ?? ''
  using tree = await context.parse(data, 'xml')
  const lock = `/ietf-netconf-monitoring:netconf-state/datastores/datastore[name='running']/locks/partial-lock[lock-id='${id}']`
  t.is(await tree.value(`${lock}/locked-by-session`), String(one.sessionId))
  t.is((await tree.find(`${lock}/locked-node`)).length, 2)
  t.is((await tree.find(`${lock}/select`)).length, 2)
  t.is(log.filter((line) => line.includes('does not fit')).length, 0)

  t.regex(await two.rpc(edit(described('a', '2'))), OK)
  const refused = await two.rpc('<commit/>')
  t.deepEqual([leaf(refused, 'error-tag'), leaf(refused, 'error-app-tag')], ['in-use', 'locked'])
  t.is(leaf(refused, 'error-path'), "/if:interfaces/if:interface[if:name='a']")
  t.regex(await two.rpc(partialUnlock(id)), /invalid-value/)
  t.regex(await one.rpc(partialUnlock(id)), OK)
  t.regex(await two.rpc('<commit/>'), OK)
})

test('a partial lock goes with its session', async (t) => {
  const { connect, datastores } = await startAppliance(t)
  const [one, two] = [await connect(), await connect()]
  await committed(one, edit(described('a', '1')))
  t.regex(await one.rpc(partialLock('/if:interfaces')), /lock-id/)
  const denied = await two.rpc(partialLock("/if:interfaces/if:interface[if:name='a']/if:description"))
  t.deepEqual([leaf(denied, 'error-tag'), leaf(denied, 'session-id')], ['lock-denied', String(one.sessionId)])
  t.regex(await two.rpc('<lock><target><running/></target></lock>'), /lock-denied/)
  t.regex(await two.rpc(`<kill-session><session-id>${one.sessionId}</session-id></kill-session>`), OK)
  t.deepEqual((await datastores.locks()).partial, [])
  t.regex(await two.rpc(partialLock('/if:interfaces')), /lock-id/)
  t.regex(await two.rpc('<close-session/>'), OK)
})

test('what cannot be locked says why', async (t) => {
  const { connect } = await startAppliance(t)
  const client = await connect()
  await committed(client, edit(described('a', '1')))
  for (const [rpc, tag, appTag] of [
    [partialLock('/if:interfaces['), 'invalid-value', undefined],
    [partialLock('/none:interfaces'), 'invalid-value', undefined],
    [partialLock('count(/if:interfaces)'), 'invalid-value', 'not-a-node-set'],
    [partialLock("//if:interface[if:name='z']"), 'operation-failed', 'no-matches'],
    [partialLock('/if:interfaces/if:interface/if:oper-status'), 'operation-failed', 'no-matches'],
    [partialLock(), 'missing-element', 'too-few-elements'],
    [`<partial-unlock xmlns="${PL}"/>`, 'missing-element', undefined],
    [partialUnlock('77'), 'invalid-value', undefined],
  ] as const) {
    const reply = await client.rpc(rpc)
    t.deepEqual([leaf(reply, 'error-tag'), leaf(reply, 'error-app-tag')], [tag, appTag], `${rpc}: ${reply}`)
  }
})

test('running that is written directly is kept as well', async (t) => {
  const { connect } = await startAppliance(t, { capabilities: ['writable-running'] })
  const [one, two] = [await connect(), await connect()]
  const direct = (...interfaces: string[]) => edit(...interfaces).replace('<candidate/>', '<running/>')
  t.regex(await one.rpc(direct(described('a', '1'), described('b', '1'))), OK)
  t.regex(await one.rpc(partialLock("/if:interfaces/if:interface[if:name='a']")), /lock-id/)
  const copy = `<copy-config><target><running/></target><source><config><interfaces xmlns="${IF}">${described('b', '3')}</interfaces></config></source></copy-config>`
  for (const rpc of [direct(described('a', '2')), copy]) {
    const reply = await two.rpc(rpc)
    t.deepEqual([leaf(reply, 'error-tag'), leaf(reply, 'error-app-tag')], ['in-use', 'locked'], reply)
    t.is(leaf(reply, 'error-path'), "/if:interfaces/if:interface[if:name='a']")
  }
  t.regex(await two.rpc(direct(described('b', '2'))), OK)
  t.regex(await one.rpc(direct(described('a', '2'))), OK)
})
