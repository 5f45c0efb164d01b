import test from 'ava'
import { startAppliance } from './support/appliance.js'
import type { Client } from './support/client.js'

const CMP = 'urn:ietf:params:xml:ns:yang:ietf-nmda-compare'
const IF = 'urn:ietf:params:xml:ns:yang:ietf-interfaces'
const OK = /<ok\/>/
const type = '<type xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">t:softwareLoopback</type>'
const compare = (source: string, target: string, more = '') =>
  `<compare xmlns="${CMP}" xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores"><source>ds:${source}</source>` +
  `<target>ds:${target}</target>${more}</compare>`
const commit = (parameter: string, number: number) =>
  `<${parameter}-commit xmlns="urn:weft:params:xml:ns:yang:weft-compare">${number}</${parameter}-commit>`
const edit = (content: string) =>
  `<edit-config><target><candidate/></target><config xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">` +
  `<interfaces xmlns="${IF}">${content}</interfaces></config></edit-config>`

async function done(client: Client, ...rpcs: string[]): Promise<void> {
  for (const rpc of rpcs) {
    const reply = await client.rpc(rpc)
    if (!OK.test(reply)) throw new Error(reply)
  }
}

/** What a reply says of each edit: operation, target, point or where, value, source-value. */
function editsOf(reply: string): (string | undefined)[][] {
  return [...reply.matchAll(/<edit>(.*?)<\/edit>/gs)].map(([, text = '']) =>
    ['operation', 'target', 'value', 'source-value'].map(
      (name) => new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(text)?.[1],
    ),
  )
}

const at = (name: string, leaf: string) => `/ietf-interfaces:interfaces/interface=${name}/${leaf}`
const leaf = (name: string, value: string) => `<${name} xmlns="${IF}">${value}</${name}>`

test('between candidate and running, and back; the answer fits its schema', async (t) => {
  const { connect } = await startAppliance(t)
  const client = await connect()
  await done(
    client,
    edit(
      `<interface><name>a/1</name><description>one</description><enabled>false</enabled>${type}</interface>`,
    ),
    '<commit/>',
    edit(
      '<interface><name>a/1</name><description>two</description><enabled nc:operation="remove"/></interface>' +
        `<interface><name>b</name>${type}</interface>`,
    ),
  )
  const forth = await client.rpc(compare('running', 'candidate'))
  t.deepEqual(
    editsOf(forth).filter(([, target]) => target?.includes('a%2F1')),
    [
      ['replace', at('a%2F1', 'description'), leaf('description', 'two'), leaf('description', 'one')],
      ['delete', at('a%2F1', 'enabled'), undefined, leaf('enabled', 'false')],
    ],
  )
  const [created] = editsOf(forth).filter(
    ([, target]) => target === '/ietf-interfaces:interfaces/interface=b',
  )
  t.is(created?.[0], 'create')
  t.regex(created?.[2] ?? '', /^<interface xmlns="[^"]*"><name>b<\/name><type .*<\/interface>$/)
  t.regex(forth, /<patch-id>running to candidate<\/patch-id>/)
  t.deepEqual(editsOf(forth).length, 3)

  const back = editsOf(await client.rpc(compare('candidate', 'running')))
  t.deepEqual(back.map(([operation]) => operation).toSorted(), ['create', 'delete', 'replace'])
  t.deepEqual(editsOf(await client.rpc(compare('running', 'intended'))), [])

  const filtered = (path: string) => `<xpath-filter xmlns:if="${IF}">${path}</xpath-filter>`
  t.deepEqual(
    editsOf(
      await client.rpc(
        compare('running', 'candidate', filtered("//if:interface[if:name='a/1']/if:description")),
      ),
    ),
    [['replace', at('a%2F1', 'description'), leaf('description', 'two'), leaf('description', 'one')]],
  )
  t.regex(
    await client.rpc(compare('running', 'candidate', filtered("//if:interface[if:name='z']"))),
    new RegExp(`<no-matches xmlns="${CMP}"/>`),
  )
  const subtree = `<subtree-filter><interfaces xmlns="${IF}"><interface><name>b</name></interface></interfaces></subtree-filter>`
  t.deepEqual(
    editsOf(await client.rpc(compare('candidate', 'running', subtree))).map(([operation, target]) => [
      operation,
      target,
    ]),
    [['delete', '/ietf-interfaces:interfaces']],
  )
})

test('against what running was after a commit', async (t) => {
  const { connect } = await startAppliance(t)
  const client = await connect()
  for (const text of ['one', 'two', 'three'])
    await done(
      client,
      edit(`<interface><name>a</name><description>${text}</description>${type}</interface>`),
      '<commit/>',
    )
  const values = ['replace', at('a', 'description'), leaf('description', 'three'), leaf('description', 'one')]
  const since = compare('running', 'running', commit('source', 1))
  t.deepEqual(editsOf(await client.rpc(since)), [values])
  t.regex(await client.rpc(since), /<patch-id>running after commit 1 to running<\/patch-id>/)
  const filter = `<subtree-filter><interfaces xmlns="${IF}"><interface><description/></interface></interfaces></subtree-filter>`
  t.deepEqual(editsOf(await client.rpc(compare('running', 'running', commit('source', 1) + filter))), [
    values,
  ])
  t.deepEqual(
    editsOf(await client.rpc(compare('running', 'candidate', commit('source', 0)))).map(
      ([operation]) => operation,
    ),
    ['create'],
  )
  t.regex(
    await client.rpc(compare('candidate', 'running', commit('source', 1))),
    /invalid-value.*source-commit/,
  )
  t.regex(
    await client.rpc(compare('running', 'running', commit('target', 77))),
    /invalid-value.*no commit 77/,
  )
  t.regex(await client.rpc(compare('startup', 'running')), /invalid-value/)
})

test('operational with its origins, with state when all is asked for', async (t) => {
  const { connect } = await startAppliance(t)
  const client = await connect()
  await done(client, edit(`<interface><name>a</name>${type}</interface>`), '<commit/>')
  t.deepEqual(editsOf(await client.rpc(compare('intended', 'operational'))), [])
  const all = editsOf(await client.rpc(compare('intended', 'operational', '<all/>')))
  t.true(all.some(([, target]) => target === '/ietf-netconf-monitoring:netconf-state'))
  await done(
    client,
    edit(`<interface><name>a</name><description>new</description><enabled>false</enabled></interface>`),
  )
  const changes = editsOf(await client.rpc(compare('operational', 'candidate', '<report-origin/>')))
  t.deepEqual(
    changes.map(([operation, target]) => [operation, target]),
    [
      ['create', at('a', 'description')],
      ['replace', at('a', 'enabled')],
    ],
  )
  t.regex(changes[1]?.[3] ?? '', /or:origin="or:default"/)
  t.notRegex(changes[1]?.[2] ?? '', /origin/)
  t.notRegex(await client.rpc(compare('operational', 'candidate')), /origin/)
  const subtree =
    '<subtree-filter><netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><statistics/></netconf-state></subtree-filter>'
  t.regex(await client.rpc(compare('intended', 'operational', subtree)), /<no-matches/)
  t.is(editsOf(await client.rpc(compare('operational', 'intended', `<all/>${subtree}`)))[0]?.[0], 'delete')
})

test('who may not read what differs is not told of it, however the two are compared', async (t) => {
  const rule = (name: string, what: string, action: string) =>
    `<rule><name>${name}</name>${what}<access-operations>*</access-operations><action>${action}</action></rule>`
  const nacm =
    '<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm">' +
    '<groups><group><name>admins</name><user-name>admin</user-name></group></groups>' +
    `<rule-list><name>admins</name><group>admins</group>${rule('all', '<module-name>*</module-name>', 'permit')}</rule-list>` +
    `<rule-list><name>rest</name><group>*</group>${rule('hidden', `<path xmlns:if="${IF}">/if:interfaces/if:interface[if:name='hidden']</path>`, 'deny')}</rule-list></nacm>`
  const { connect } = await startAppliance(t, { nacm })
  const [admin, guest] = [await connect(), await connect({ username: 'guest' })]
  await done(
    admin,
    edit(`<interface><name>hidden</name>${type}</interface><interface><name>seen</name>${type}</interface>`),
    '<commit/>',
    edit('<interface><name>hidden</name><enabled>false</enabled></interface>'),
    edit('<interface><name>seen</name><enabled>false</enabled></interface>'),
  )
  const subtree = `<subtree-filter><interfaces xmlns="${IF}"/></subtree-filter>`
  for (const rpc of [
    compare('running', 'candidate'),
    compare('running', 'candidate', subtree),
    compare('operational', 'candidate', subtree),
    compare('running', 'candidate', commit('source', 1) + subtree),
  ]) {
    const targets = editsOf(await guest.rpc(rpc)).map(([, target]) => target)
    t.true(targets.length > 0, rpc)
    t.notRegex(await guest.rpc(rpc), /hidden/, rpc)
    t.regex(await admin.rpc(rpc), /hidden/, rpc)
  }
})
