import test from 'ava'
import type { Client } from './support/client.js'
import { BASE } from './support/client.js'
import { startAppliance, until } from './support/appliance.js'

const IF = 'urn:ietf:params:xml:ns:yang:ietf-interfaces'
const OK = /<ok\/><\/rpc-reply>$/

const edit = (content: string, options = ''): string =>
  `<edit-config><target><candidate/></target>${options}<config>${content}</config></edit-config>`
const interfaces = (content: string): string =>
  `<interfaces xmlns="${IF}" xmlns:nc="${BASE}" xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type">${content}</interfaces>`
const port = (name: string, more = '', attributes = ''): string =>
  `<interface${attributes}><name>${name}</name><type>ianaift:ethernetCsmacd</type>${more}</interface>`
const getConfig = (source: string, filter = ''): string =>
  `<get-config><source><${source}/></source>${filter}</get-config>`

interface RpcError {
  type: string | undefined
  tag: string | undefined
  path: string | undefined
  namespaces: Record<string, string>
  info: string | undefined
  message: string | undefined
}

function errorsOf(reply: string): RpcError[] {
  return [...reply.matchAll(/<rpc-error>(.*?)<\/rpc-error>/gs)].map(([, inner = '']) => {
    const text = (name: string): string | undefined =>
      new RegExp(`<error-${name}(?: [^>]*)?>(.*?)</error-${name}>`, 's').exec(inner)?.[1]
    const declarations = /<error-path([^>]*)>/.exec(inner)?.[1] ?? ''
    const namespaces = Object.fromEntries(
      [...declarations.matchAll(/xmlns:([\w-]+)="([^"]*)"/g)].map(([, prefix = '', uri = '']) => [
        prefix,
        uri,
      ]),
    )
    return {
      type: text('type'),
      tag: text('tag'),
      path: text('path'),
      namespaces,
      info: text('info'),
      message: text('message'),
    }
  })
}

async function refused(client: Client, operation: string): Promise<RpcError> {
  const reply = await client.rpc(operation)
  const [error, ...others] = errorsOf(reply)
  if (error === undefined || others.length > 0) throw new Error(`expected one rpc-error: ${reply}`)
  return error
}

test('a session with the candidate: edit, read, discard, edit, validate, commit', async (t) => {
  const { connect, datastores } = await startAppliance(t)
  const client = await connect()
  t.regex(await client.rpc(edit(interfaces(port('p1') + port('p2')))), OK)
  t.regex(await client.rpc(getConfig('candidate')), /<name>p1<\/name>.*<name>p2<\/name>/s)
  t.regex(await client.rpc(getConfig('running')), /<data><\/data>/)
  t.regex(await client.rpc('<discard-changes/>'), OK)
  t.regex(await client.rpc(getConfig('candidate')), /<data><\/data>/)
  t.regex(await client.rpc(edit(interfaces(port('p3')))), OK)
  t.regex(await client.rpc('<validate><source><candidate/></source></validate>'), OK)
  t.regex(await client.rpc('<commit/>'), OK)
  t.regex(await client.rpc(getConfig('running')), /<name>p3<\/name>/)
  t.like(datastores.head, { number: 1, user: 'admin', session: client.sessionId })
})

test('copy-config takes an inline configuration and another datastore', async (t) => {
  const { connect } = await startAppliance(t)
  const client = await connect()
  const copy = (source: string): string =>
    `<copy-config><target><candidate/></target><source>${source}</source></copy-config>`
  t.regex(await client.rpc(edit(interfaces(port('old')))), OK)
  t.regex(await client.rpc(copy(`<config>${interfaces(port('new'))}</config>`)), OK)
  const after = await client.rpc(getConfig('candidate'))
  t.regex(after, /<name>new<\/name>/)
  t.notRegex(after, /<name>old<\/name>/)
  t.regex(await client.rpc(copy('<running/>')), OK)
  t.regex(await client.rpc(getConfig('candidate')), /<data><\/data>/)
})

test('filters by subtree and by XPath select', async (t) => {
  const { connect, context } = await startAppliance(t)
  const client = await connect()
  t.regex(
    await client.rpc(edit(interfaces(port('p1') + port('p2', '<description>second</description>')))),
    OK,
  )
  const subtree = `<filter type="subtree">${interfaces('<interface><name>p2</name><description/></interface>')}</filter>`
  const bySubtree = await client.rpc(getConfig('candidate', subtree))
  t.regex(bySubtree, /<name>p2<\/name>.*second/s)
  t.notRegex(bySubtree, /p1|<type/)
  const xpath = `<filter type="xpath" xmlns:if="${IF}" select="/if:interfaces/if:interface[if:name='p1']/if:type"/>`
  const byXPath = await client.rpc(getConfig('candidate', xpath))
  t.regex(byXPath, /<name>p1<\/name>.*<type/s)
  t.notRegex(byXPath, /p2/)
  await until(t, 'all handles are disposed', () => context.alive.filters === 0 && context.alive.rpcs === 0)
})

test('a filter past its budget is refused, and the session goes on', async (t) => {
  const { connect } = await startAppliance(t, { budget: { deadline: 1_000, nodes: 1_000 } })
  const client = await connect()
  t.regex(
    await client.rpc(edit(interfaces(Array.from({ length: 200 }, (_, i) => port(`p${i}`)).join('')))),
    OK,
  )
  const filter = `<filter type="xpath" xmlns:if="${IF}" select="//*[count(//if:name[. = current()/if:name]) &gt; 5]"/>`
  t.like(await refused(client, getConfig('candidate', filter)), { tag: 'resource-denied' })
  t.regex(await client.rpc('<discard-changes/>'), OK)
})

type Row = [name: string, operation: string, expected: Partial<RpcError>]
const nc = (path: string): Partial<RpcError> => ({ path, namespaces: { nc: BASE } })
const rows: Row[] = [
  [
    'an operation that nobody knows',
    '<self-destruct/>',
    {
      type: 'protocol',
      tag: 'operation-not-supported',
      ...nc('/nc:rpc'),
      info: '<bad-element>self-destruct</bad-element>',
    },
  ],
  [
    'an operation of a namespace that nobody knows',
    '<do xmlns="urn:x"/>',
    {
      type: 'protocol',
      tag: 'unknown-namespace',
      ...nc('/nc:rpc'),
      info: '<bad-element>do</bad-element><bad-namespace>urn:x</bad-namespace>',
    },
  ],
  [
    'cancel-commit without a confirmed commit',
    '<cancel-commit/>',
    { type: 'application', tag: 'operation-failed' },
  ],
  ['an empty rpc', '', { type: 'protocol', tag: 'missing-element' }],
  [
    'delete-config of running',
    '<delete-config><target><running/></target></delete-config>',
    { type: 'protocol' },
  ],
  [
    'get-config without a source',
    '<get-config/>',
    { tag: 'missing-element', ...nc('/nc:rpc/nc:get-config/nc:source') },
  ],
  ['get-config with an empty source', '<get-config><source/></get-config>', { tag: 'missing-element' }],
  ['get-config of startup', getConfig('startup'), { type: 'protocol' }],
  [
    'edit-config of running',
    edit(interfaces(port('p9'))).replaceAll('candidate', 'running'),
    { type: 'protocol' },
  ],
  ['edit-config without a target', '<edit-config><config/></edit-config>', { tag: 'missing-element' }],
  [
    'edit-config without a config',
    '<edit-config><target><candidate/></target></edit-config>',
    { tag: 'missing-element' },
  ],
  [
    'edit-config with a bad option',
    edit('', '<default-operation>perhaps</default-operation>'),
    { tag: 'invalid-value' },
  ],
  ['an unknown parameter', '<commit><when>now</when></commit>', { tag: 'unknown-element' }],
  ['lock without a target', '<lock/>', { tag: 'missing-element' }],
  [
    'unlock of what is not locked',
    '<unlock><target><running/></target></unlock>',
    { tag: 'operation-failed' },
  ],
  ['kill-session without an id', '<kill-session/>', { tag: 'missing-element' }],
  [
    'kill-session with a name',
    '<kill-session><session-id>me</session-id></kill-session>',
    { tag: 'invalid-value' },
  ],
  [
    'copy-config onto itself',
    '<copy-config><target><candidate/></target><source><candidate/></source></copy-config>',
    { type: 'protocol', tag: 'invalid-value', ...nc('/nc:rpc/nc:copy-config/nc:source') },
  ],
  [
    'a leaf that the schema does not have',
    edit(interfaces(port('p9', '<color>red</color>'))),
    { tag: 'unknown-element', info: '<bad-element>color</bad-element>' },
  ],
  [
    'a value out of range',
    edit(interfaces(port('p9', '<ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ip"><mtu>1</mtu></ipv4>'))),
    {
      tag: 'invalid-value',
      path: "/if:interfaces/if:interface[if:name='p9']/ip:ipv4/ip:mtu",
      namespaces: { if: IF, ip: 'urn:ietf:params:xml:ns:yang:ietf-ip' },
    },
  ],
  [
    'configuration of a namespace that nobody knows',
    edit('<interfaces xmlns="urn:x"/>'),
    { tag: 'unknown-namespace' },
  ],
  ['configuration of no namespace', edit('<interfaces xmlns=""/>'), { tag: 'unknown-namespace' }],
  [
    'creating what exists',
    edit(interfaces(port('p1', '', ' nc:operation="create"'))),
    {
      type: 'application',
      tag: 'data-exists',
      path: "/if:interfaces/if:interface[if:name='p1']",
      namespaces: { if: IF },
    },
  ],
  [
    'deleting what does not exist',
    edit(interfaces('<interface nc:operation="delete"><name>p7</name></interface>')),
    {
      type: 'application',
      tag: 'data-missing',
      path: "/if:interfaces/if:interface[if:name='p7']",
      namespaces: { if: IF },
    },
  ],
  [
    'an operation attribute that does not exist',
    edit(interfaces(port('p1', '', ' nc:operation="explode"'))),
    {
      type: 'application',
      tag: 'bad-attribute',
      info: '<bad-attribute>operation</bad-attribute><bad-element>interface</bad-element>',
    },
  ],
  [
    'an XPath filter that is none',
    getConfig('candidate', '<filter type="xpath" select="/if:["/>'),
    { tag: 'invalid-value' },
  ],
  [
    'an XPath filter without an expression',
    getConfig('candidate', '<filter type="xpath"/>'),
    { tag: 'missing-attribute' },
  ],
]
test('requests that cannot be done are refused with type, tag, path and info, and change nothing', async (t) => {
  const { connect, context } = await startAppliance(t)
  const client = await connect()
  t.regex(await client.rpc(edit(interfaces(port('p1') + port('p2')))), OK)
  const before = await client.rpc(getConfig('candidate'))
  for (const [name, operation, expected] of rows) {
    const error = await refused(client, operation)

    t.like(error, expected, `${name}: ${JSON.stringify(error)}`)
    t.truthy(error.message, name)
    t.truthy(error.tag, name)
  }
  t.is(
    (await client.rpc(getConfig('candidate'))).replace(/message-id="\d+"/, ''),
    before.replace(/message-id="\d+"/, ''),
  )
  await until(t, 'all handles are disposed', () => context.alive.filters === 0 && context.alive.rpcs === 0)
})

test('an rpc without a message-id is refused, and what attributes it has are returned', async (t) => {
  const client = await (await startAppliance(t)).connect()
  client.send(`<rpc xmlns="${BASE}" xmlns:x="urn:x" x:tag="7"><commit/></rpc>`)
  const reply = await client.message(0)
  t.true(reply.startsWith(`<rpc-reply xmlns="${BASE}" xmlns:x="urn:x" x:tag="7"><rpc-error>`))
  t.like(errorsOf(reply)[0], {
    type: 'rpc',
    tag: 'missing-attribute',
    info: '<bad-attribute>message-id</bad-attribute><bad-element>rpc</bad-element>',
  })
})

test('a prefixed rpc with another default namespace is answered in its own prefix', async (t) => {
  const client = await (await startAppliance(t)).connect()
  const attributes = `xmlns:n="${BASE}" xmlns="urn:mine" message-id="1"`
  client.send(`<n:rpc ${attributes}><n:lock><n:target><n:candidate/></n:target></n:lock></n:rpc>`)
  client.send(`<n:rpc ${attributes}><n:nonsense/></n:rpc>`)
  t.is(await client.message(0), `<n:rpc-reply ${attributes}><n:ok/></n:rpc-reply>`)
  t.regex(await client.message(1), /<n:rpc-error><n:error-type>protocol<\/n:error-type>/)
})

test('another session cannot edit what is locked, and the lock of a closed session drops its changes', async (t) => {
  const { connect } = await startAppliance(t)
  const [one, two] = [await connect(), await connect()]
  t.regex(await one.rpc('<lock><target><candidate/></target></lock>'), OK)
  t.regex(await one.rpc(edit(interfaces(port('p1')))), OK)
  t.like(await refused(two, edit(interfaces(port('p2')))), { tag: 'in-use' })
  one.socket.destroy()
  for (let locked = true; locked;)
    locked = !OK.test(await two.rpc('<lock><target><candidate/></target></lock>'))
  t.regex(await two.rpc(getConfig('candidate')), /<data><\/data>/)
})
