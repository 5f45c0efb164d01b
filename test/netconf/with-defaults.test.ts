/** RFC 6243 over SSH: reads in four modes, and edits that set leaves back to their defaults. */
import test from 'ava'
import { BASE, type Client } from './support/client.js'
import { startAppliance } from './support/appliance.js'

const IF = 'urn:ietf:params:xml:ns:yang:ietf-interfaces'
const IP = 'urn:ietf:params:xml:ns:yang:ietf-ip'
const MODE = 'urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults'
const WD = 'urn:ietf:params:xml:ns:netconf:default:1.0'
const OK = /<ok\/><\/rpc-reply>$/

const port = (name: string, more = ''): string =>
  `<interface><name>${name}</name><type xmlns:i="urn:ietf:params:xml:ns:yang:iana-if-type">i:ethernetCsmacd</type>${more}</interface>`
const interfaces = (...ports: string[]): string =>
  `<interfaces xmlns="${IF}" xmlns:wd="${WD}" xmlns:nc="${BASE}">${ports.join('')}</interfaces>`
const edit = (content: string, options = ''): string =>
  `<edit-config><target><candidate/></target>${options}<config>${content}</config></edit-config>`
const read = (source: string, mode?: string, filter = ''): string =>
  `<get-config><source><${source}/></source>${filter}${mode === undefined ? '' : `<with-defaults xmlns="${MODE}">${mode}</with-defaults>`}</get-config>`

const tagOf = (reply: string): string | undefined => /<error-tag>(.*?)<\/error-tag>/.exec(reply)?.[1]
const messageOf = (reply: string): string | undefined => /<error-message[^>]*>(.*?)<\//.exec(reply)?.[1]

async function commit(client: Client, content: string): Promise<void> {
  for (const operation of [edit(content), '<commit/>']) {
    const reply = await client.rpc(operation)
    if (!OK.test(reply)) throw new Error(reply)
  }
}

test('each mode shows of the defaults what it says', async (t) => {
  const { connect } = await startAppliance(t)
  const client = await connect()
  t.true(
    client.serverHello.includes(
      ':with-defaults:1.0?basic-mode=explicit&amp;also-supported=report-all,report-all-tagged,trim<',
    ),
  )
  await commit(client, interfaces(port('p1', `<enabled>true</enabled><ipv4 xmlns="${IP}"/>`)))
  t.regex(await client.rpc(read('running')), /<enabled>true<\/enabled><ipv4 xmlns="[^"]*"\/>/)
  t.regex(await client.rpc(read('running', 'explicit')), /<enabled>true<\/enabled><ipv4 xmlns="[^"]*"\/>/)
  t.regex(await client.rpc(read('running', 'trim')), /<\/type><ipv4 xmlns="[^"]*"\/>/)
  t.regex(
    await client.rpc(read('running', 'report-all')),
    /<enabled>true<\/enabled><ipv4 xmlns="[^"]*"><enabled>true<\/enabled><forwarding>false<\/forwarding>/,
  )
  const tagged = await client.rpc(read('running', 'report-all-tagged'))
  t.regex(
    tagged,
    /<enabled>true<\/enabled><ipv4 xmlns="[^"]*"><enabled wd:default="true">true<\/enabled><forwarding wd:default="true">/,
  )
  t.true(tagged.includes(`xmlns:wd="${WD}"`))
  const get = await client.rpc(
    `<get><filter><interfaces xmlns="${IF}"/></filter><with-defaults xmlns="${MODE}">report-all</with-defaults></get>`,
  )
  t.regex(get, /<forwarding>false<\/forwarding>/)
  t.is(tagOf(await client.rpc(read('running', 'some'))), 'invalid-value')
})

test('a content match on a default selects in every mode, and shows it where defaults are shown', async (t) => {
  const { connect } = await startAppliance(t)
  const client = await connect()
  await commit(client, interfaces(port('p1'), port('p2', '<enabled>false</enabled>')))
  const filter = `<filter><interfaces xmlns="${IF}"><interface><enabled>true</enabled><name/></interface></interfaces></filter>`
  const shown = await client.rpc(read('running', 'report-all', filter))
  t.regex(shown, /<name>p1<\/name><enabled>true<\/enabled><\/interface>/)
  t.notRegex(shown, /p2/)
  t.regex(await client.rpc(read('running', undefined, filter)), /<name>p1<\/name><\/interface>/)
})

const bodyOf = (reply: string): string | undefined => /<data>.*<\/data>/s.exec(reply)?.[0]

test('create and delete know nothing of defaults that nobody set', async (t) => {
  const { connect } = await startAppliance(t)
  const client = await connect()
  await commit(client, interfaces(port('p1')))
  const leaf = (operation: string): string =>
    edit(interfaces(port('p1', `<enabled nc:operation="${operation}">true</enabled>`)))
  t.is(tagOf(await client.rpc(leaf('delete'))), 'data-missing')
  t.regex(await client.rpc(leaf('create')), OK)
  t.is(tagOf(await client.rpc(leaf('create'))), 'data-exists')
  t.regex(await client.rpc(read('candidate')), /<enabled>true<\/enabled>/)
  t.regex(await client.rpc(leaf('delete')), OK)
  t.notRegex(await client.rpc(read('candidate')), /<enabled>/)
})

test('a leaf that is tagged as default is set back to it', async (t) => {
  const { connect } = await startAppliance(t)
  const client = await connect()
  await commit(
    client,
    interfaces(port('p1', '<enabled>false</enabled>'), port('p2', '<enabled>true</enabled>')),
  )
  const reply = await client.rpc(
    edit(
      interfaces(
        port('p1', '<enabled wd:default="true">true</enabled>'),
        port('p2', '<enabled wd:default="1" nc:operation="replace">true</enabled>'),
        port('p3', '<enabled wd:default="true">true</enabled>'),
        port('p4', '<enabled wd:default="false">true</enabled>'),
      ),
    ),
  )
  t.regex(reply, OK)
  t.is((await client.rpc(read('candidate'))).match(/<enabled>/g)?.length, 1)
  t.regex(await client.rpc('<commit/>'), OK)
  t.is((await client.rpc(read('running', 'report-all'))).match(/<enabled>true/g)?.length, 4)
})

test('a tag that asks for what cannot be is refused with the path', async (t) => {
  const { connect } = await startAppliance(t)
  const client = await connect()
  await commit(client, interfaces(port('p0'), port('p1', '<description>d</description>')))
  const refused = async (leaf: string, ...words: RegExp[]): Promise<void> => {
    const reply = await client.rpc(edit(interfaces(port('p1', leaf))))
    t.is(tagOf(reply), 'invalid-value', reply)
    t.regex(
      reply,
      /<error-path[^>]*>\/if:interfaces\/if:interface\[if:name='p1'\]\/if:(enabled|description)<\//,
    )
    for (const word of words) t.regex(messageOf(reply) ?? '', word)
  }
  await refused('<enabled wd:default="true">false</enabled>', /default, which is true/)
  await refused('<description wd:default="true">d</description>', /has no default/)
  await refused(
    '<enabled wd:default="true" nc:operation="remove">true</enabled>',
    /create, merge and replace/,
  )
  const key = interfaces(port('p1').replace('<name>', '<name wd:default="true">'))
  const keyed = await client.rpc(edit(key))
  t.is(tagOf(keyed), 'invalid-value', keyed)
  t.regex(
    keyed,
    /if:interface\[if:name='p1'\]\/if:name<.*the key &quot;name&quot; has no default.*<bad-attribute>default</,
  )
  const odd = edit(interfaces(port('p1', '<enabled wd:default="yes">true</enabled>')))
  t.is(tagOf(await client.rpc(odd)), 'bad-attribute')
})

test('copy-config takes back what report-all-tagged gave out, with nothing more set', async (t) => {
  const { connect, datastores } = await startAppliance(t)
  const client = await connect()
  await commit(client, interfaces(port('p1', '<description>d</description>')))
  const config = bodyOf(await client.rpc(read('running', 'report-all-tagged')))?.slice(6, -7) ?? ''
  t.regex(config, /wd:default/)
  const copy = `<copy-config><target><candidate/></target><source><config>${config}</config></source></copy-config>`
  t.regex(await client.rpc(copy), OK)
  t.deepEqual((await datastores.compare('running', 'candidate', 10)).lines, [])
})
