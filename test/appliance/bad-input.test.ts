/**
 * Bad input through the front door: each request is refused with the error of RFC 6241, appendix A, at the place where it is
 * wrong, and after all of them configuration and packets are as they were. One appliance for the whole file.
 */
import { spawn } from 'node:child_process'
import { readdir, readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import type { NetconfClient } from '../../src/demo/client.js'
import { adminPassword, Weftd } from '../lab/weftd.js'
import { flip } from '../lab/damage.js'

const h2 = '198.51.100.2'
let weftd: Weftd

test.before(async () => {
  weftd = await Weftd.start({ options: ['--log-level', 'info'] })
})
test.after.always(() => weftd?.[Symbol.asyncDispose]())

const base = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"'
const interfaces = (content: string) =>
  `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">${content}</interfaces>`
const one = (name: string, content = '') =>
  interfaces(`<interface><name>${name}</name>${content}</interface>`)
const ethernet = '<type xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">t:ethernetCsmacd</type>'
const ip = (family: 4 | 6, content: string) =>
  `<ipv${family} xmlns="urn:ietf:params:xml:ns:yang:ietf-ip">${content}</ipv${family}>`
const address = (text: string, length: number) =>
  `<address><ip>${text}</ip><prefix-length>${length}</prefix-length></address>`
const routes = (content: string) =>
  `<routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing"><control-plane-protocols><control-plane-protocol>
<type>static</type><name>static</name><static-routes><ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ipv4-unicast-routing">
${content}</ipv4></static-routes></control-plane-protocol></control-plane-protocols></routing>`
const route = (prefix: string, nextHop: string) =>
  `<route><destination-prefix>${prefix}</destination-prefix><next-hop>${nextHop}</next-hop></route>`
const edit = (config: string, options = '') =>
  `<edit-config><target><candidate/></target>${options}<config>${config}</config></edit-config>`
const running = '<get-config><source><running/></source></get-config>'

interface Refusal {
  readonly type: string
  readonly tag: string
  readonly appTag?: string
  /** Absent: the error is about no place. */
  readonly path?: string
  readonly message: RegExp
  /** Elements of error-info. */
  readonly info?: Readonly<Record<string, string>>
}

const unescape = (text: string): string =>
  text.replace(
    /&(lt|gt|quot|apos|amp);/g,
    (_all, name: string) => ({ lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' })[name] ?? '',
  )

/** The `rpc-error`s of a reply. */
function errorsOf(reply: string): (Omit<Refusal, 'message'> & { readonly message: string })[] {
  return [...reply.matchAll(/<rpc-error>(.*?)<\/rpc-error>/gs)].map(([, text = '']) => {
    const leaf = (name: string) => {
      const found = new RegExp(`<error-${name}[^>]*>([^<]*)<`).exec(text)?.[1]
      return found === undefined ? undefined : unescape(found)
    }
    const inside = /<error-info>(.*)<\/error-info>/s.exec(text)?.[1] ?? ''
    const info = [...inside.matchAll(/<([\w-]+)[^>]*>([^<]*)</g)].map(([, name, value]) => [name, value])
    const [path, appTag] = [leaf('path'), leaf('app-tag')]
    return {
      type: leaf('type') ?? '',
      tag: leaf('tag') ?? '',
      ...(appTag === undefined ? {} : { appTag }),
      ...(path === undefined ? {} : { path }),
      message: leaf('message') ?? '',
      ...(info.length === 0 ? {} : { info: Object.fromEntries(info) as Record<string, string> }),
    }
  })
}

const p1 = "/if:interfaces/if:interface[if:name='p1']"
const p3 = "/if:interfaces/if:interface[if:name='p3']"
const routeTo = (prefix: string) =>
  "/rt:routing/rt:control-plane-protocols/rt:control-plane-protocol[rt:type='ietf-routing:static'][rt:name='static']" +
  `/rt:static-routes/v4ur:ipv4/v4ur:route[v4ur:destination-prefix='${prefix}']`
const refused = (tag: string, path: string, message: RegExp, info?: Refusal['info']): Refusal => ({
  type: 'application',
  tag,
  path,
  message,
  ...(info && { info }),
})

/** What is refused when it is sent. */
const requests: readonly (readonly [string, string, Refusal])[] = [
  [
    'XML that is not well-formed',
    '<get-config><source><running></source></get-config>',
    { type: 'rpc', tag: 'malformed-message', message: /<\/source> where <\/running> is expected/ },
  ],
  [
    'an operation that no module defines',
    '<reboot/>',
    {
      type: 'protocol',
      tag: 'operation-not-supported',
      path: '/nc:rpc',
      message: /reboot/,
      info: { 'bad-element': 'reboot' },
    },
  ],
  [
    'an operation in a namespace of nobody',
    '<reboot xmlns="urn:example:none"/>',
    {
      type: 'protocol',
      tag: 'unknown-namespace',
      path: '/nc:rpc',
      message: /urn:example:none/,
      info: { 'bad-element': 'reboot', 'bad-namespace': 'urn:example:none' },
    },
  ],
  [
    'a target that is missing',
    '<edit-config><config/></edit-config>',
    {
      type: 'protocol',
      tag: 'missing-element',
      path: '/nc:rpc/nc:edit-config/nc:target',
      message: /target/,
      info: { 'bad-element': 'target' },
    },
  ],
  [
    'a lock that nobody has',
    '<unlock><target><candidate/></target></unlock>',
    { type: 'protocol', tag: 'operation-failed', message: /not locked/ },
  ],
  [
    'a filter that is no XPath',
    '<get-config><source><running/></source><filter type="xpath" select="/nope["/></get-config>',
    {
      type: 'protocol',
      tag: 'invalid-value',
      path: '/nc:rpc/nc:get-config/nc:filter',
      message: /XPath.*character 7/,
      info: { 'bad-element': 'filter' },
    },
  ],
  [
    'configuration in a namespace of nobody',
    edit('<interfaces xmlns="urn:example:none"><interface/></interfaces>'),
    refused('unknown-namespace', '/ns0:interfaces', /urn:example:none/, {
      'bad-element': 'interfaces',
      'bad-namespace': 'urn:example:none',
    }),
  ],
  [
    'an element in the namespace of another module',
    edit('<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-ip"/>'),
    refused('unknown-element', '/ip:interfaces', /ietf-ip/, { 'bad-element': 'interfaces' }),
  ],
  [
    'an unknown leaf',
    edit(one('p1', '<colour>red</colour>')),
    refused('unknown-element', `${p1}/if:colour`, /"colour"/, { 'bad-element': 'colour' }),
  ],
  [
    'a prefix length of 33',
    edit(one('p1', ip(4, address('192.0.2.9', 33)))),
    refused('invalid-value', `${p1}/ip:ipv4/ip:address[ip:ip='192.0.2.9']/ip:prefix-length`, /"33".*range/, {
      'bad-element': 'prefix-length',
    }),
  ],
  [
    'an MTU of 67',
    edit(one('p1', ip(4, '<mtu>67</mtu>'))),
    refused('invalid-value', `${p1}/ip:ipv4/ip:mtu`, /"67".*range/, { 'bad-element': 'mtu' }),
  ],
  [
    'an MTU that no 16 bits hold',
    edit(one('p1', ip(4, '<mtu>65536</mtu>'))),
    refused('invalid-value', `${p1}/ip:ipv4/ip:mtu`, /"65536".*out of range.*takes 68..65535/, {
      'bad-element': 'mtu',
    }),
  ],
  [
    'a key that is no address',
    edit(one('p1', ip(4, address('192.0.2.999', 24)))),
    refused('invalid-value', `${p1}/ip:ipv4/ip:address[ip:ip='192.0.2.999']/ip:ip`, /"192\.0\.2\.999"/, {
      'bad-element': 'ip',
    }),
  ],
  [
    'a boolean that is neither',
    edit(one('p1', '<enabled>yes</enabled>')),
    refused('invalid-value', `${p1}/if:enabled`, /"yes"/, { 'bad-element': 'enabled' }),
  ],
  [
    'an entry without its key',
    edit(interfaces('<interface><description>x</description></interface>')),
    refused('missing-element', '/if:interfaces/if:interface', /key "name".*missing/, {
      'bad-element': 'name',
    }),
  ],
  [
    'an operation attribute that is none',
    edit(interfaces(`<interface ${base} nc:operation="destroy"><name>p1</name></interface>`)),
    refused('bad-attribute', '/if:interfaces/if:interface', /"destroy".*merge, replace, create/, {
      'bad-attribute': 'operation',
      'bad-element': 'interface',
    }),
  ],
  [
    'a creation of what exists',
    edit(interfaces(`<interface ${base} nc:operation="create"><name>p1</name></interface>`)),
    refused('data-exists', p1, /exists already/),
  ],
  [
    'a deletion of what does not exist',
    edit(interfaces(`<interface ${base} nc:operation="delete"><name>p7</name></interface>`)),
    refused('data-missing', "/if:interfaces/if:interface[if:name='p7']", /does not exist/),
  ],
  [
    'a leaf of state',
    edit(one('p1', '<oper-status>up</oper-status>')),
    refused('invalid-value', `${p1}/if:oper-status`, /state/, { 'bad-element': 'oper-status' }),
  ],
  [
    'an entity of its own',
    edit(one('p1', '<description>&own;</description>')),
    { type: 'rpc', tag: 'malformed-message', path: p1, message: /Entity/ },
  ],
]

/** What can be edited and not be committed. */
const commits: readonly (readonly [string, string, Refusal])[] = [
  [
    'an interface without its type',
    one('p3'),
    refused('data-missing', `${p3}/if:type`, /type/, { 'bad-element': 'type' }),
  ],
  [
    'a way out by an interface that there is not',
    routes(route('203.0.113.0/24', '<outgoing-interface>p9</outgoing-interface>')),
    {
      ...refused(
        'data-missing',
        `${routeTo('203.0.113.0/24')}/v4ur:next-hop/v4ur:outgoing-interface`,
        /interface\/name with the value "p9"/,
      ),
      appTag: 'instance-required',
    },
  ],
  [
    'a next hop that resolves to nothing',
    routes(route('203.0.113.0/24', '<next-hop-address>203.0.114.9</next-hop-address>')),
    refused(
      'invalid-value',
      `${routeTo('203.0.113.0/24')}/v4ur:next-hop/v4ur:next-hop-address`,
      /next hop 203\.0\.114\.9 is in no connected prefix.*192\.0\.2\.0\/24 on p1/,
    ),
  ],
  [
    'an interface without a device',
    one('p3', ethernet),
    refused('invalid-value', p3, /no port named 'p3'; this chassis has p1, p2/),
  ],
  [
    'a port that another interface has',
    one('p3', `${ethernet}<port xmlns="urn:weft:params:xml:ns:yang:weft-interfaces">p1</port>`),
    refused('invalid-value', `${p3}/weft-if:port`, /port p1 is taken by interface p1/),
  ],
  [
    'an address that another interface has',
    one('p2', ip(4, address('192.0.2.1', 24))),
    refused(
      'invalid-value',
      "/if:interfaces/if:interface[if:name='p2']/ip:ipv4/ip:address[ip:ip='192.0.2.1']/ip:ip",
      /192\.0\.2\.1 is an address of interface p1 already/,
    ),
  ],
]

test.serial('each bad request has its error, and nothing is changed by any', async (t) => {
  await using client = await weftd.connect()
  const before = await client.rpc(running)
  const answers = (reply: Buffer, expected: Refusal, name: string) => {
    const [error, ...others] = errorsOf(reply.toString())
    if (!error) return t.fail(`${name}: ${reply.toString()}`)
    const { message, ...rest } = expected
    const { message: said, ...found } = error
    t.deepEqual(found, rest, `${name}: ${said}`)
    t.regex(said, message, name)
    return t.is(others.length, 0, name)
  }
  for (const [name, request, expected] of requests) answers(await client.send(request), expected, name)
  t.is(body(await client.rpc('<get-config><source><candidate/></source></get-config>')), body(before))
  for (const [name, config, expected] of commits) {
    await client.edit(config, '<test-option>set</test-option>')
    answers(await client.send('<validate><source><candidate/></source></validate>'), expected, name)
    answers(await client.send('<commit/>'), expected, name)
    await client.rpc('<discard-changes/>')
  }
  t.is(body(await client.rpc(running)), body(before))
  t.true(await weftd.pings('h1', h2))

  await client.edit(one('p1', '<description>after all that</description>'))
  await client.commit()
  t.regex(await client.rpc(running), /after all that/)
  t.true(await weftd.pings('h1', h2))
})

/** A reply without its own message-id. */
const body = (reply: string): string => reply.replace(/<rpc-reply[^>]*>/, '')

test.serial('two hundred rpcs in one go are answered in their order', async (t) => {
  await using client = await weftd.connect()
  const small =
    '<get-config><source><running/></source><filter type="subtree"><system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"/></filter></get-config>'
  const asked = Array.from({ length: 200 }, (_, i) => client.send(i % 7 === 3 ? '<reboot/>' : small))
  const replies = (await Promise.all(asked)).map(String)
  t.deepEqual(
    replies.map((reply) => /message-id="(\d+)"/.exec(reply)?.[1]),
    replies.map((_, i) => String(i + 1)),
  )
  t.deepEqual(
    replies.map((reply) => errorsOf(reply)[0]?.tag),
    replies.map((_, i) => (i % 7 === 3 ? 'operation-not-supported' : undefined)),
  )
})

test.serial(
  'one XPath with // in // over 3,000 routes is cut off, and other sessions are served meanwhile',
  async (t) => {
    await using client = await weftd.connect()
    await using other = await weftd.connect()
    const list = Array.from({ length: 3000 }, (_, i) =>
      route(`10.${i >> 8}.${i & 255}.0/24`, `<next-hop-address>${h2}</next-hop-address>`),
    )
    await client.edit(routes(list.join('')))
    await client.commit()
    // So many that they are long at it, however fast one is.
    const select = '//*[count(//*[. = current()]) = 7]'
    let done = 0
    const heavy = Array.from({ length: 30 }, async () => {
      const reply = await client.send(
        `<get-config><source><running/></source><filter type="xpath" select="${select}"/></get-config>`,
      )
      done++
      return errorsOf(reply.toString())
    })
    const small = await other.rpc(
      '<get-config><source><running/></source><filter type="subtree"><system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"/></filter></get-config>',
    )
    t.true(done < heavy.length, 'the small one had to wait for all of the others')
    t.regex(small, /<name>admin</)
    for (const errors of await Promise.all(heavy)) {
      t.is(errors.length, 1)
      t.like(errors[0], { type: 'application', tag: 'resource-denied' })
      t.regex(errors[0]?.message ?? '', /limit of \d+ nodes.*keys of lists/)
    }
    await client.edit(
      `<routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing" ${base} nc:operation="delete"/>`,
    )
    await client.commit()
  },
)

test.serial('a client that is killed while it holds the lock releases it, and its edits go', async (t) => {
  await using client = await weftd.connect()
  const script = `
from ncclient import manager
import time
m = manager.connect(host='127.0.0.1', port=${weftd.port}, username='admin', password='${adminPassword}', hostkey_verify=False, allow_agent=False, look_for_keys=False)
m.lock('candidate')
m.edit_config(target='candidate', config='''<config>${one('p1', '<description>of the dead</description>')}</config>''')
print('locked', flush=True)
time.sleep(100)`
  const holder = spawn('/usr/bin/python3', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => holder.kill('SIGKILL'))
  await new Promise<void>((locked, failed) => {
    holder.stdout.on('data', (text: Buffer) => text.includes('locked') && locked())
    holder.once('exit', (code) => failed(new Error(`the client ended with ${code}`)))
  })
  const lock = '<lock><target><candidate/></target></lock>'
  const [denied] = errorsOf((await client.send(lock)).toString())
  t.is(denied?.tag, 'lock-denied')
  t.regex(denied?.info?.['session-id'] ?? '', /^[1-9]\d*$/)
  holder.kill('SIGKILL')
  await eventually(client, lock)
  t.notRegex(await client.rpc('<get-config><source><candidate/></source></get-config>'), /of the dead/)
})

/** Asks until it is granted. */
async function eventually(client: NetconfClient, request: string): Promise<void> {
  for (;;) {
    const reply = (await client.send(request)).toString()
    if (errorsOf(reply).length === 0) return
    await delay(20)
  }
}

test.serial(
  'a damaged end of the journal: the last whole commit runs and is programmed, and the loss is said',
  async (t) => {
    const blackhole = routes(route(`${h2}/32`, '<special-next-hop>blackhole</special-next-hop>'))
    {
      await using client = await weftd.connect()
      await client.edit(one('p1', '<description>whole</description>'))
      await client.commit()
      await client.edit(blackhole)
      await client.commit()
      await client.edit(one('p1', '<description>last</description>'))
      await client.commit()
      t.false(await weftd.pings('h1', h2, 1))
    }
    await weftd.kill('SIGTERM')
    const log = await newestLog(join(weftd.state, 'store', 'journal'))
    const content = await readFile(log)
    const [second, last] = [2, 1].map((nth) => nthLast(content, 'commit!', nth))
    t.true(second !== undefined && last !== undefined && second < last)
    await flip(log, (second ?? 0) + 40)
    await truncate(log, content.length - 5)

    await weftd.start()
    t.regex(weftd.output, /error datastore: commits? \d+.* (is|are) lost: /)
    t.regex(weftd.output, /info +datastore: running is commit \d+, read from the journal in \d+ ms/)
    await using client = await weftd.connect()
    const config = await client.rpc(running)
    t.regex(config, /<description>whole</)
    t.notRegex(config, /blackhole/)
    t.true(await weftd.pings('h1', h2))
    await client.edit(one('p1', '<description>goes on</description>'))
    await client.commit()
    await weftd.kill('SIGKILL')
    await weftd.start()
    t.notRegex(weftd.output, /lost/)
    await using again = await weftd.connect()
    t.regex(await again.rpc(running), /<description>goes on</)
  },
)

async function newestLog(folder: string): Promise<string> {
  const logs = (await readdir(folder)).filter((name) => name.endsWith('.log'))
  return join(folder, logs.sort().at(-1) ?? '')
}

/** Where a text stands, counted from the end. */
function nthLast(content: Buffer, text: string, nth: number): number | undefined {
  let at = content.length
  for (let i = 0; i < nth && at >= 0; i++) at = content.lastIndexOf(text, at - 1)
  return at < 0 ? undefined : at
}
