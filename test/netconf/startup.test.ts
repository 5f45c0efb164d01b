/** The startup datastore over NETCONF (RFC 6241, section 8.7). */
import test from 'ava'
import { startAppliance } from './support/appliance.js'
import { copy, done, edit, interfaces, names, outcome } from './support/interfaces.js'

const remove = '<delete-config><target><startup/></target></delete-config>'

test('startup is copied, read, filtered, validated, locked and deleted, but not edited', async (t) => {
  const { connect } = await startAppliance(t, { capabilities: ['startup', 'writable-running'] })
  const client = await connect()
  t.true(client.serverHello.includes('urn:ietf:params:netconf:capability:startup:1.0'))
  t.deepEqual(await names(client, 'startup'), [])
  await done(client, edit('running', interfaces('p1', 'p2')), copy('<running/>', '<startup/>'))
  await done(client, edit('running', interfaces('p3')))
  t.deepEqual(await names(client, 'startup'), ['p1', 'p2'])
  const filter =
    '<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>p2</name></interface></interfaces>'
  const filtered = await client.rpc(
    `<get-config><source><startup/></source><filter type="subtree">${filter}</filter></get-config>`,
  )
  t.regex(filtered, /p2/)
  t.notRegex(filtered, /p1/)
  await done(client, '<validate><source><startup/></source></validate>')
  const [edited] = await outcome(client, edit('startup', interfaces('p4')))
  t.is(edited?.tag, 'unknown-element')
  await done(client, '<lock><target><startup/></target></lock>')
  const state = await client.rpc('<get/>')
  t.regex(state, /<datastore><name>startup<\/name><locks><global-lock>/)
  const other = await connect()
  const [refused] = await outcome(other, copy('<running/>', '<startup/>'))
  t.is(refused?.tag, 'in-use')
  const [held] = await outcome(other, remove)
  t.is(held?.tag, 'in-use')
  await done(client, remove, '<unlock><target><startup/></target></unlock>')
  t.deepEqual(await names(client, 'startup'), [])
  const [empty] = await outcome(client, copy('<startup/>', '<candidate/>'))
  t.is(empty?.tag, 'data-missing')
  t.regex(empty?.path ?? '', /nc:copy-config\/nc:source\/nc:startup$/)
})

test('without the capability there is no startup', async (t) => {
  const { connect } = await startAppliance(t)
  const client = await connect()
  t.false(client.serverHello.includes('capability:startup'))
  for (const operation of [
    remove,
    '<lock><target><startup/></target></lock>',
    '<get-config><source><startup/></source></get-config>',
  ]) {
    const [error] = await outcome(client, operation)
    t.is(error?.tag, 'operation-not-supported', operation)
  }
  t.notRegex(await client.rpc('<get/>'), /<name>startup<\/name>/)
})
