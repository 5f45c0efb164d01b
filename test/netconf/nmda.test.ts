/** NMDA over SSH (RFC 8342, RFC 8526): get-data with each of its parameters, edit-data, datastores named by identities. */
import test from 'ava'
import type { StateProvider } from '../../datastore/index.js'
import { BASE, type Client } from './support/client.js'
import { startAppliance } from './support/appliance.js'

const IF = 'urn:ietf:params:xml:ns:yang:ietf-interfaces'
const IP = 'urn:ietf:params:xml:ns:yang:ietf-ip'
const NMDA = 'urn:ietf:params:xml:ns:yang:ietf-netconf-nmda'
const DS = 'urn:ietf:params:xml:ns:yang:ietf-datastores'
const OR = 'urn:ietf:params:xml:ns:yang:ietf-origin'
const OK = /<ok\/><\/rpc-reply>$/

const type = '<type xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type">ianaift:ethernetCsmacd</type>'
const interfaces = (...ports: string[]): string => `<interfaces xmlns="${IF}">${ports.join('')}</interfaces>`

const getData = (datastore: string, parameters = ''): string =>
  `<get-data xmlns="${NMDA}" xmlns:ds="${DS}" xmlns:or="${OR}"><datastore>${datastore}</datastore>${parameters}</get-data>`
const editData = (datastore: string, config: string, options = ''): string =>
  `<edit-data xmlns="${NMDA}" xmlns:ds="${DS}"><datastore>${datastore}</datastore>${options}<config>${config}</config></edit-data>`
const subtree = (content: string): string => `<subtree-filter>${interfaces(content)}</subtree-filter>`

const tagOf = (reply: string): string | undefined => /<error-tag>(.*?)<\/error-tag>/.exec(reply)?.[1]
const dataOf = (reply: string): string =>
  (
    /<data xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-nmda">(.*)<\/data>/s.exec(reply)?.[1] ?? reply
  ).replaceAll(/ xmlns(:\w+)?="[^"]*"/g, '')

/** p1 is up with an MTU that nobody asked for and a neighbour; p9 is there by itself. */
const system: StateProvider = {
  path: '/ietf-interfaces:interfaces',
  origins: { '/ietf-interfaces:interfaces/interface/ietf-ip:ipv4/neighbor': 'learned' },
  async *read() {
    const neighbour =
      '<neighbor><ip>192.0.2.9</ip><link-layer-address>02:00:00:00:00:09</link-layer-address><origin>dynamic</origin></neighbor>'
    yield interfaces(
      `<interface><name>p1</name><oper-status>up</oper-status><ipv4 xmlns="${IP}"><mtu>1500</mtu>${neighbour}</ipv4></interface>`,
      `<interface><name>p9</name>${type}<oper-status>down</oper-status></interface>`,
    )
  },
}

async function open(t: Parameters<typeof startAppliance>[0]): Promise<Client> {
  const { connect } = await startAppliance(t, { state: [system] })
  const client = await connect()
  const config = interfaces(`<interface><name>p1</name>${type}<ipv4 xmlns="${IP}"/></interface>`)
  for (const operation of [editData('ds:candidate', config), '<commit/>']) {
    const reply = await client.rpc(operation)
    if (!OK.test(reply)) throw new Error(reply)
  }
  return client
}

const p1 = `<interface><name>p1</name><type>ianaift:ethernetCsmacd</type>`

test('get-data reads each datastore, in an element of its own module', async (t) => {
  const client = await open(t)
  t.is(dataOf(await client.rpc(getData('ds:running'))), `<interfaces>${p1}<ipv4/></interface></interfaces>`)
  t.is(dataOf(await client.rpc(getData('ds:intended'))), `<interfaces>${p1}<ipv4/></interface></interfaces>`)
  t.is(dataOf(await client.rpc(getData('ds:candidate'))), `<interfaces>${p1}<ipv4/></interface></interfaces>`)
  const operational = dataOf(await client.rpc(getData('ds:operational', subtree(''))))
  t.regex(
    operational,
    /<enabled>true<\/enabled><oper-status>up<\/oper-status>.*<mtu>1500<\/mtu>.*<name>p9<\/name>/s,
  )
  const shown = await client.rpc(getData('ds:running', '<with-defaults>report-all</with-defaults>'))
  t.regex(shown, /<forwarding>false<\/forwarding>/)
  const inMode = (mode: string): string =>
    getData('ds:operational', `${subtree('')}<with-defaults>${mode}</with-defaults>`)
  t.regex(await client.rpc(inMode('explicit')), /<enabled>/)
  t.notRegex(await client.rpc(inMode('trim')), /<enabled>/)
})

test('what is not supported of a datastore is an invalid value', async (t) => {
  const client = await open(t)
  const refused = async (operation: string, path: RegExp, tag = 'invalid-value'): Promise<void> => {
    const reply = await client.rpc(operation)
    t.is(tagOf(reply), tag, reply)
    t.regex(reply, path)
  }
  await refused(getData('ds:startup'), />\/nc:rpc\/ncds:get-data\/ncds:datastore<\/error-path>/)
  for (const [name, content] of [
    ['with-origin', ''],
    ['origin-filter', 'or:system'],
    ['negated-origin-filter', 'or:system'],
  ] as const)
    await refused(
      getData('ds:running', `<${name}>${content}</${name}>`),
      new RegExp(
        `ncds:${name}(\\[1\\])?</error-path>.*&lt;${name}&gt; is taken only where &lt;datastore&gt; is operational<.*` +
          `<bad-element>${name}</bad-element>`,
      ),
      'unknown-element',
    )
  await refused(editData('ds:operational', interfaces()), /ncds:edit-data\/ncds:datastore<\/error-path>/)
  const target = `<target><datastore xmlns="${NMDA}" xmlns:ds="${DS}">ds:intended</datastore></target>`
  await refused(`<lock>${target}</lock>`, /nc:lock\/nc:target\/ncds:datastore<\/error-path>/)
  await refused(
    `<lock>${target.replace('intended', 'startup')}</lock>`,
    /nc:target\/ncds:datastore<\/error-path>/,
  )
})

test('origins stand on what they are of, and select', async (t) => {
  const client = await open(t)
  const read = async (parameters: string): Promise<string> =>
    dataOf(await client.rpc(getData('ds:operational', subtree('') + parameters)))
  const all = await read('<with-origin/>')
  t.true(
    all.startsWith(`<interfaces or:origin="or:intended">${p1}<enabled or:origin="or:default">true</enabled>`),
  )
  t.regex(all, /<oper-status>up<\/oper-status>/)
  t.regex(all, /<ipv4><enabled or:origin="or:default">true.*<mtu or:origin="or:system">1500<\/mtu>/)
  t.regex(all, /<neighbor or:origin="or:learned"><ip>192\.0\.2\.9<\/ip><link-layer-address>/)
  t.regex(all, /<interface or:origin="or:system"><name>p9<\/name>/)
  const config = '<config-filter>true</config-filter>'
  t.is(
    await read(`<origin-filter>or:learned</origin-filter>${config}`),
    '<interfaces><interface><name>p1</name><ipv4><neighbor><ip>192.0.2.9</ip>' +
      '<link-layer-address>02:00:00:00:00:09</link-layer-address></neighbor></ipv4></interface></interfaces>',
  )
  const rest = await read(
    `<negated-origin-filter>or:learned</negated-origin-filter><negated-origin-filter>or:default</negated-origin-filter>${config}`,
  )
  t.is(
    rest,
    `<interfaces>${p1}<ipv4><mtu>1500</mtu></ipv4></interface><interface><name>p9</name><type>ianaift:ethernetCsmacd</type></interface></interfaces>`,
  )
})

test('origins are told of what an expression selects by state', async (t) => {
  const client = await open(t)
  const expression = `<xpath-filter xmlns:x="${IF}">/x:interfaces/x:interface[x:oper-status = 'up' and count(x:type) = 1]</xpath-filter>`
  const up = dataOf(
    await client.rpc(
      getData('ds:operational', `${expression}<with-origin/><config-filter>true</config-filter>`),
    ),
  )
  t.true(up.startsWith(`<interfaces or:origin="or:intended">${p1}<enabled or:origin="or:default">`), up)
  t.regex(up, /<mtu or:origin="or:system">1500<\/mtu>.*<neighbor or:origin="or:learned">/)
  t.notRegex(up, /p9|oper-status/)
})

test('depth and the filter of state cut down what is selected', async (t) => {
  const client = await open(t)
  const read = async (datastore: string, parameters: string): Promise<string> =>
    dataOf(await client.rpc(getData(datastore, parameters)))
  t.is(await read('ds:running', '<max-depth>1</max-depth>'), '<interfaces/>')
  t.is(
    await read('ds:running', '<max-depth>3</max-depth>'),
    `<interfaces>${p1}<ipv4/></interface></interfaces>`,
  )
  t.is(
    await read('ds:running', '<max-depth>2</max-depth>'),
    '<interfaces><interface><name>p1</name></interface></interfaces>',
  )
  t.is(
    await read('ds:running', `${subtree('<interface><name>p1</name></interface>')}<max-depth>1</max-depth>`),
    '<interfaces><interface><name>p1</name></interface></interfaces>',
  )
  t.is(
    await read('ds:operational', `${subtree('<interface/>')}<config-filter>false</config-filter>`),
    '<interfaces><interface><name>p1</name><oper-status>up</oper-status><ipv4><neighbor><ip>192.0.2.9</ip>' +
      '<origin>dynamic</origin></neighbor></ipv4></interface>' +
      '<interface><name>p9</name><oper-status>down</oper-status></interface></interfaces>',
  )
  t.is(await read('ds:running', '<config-filter>false</config-filter>'), '')
  t.is(tagOf(await client.rpc(getData('ds:running', '<max-depth>0</max-depth>'))), 'invalid-value')
})

test('edit-data is done wholly or not at all', async (t) => {
  const client = await open(t)
  const wrong = interfaces(
    `<interface><name>p2</name>${type}</interface>`,
    `<interface xmlns:nc="${BASE}" nc:operation="delete"><name>p3</name></interface>`,
  )
  t.is(tagOf(await client.rpc(editData('ds:candidate', wrong))), 'data-missing')
  t.notRegex(await client.rpc(getData('ds:candidate')), /p2/)
  const none = '<default-operation>none</default-operation>'
  const unknown = interfaces(`<interface><name>p4</name></interface>`)
  t.is(tagOf(await client.rpc(editData('ds:candidate', unknown, none))), 'data-missing')
})

test('lock, validate and unlock take the identity of a datastore', async (t) => {
  const client = await open(t)
  const candidate = (parameter: string): string =>
    `<${parameter}><datastore xmlns="${NMDA}" xmlns:ds="${DS}">ds:candidate</datastore></${parameter}>`
  t.regex(await client.rpc(`<lock>${candidate('target')}</lock>`), OK)
  t.is(tagOf(await client.rpc('<lock><target><candidate/></target></lock>')), 'lock-denied')
  t.regex(await client.rpc(`<validate>${candidate('source')}</validate>`), OK)
  t.regex(await client.rpc(`<unlock>${candidate('target')}</unlock>`), OK)
})
