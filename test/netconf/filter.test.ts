/** Filters as clients send them (RFC 6241, sections 6 and 8.9): namespaces, contents, attributes, prefixes in scope. */
import test, { type ExecutionContext } from 'ava'
import { startAppliance } from './support/appliance.js'
import { BASE } from './support/client.js'
import type { Client } from './support/client.js'
import { done, edit, interfaces, port } from './support/interfaces.js'

const IF = 'urn:ietf:params:xml:ns:yang:ietf-interfaces'
const IP = 'urn:ietf:params:xml:ns:yang:ietf-ip'

const address = (ip: string, length: number): string =>
  `<ipv4 xmlns="${IP}"><address><ip>${ip}</ip><prefix-length>${length}</prefix-length></address></ipv4>`

async function start(t: ExecutionContext): Promise<Client> {
  const { connect } = await startAppliance(t)
  const client = await connect()
  const content = interfaces(
    port('p1', `<description>up link</description><enabled>false</enabled>${address('192.0.2.1', 24)}`),
    port('p2', `<description>down link</description>${address('192.0.2.129', 25)}`),
    port('p3', '<description>down link</description><enabled>false</enabled>'),
  )
  await done(client, edit('candidate', content), '<commit/>')
  return client
}

async function select(client: Client, filter: string): Promise<string> {
  const reply = await client.rpc(`<get-config><source><running/></source>${filter}</get-config>`)
  const data = /<data>(.*)<\/data>/s.exec(reply)?.[1]
  if (data === undefined) throw new Error(reply)
  return data
}

/** `name: elements beside it` of each interface. */
function told(data: string): string[] {
  return [...data.matchAll(/<interface>(.*?)<\/interface>/gs)].map(([, inner = '']) => {
    const elements = [...inner.matchAll(/<([a-z0-9-]+)(?: [^>]*)?>[^<]/g)].map(([, name]) => name)
    const rest = elements.filter((name) => name !== 'name').join(' ')
    return `${/<name>([^<]*)/.exec(inner)?.[1]}:${rest && ` ${rest}`}`
  })
}

const subtree = (content: string): string => `<filter type="subtree">${content}</filter>`
const within = (content: string): string =>
  `<interfaces xmlns="${IF}"><interface>${content}</interface></interfaces>`

const cases: readonly (readonly [what: string, filter: string, result: readonly string[]])[] = [
  ['an empty filter', '<filter/>', []],
  ['an empty subtree filter', '<filter type="subtree"></filter>', []],
  ['white space alone', subtree('\n  \n'), []],
  ['a selection of leafs', subtree(within('<enabled/>')), ['p1: enabled', 'p3: enabled']],
  ['a content match', subtree(within('<name>p2</name><description/>')), ['p2: description']],
  [
    'a content match with white space around it',
    subtree(within('<name>\n  p2\t</name><description/>')),
    ['p2: description'],
  ],
  ['white space inside a content counts', subtree(within('<description>up  link</description>')), []],
  [
    'the white space of a content',
    subtree(within('<description> up link </description><name/>')),
    ['p1: description'],
  ],
  [
    'two content matches hold together',
    subtree(within('<description>down link</description><enabled>false</enabled><name/>')),
    ['p3: description enabled'],
  ],
  [
    'and not one of them alone',
    subtree(within('<description>up link</description><enabled>true</enabled>')),
    [],
  ],
  [
    'two branches of one list',
    subtree(
      `<interfaces xmlns="${IF}"><interface><name>p1</name><enabled/></interface><interface><name>p3</name><description/></interface></interfaces>`,
    ),
    ['p1: enabled', 'p3: description'],
  ],
  [
    'an augmentation by its namespace',
    subtree(within(`<ipv4 xmlns="${IP}"><address><ip/></address></ipv4>`)),
    ['p1: ip', 'p2: ip'],
  ],
  ['an augmentation under the wrong namespace', subtree(within('<ipv4/>')), []],
  [
    'a prefix for the namespace',
    subtree(
      `<x:interfaces xmlns:x="${IF}"><x:interface><x:name>p1</x:name><x:enabled/></x:interface></x:interfaces>`,
    ),
    ['p1: enabled'],
  ],
  [
    'no namespace is any namespace',
    subtree(
      '<interfaces xmlns=""><interface><name>p1</name><ipv4><address><ip/></address></ipv4></interface></interfaces>',
    ),
    ['p1: ip'],
  ],
  ['the namespace of the message is one, not any', subtree('<interfaces/>'), []],
  ['a namespace of no module', subtree('<interfaces xmlns="urn:none"/>'), []],
  ['an attribute that no data has', subtree(within('<name x="1">p1</name>')), []],
  [
    'a qualified attribute that no data has',
    subtree(`<interfaces xmlns="${IF}" xmlns:q="urn:none" q:x="1"/>`),
    [],
  ],
  [
    'type is subtree when it is absent',
    `<filter>${within('<name>p1</name><enabled/>')}</filter>`,
    ['p1: enabled'],
  ],
]

test('a subtree filter selects what it names and what matches', async (t) => {
  const client = await start(t)
  for (const [what, filter, result] of cases) t.deepEqual(told(await select(client, filter)), result, what)
})

test('an unqualified filter of a prefixed message is of any namespace', async (t) => {
  const client = await start(t)
  const at = client.messages.length
  client.send(
    `<nc:rpc xmlns:nc="${BASE}" message-id="x"><nc:get-config><nc:source><nc:running/></nc:source><nc:filter nc:type="subtree"><interfaces><interface><name>p1</name><enabled/></interface></interfaces></nc:filter></nc:get-config></nc:rpc>`,
  )
  t.deepEqual(told(await client.message(at)), ['p1: enabled'])
})

test('an XPath filter knows the prefixes in scope, names of modules, and names without a prefix', async (t) => {
  const client = await start(t)
  const xpath = (select: string, declarations = ''): string =>
    `<filter type="xpath"${declarations} select="${select}"/>`
  const scope = ` xmlns:a="${IF}" xmlns:b="${IP}"`
  for (const [filter, result] of [
    [xpath("/a:interfaces/a:interface[a:name='p1']/a:enabled", scope), ['p1: enabled']],
    [
      xpath(
        "/ietf-interfaces:interfaces/ietf-interfaces:interface[ietf-interfaces:name='p1']/ietf-ip:ipv4//ietf-ip:ip",
      ),
      ['p1: ip'],
    ],
    [xpath("/interfaces/interface[name='p1']/ipv4/address/ip"), ['p1: ip']],
    [xpath('//address[prefix-length=25]/ip'), ['p2: ip']],
    [xpath('/a:interfaces/a:interface/b:ipv4/b:address/b:ip', scope), ['p1: ip', 'p2: ip']],
    [xpath('/a:interfaces/a:interface/a:ipv4', scope), []],
    [xpath("/interfaces/interface[enabled='false'][description='down link']/name"), ['p3:']],
    [xpath("/interfaces/interface[name='none']"), []],
  ] as const)
    t.deepEqual(told(await select(client, filter)), result, filter)
})

test('an XPath filter that is none is refused, with its place', async (t) => {
  const client = await start(t)
  for (const [filter, tag] of [
    ['<filter type="xpath"/>', 'missing-attribute'],
    ['<filter type="xpath" select="/interfaces["/>', 'invalid-value'],
    ['<filter type="xpath" select="/q:interfaces"/>', 'unknown-namespace'],
    ['<filter type="xpath" select="count(/interfaces)"/>', 'invalid-value'],
    ['<filter type="regex"/>', 'bad-attribute'],
  ] as const) {
    const reply = await client.rpc(`<get-config><source><running/></source>${filter}</get-config>`)
    t.is(/<error-tag>([^<]*)/.exec(reply)?.[1], tag, filter)
    t.regex(reply, /<error-path[^>]*>[^<]*filter</, filter)
  }
})
