/** The factory default configuration (RFC 8808): read, copied, and gone back to. */
import test from 'ava'
import type { Factory } from '../../datastore/index.js'
import { startAppliance } from './support/appliance.js'

const IF = 'urn:ietf:params:xml:ns:yang:ietf-interfaces'
const NMDA = 'urn:ietf:params:xml:ns:yang:ietf-netconf-nmda'
const DS = 'urn:ietf:params:xml:ns:yang:ietf-datastores'
const FD = 'urn:ietf:params:xml:ns:yang:ietf-factory-default'
const OK = /<ok\/><\/rpc-reply>$/

const type = '<type xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type">ianaift:softwareLoopback</type>'
const interfaces = (name: string, more = ''): string =>
  `<interfaces xmlns="${IF}"><interface><name>${name}</name>${type}${more}</interface></interfaces>`
const edit = (config: string): string =>
  `<edit-config><target><candidate/></target><config>${config}</config></edit-config>`
const read = (source: string): string => `<get-config><source><${source}/></source></get-config>`
const reset = `<factory-reset xmlns="${FD}"/>`
const getFactoryDefault = `<get-data xmlns="${NMDA}" xmlns:fd="${FD}"><datastore>fd:factory-default</datastore></get-data>`

/** The description stands for a secret, which each reset makes anew. */
function factory(): Factory & { readonly adopted: string[] } {
  let made = 0
  const adopted: string[] = []
  return {
    adopted,
    shown: interfaces('lo0'),
    configuration() {
      const secret = `secret ${++made}`
      return {
        xml: interfaces('lo0', `<description>${secret}</description>`),
        adopted: () => void adopted.push(secret),
      }
    },
  }
}

test('a reset makes every datastore the factory default, whoever has locked what, and ends all sessions', async (t) => {
  const made = factory()
  const { connect, datastores } = await startAppliance(t, { factory: made, capabilities: ['startup'] })
  const [admin, other] = [await connect(), await connect()]
  for (const operation of [
    edit(interfaces('lo1')),
    '<commit/>',
    '<copy-config><target><startup/></target><source><running/></source></copy-config>',
    edit(interfaces('lo2')),
    '<commit><confirmed/></commit>',
    '<lock><target><candidate/></target></lock>',
    edit(interfaces('lo3')),
  ])
    t.regex(await other.rpc(operation), OK, operation)
  t.regex(await admin.rpc(reset), OK)
  await Promise.all([admin.closed(), other.closed()])
  t.deepEqual(made.adopted, ['secret 1'])
  t.is(datastores.confirmation, undefined)
  t.is(datastores.head?.comment, 'factory reset')
  const again = await connect()
  for (const source of ['running', 'candidate', 'startup']) {
    const reply = await again.rpc(read(source))
    t.regex(reply, /<name>lo0<\/name>.*<description>secret 1</, source)
    t.notRegex(reply, /lo[123]/, source)
  }
  t.regex(await again.rpc('<lock><target><candidate/></target></lock>'), OK)
})

test('factory-default is read by its name, without secrets, and copied to the candidate', async (t) => {
  const { connect } = await startAppliance(t, { factory: factory() })
  const client = await connect()
  const shown = await client.rpc(getFactoryDefault)
  t.regex(shown, /<name>lo0<\/name>/)
  t.notRegex(shown, /secret/)
  const all = getFactoryDefault.replace('</get-data>', '<with-defaults>report-all</with-defaults></get-data>')
  t.regex(await client.rpc(all), /<enabled>true<\/enabled>/)
  t.regex(await client.rpc(edit(interfaces('lo1'))), OK)
  const source = (name: string): string =>
    `<copy-config><target><candidate/></target><source><datastore xmlns="urn:weft:params:xml:ns:yang:weft-datastores" xmlns:ds="${DS}" xmlns:fd="${FD}">${name}</datastore></source></copy-config>`
  t.regex(await client.rpc(source('fd:factory-default')), OK)
  const candidate = await client.rpc(read('candidate'))
  t.regex(candidate, /<name>lo0<\/name>/)
  t.notRegex(candidate, /lo1/)
  t.regex(await client.rpc(source('ds:operational')), /<error-tag>invalid-value<\/error-tag>/)
  t.regex(
    await client.rpc(
      `<validate><source><datastore xmlns="${NMDA}" xmlns:fd="${FD}">fd:factory-default</datastore></source></validate>`,
    ),
    OK,
  )
})

test('a reset to what running is makes no commit', async (t) => {
  const shown = interfaces('lo0')
  const { connect, datastores } = await startAppliance(t, {
    factory: { shown, configuration: () => ({ xml: shown }) },
  })
  const client = await connect()
  t.regex(await client.rpc(edit(shown)), OK)
  t.regex(await client.rpc('<commit/>'), OK)
  const { head } = datastores
  t.regex(await client.rpc(reset), OK)
  t.deepEqual(datastores.head, head)
})
