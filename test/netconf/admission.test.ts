/** What binds one rpc (RFC 8341, section 3.4): the rules as they were when it was begun. */
import test from 'ava'
import { AccessControl } from '../../netconf/index.js'
import { startAppliance } from './support/appliance.js'

const NACM = 'urn:ietf:params:xml:ns:yang:ietf-netconf-acm'
const PATH = '/ietf-interfaces:interfaces'
const nothing = (): void => undefined

test('the rules that hold when a message is begun hold for all of it', async (t) => {
  const { context, datastores, connect } = await startAppliance(t, {
    nacm: `<nacm xmlns="${NACM}"><enable-nacm>true</enable-nacm></nacm>`,
    recoveryUser: 'rescue',
  })
  const log = { info: nothing, warn: nothing, error: nothing }
  await using control = new AccessControl({ context, sensitive: [], log })
  control.follow(datastores)
  using before = await control.enter({ session: 9, user: 'alice' })
  t.true(before.access?.reads(PATH))

  const client = await connect({ username: 'rescue' })
  const config = `<nacm xmlns="${NACM}"><read-default>deny</read-default></nacm>`
  const edit = `<edit-config><target><candidate/></target><config>${config}</config></edit-config>`
  for (const operation of [edit, '<commit/>']) t.regex(await client.rpc(operation), /<ok\/>/)

  t.true(before.access?.reads(PATH))
  using after = await control.enter({ session: 9, user: 'alice' })
  t.false(after.access?.reads(PATH))
})
