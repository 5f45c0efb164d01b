import test from 'ava'
import { Box, hops, interfaces, routes, routing } from './box.js'

const twoPorts = interfaces({
  p1: { ipv4: ['10.0.1.1/24'], ipv6: ['2001:db8:1::1/64'] },
  p2: { ipv4: ['10.0.2.1/24'], ipv6: ['2001:db8:2::1/64'] },
})

const path = (prefix: string, rest = '', name = 'main') =>
  `/ietf-routing:routing/control-plane-protocols/control-plane-protocol[type='ietf-routing:static'][name='${name}']/static-routes/` +
  (prefix.includes(':') ? 'ietf-ipv6-unicast-routing:ipv6' : 'ietf-ipv4-unicast-routing:ipv4') +
  `/route[destination-prefix='${prefix}']${rest}`

test('every kind of next hop leads where it says', async (t) => {
  using box = await Box.open()
  await box.commit(
    twoPorts +
      routes({
        '20.0.0.0/8': '10.0.1.9',
        '21.0.0.0/8': '<outgoing-interface>p2</outgoing-interface>',
        '22.0.0.0/8':
          '<outgoing-interface>p2</outgoing-interface><next-hop-address>10.0.2.7</next-hop-address>',
        '23.0.0.0/8': '<special-next-hop>blackhole</special-next-hop>',
        '24.0.0.0/8': '<special-next-hop>unreachable</special-next-hop>',
        '25.0.0.0/8': '<special-next-hop>prohibit</special-next-hop>',
        '26.0.0.0/8': '<special-next-hop>receive</special-next-hop>',
        '27.0.0.0/8': hops('10.0.1.9', '10.0.2.9'),
        '28.0.0.0/8': '20.1.1.1',
        '0.0.0.0/0': '10.0.1.254',
        '2001:db8:20::/48': '2001:db8:1::9',
        '2001:db8:21::/48':
          '<outgoing-interface>p2</outgoing-interface><next-hop-address>fe80::9</next-hop-address>',
        '2001:db8:22::/48': 'fe80::9%p1',
      }),
  )
  const lookup = box.member.fib.lookup()
  const v6 = (text: string) => text.split(',').join('.')
  t.like(lookup, {
    '0 20.0.0.0/8': 'p1:10.0.1.9',
    '0 21.0.0.0/8': 'glean p2',
    '0 22.0.0.0/8': 'p2:10.0.2.7',
    '0 23.0.0.0/8': 'blackhole',
    '0 24.0.0.0/8': 'unreachable',
    '0 25.0.0.0/8': 'prohibit',
    '0 26.0.0.0/8': 'local',
    '0 27.0.0.0/8': 'p1:10.0.1.9×1 p2:10.0.2.9×1',
    '0 28.0.0.0/8': 'p1:10.0.1.9',
    '0 0.0.0.0/0': 'p1:10.0.1.254',
    '0 2001:db8:20::/48': v6('p1:32,1,13,184,0,1,0,0,0,0,0,0,0,0,0,9'),
    '0 2001:db8:21::/48': v6('p2:254,128,0,0,0,0,0,0,0,0,0,0,0,0,0,9'),
    '0 2001:db8:22::/48': v6('p1:254,128,0,0,0,0,0,0,0,0,0,0,0,0,0,9'),
  })
})

test('a change tells just what is different, and deleting a protocol takes its routes', async (t) => {
  using box = await Box.open()
  await box.commit(twoPorts + routes({ '20.0.0.0/8': '10.0.1.9', '21.0.0.0/8': '10.0.1.9' }))
  const changed = await box.commit(routes({ '21.0.0.0/8': '10.0.2.9', '22.0.0.0/8': '10.0.1.9' }))
  t.deepEqual(
    changed.map(({ kind, summary }) => `${kind}: ${summary}`),
    ['create: set 1 forwarding object', 'create: set route 21.0.0.0/8, 22.0.0.0/8'],
  )
  const removed = await box.commit(routes({ '20.0.0.0/8': 'delete' }))
  t.deepEqual(
    removed.map(({ summary }) => summary),
    ['delete route 20.0.0.0/8'],
  )
  await box.commit(
    routing(
      '<control-plane-protocols><control-plane-protocol nc:operation="delete"><type>static</type><name>main</name></control-plane-protocol></control-plane-protocols>',
    ),
  )
  t.deepEqual(
    Object.keys(box.member.fib.lookup()).filter((text) => / 2[0-9]\./.test(text)),
    [],
  )
  t.is(box.rib.sizes.prefixes, 8)
})

test('an address that moves takes routes along in one commit, by make before break', async (t) => {
  using box = await Box.open()
  await box.commit(twoPorts + routes({ '20.0.0.0/8': '10.0.1.9' }))
  await box.commit(
    interfaces({
      p1: { ipv4: ['<address nc:operation="delete"><ip>10.0.1.1</ip></address>'] },
      p3: { ipv4: ['10.0.1.1/24'] },
    }),
  )
  t.is(box.member.fib.lookup()['0 20.0.0.0/8'], 'p3:10.0.1.9')
})

const refusals: Record<string, { config: string; errors: readonly RegExp[]; at: readonly string[] }> = {
  'a next hop in no subnet': {
    config: routes({ '20.0.0.0/8': '10.9.9.9' }),
    at: [path('20.0.0.0/8', '/next-hop/next-hop-address')],
    errors: [
      /next hop 10\.9\.9\.9 is in no connected prefix, .*connected: 10\.0\.1\.0\/24 on p1, 10\.0\.2\.0\/24 on p2/,
    ],
  },
  'one hop of a list': {
    config: routes({ '20.0.0.0/8': hops('10.0.1.9', '10.9.9.9') }),
    at: [path('20.0.0.0/8', "/next-hop/next-hop-list/next-hop[index='2']/next-hop-address")],
    errors: [/10\.9\.9\.9 is in no connected prefix/],
  },
  'more next hops than flows can be spread over': {
    config: routes({ '20.0.0.0/8': hops(...Array.from({ length: 65 }, (_, i) => `10.0.1.${i + 2}`)) }),
    at: [path('20.0.0.0/8', '/next-hop')],
    errors: [/the route has 65 next hops; it can have at most 64/],
  },
  'a next hop behind the default route only': {
    config: routes({ '0.0.0.0/0': '10.0.1.9', '20.0.0.0/8': '10.9.9.9' }),
    at: [path('20.0.0.0/8', '/next-hop/next-hop-address')],
    errors: [/no route but a default route leads to it/],
  },
  "the box's own address": {
    config: routes({ '2001:db8:20::/48': '2001:db8:1::1' }),
    at: [path('2001:db8:20::/48', '/next-hop/next-hop-address')],
    errors: [/2001:db8:1::1 is an address of this box/],
  },
  'a link-local next hop without an interface': {
    config: routes({ '2001:db8:20::/48': 'fe80::9' }),
    at: [path('2001:db8:20::/48', '/next-hop/next-hop-address')],
    errors: [/fe80::9 is link-local; it needs an outgoing-interface/],
  },
  'a zone that contradicts the interface': {
    config: routes({
      '2001:db8:20::/48':
        '<outgoing-interface>p2</outgoing-interface><next-hop-address>fe80::9%p1</next-hop-address>',
    }),
    at: [path('2001:db8:20::/48', '/next-hop')],
    errors: [/names interface p1, but outgoing-interface is p2/],
  },
  "a subnet's broadcast address": {
    config: routes({ '20.0.0.0/8': '10.0.1.255' }),
    at: [path('20.0.0.0/8', '/next-hop/next-hop-address')],
    errors: [
      /next hop 10\.0\.1\.255 is the broadcast address of 10\.0\.1\.0\/24 on p1; a next hop is one neighbour's/,
    ],
  },
  "a subnet's network address, on its interface": {
    config: routes({
      '20.0.0.0/8': hops(
        '10.0.1.9',
        '<next-hop-address>10.0.2.0</next-hop-address><outgoing-interface>p2</outgoing-interface>',
      ),
    }),
    at: [path('20.0.0.0/8', "/next-hop/next-hop-list/next-hop[index='2']/next-hop-address")],
    errors: [/next hop 10\.0\.2\.0 is the network address of 10\.0\.2\.0\/24 on p2/],
  },
  'an address that a new subnet takes for its broadcast': {
    config: interfaces({ p3: { ipv4: ['10.9.9.1/25'] } }) + routes({ '20.0.0.0/8': '10.9.9.127' }),
    at: [path('20.0.0.0/8', '/next-hop/next-hop-address')],
    errors: [/10\.9\.9\.127 is the broadcast address of 10\.9\.9\.0\/25 on p3/],
  },
  'a multicast next hop': {
    config: routes({ '20.0.0.0/8': '224.0.0.9' }),
    at: [path('20.0.0.0/8', '/next-hop/next-hop-address')],
    errors: [/224\.0\.0\.9 is a multicast address/],
  },
  'a multicast destination': {
    config: routes({ '224.0.0.0/4': '10.0.1.9' }),
    at: [path('224.0.0.0/4', '/destination-prefix')],
    errors: [/224\.0\.0\.0\/4 is a multicast prefix/],
  },
  'an interface without the family': {
    config: interfaces({ p3: {} }) + routes({ '20.0.0.0/8': '<outgoing-interface>p3</outgoing-interface>' }),
    at: [path('20.0.0.0/8', '/next-hop/outgoing-interface')],
    errors: [/interface p3 has no IPv4/],
  },
  'next hops in a circle': {
    config: routes({ '20.0.0.0/8': '30.0.0.1', '30.0.0.0/8': '20.0.0.1' }),
    at: [path('20.0.0.0/8', '/next-hop/next-hop-address'), path('30.0.0.0/8', '/next-hop/next-hop-address')],
    errors: [/leads back to itself/, /leads back to itself/],
  },
  'a protocol that is not static': {
    config: routing(
      '<control-plane-protocols><control-plane-protocol><type>direct</type><name>x</name></control-plane-protocol></control-plane-protocols>',
    ),
    at: [
      "/ietf-routing:routing/control-plane-protocols/control-plane-protocol[type='ietf-routing:direct'][name='x']/type",
    ],
    errors: [/ietf-routing:direct is not supported; supported is ietf-routing:static/],
  },
  'a RIB that is not there': {
    config: routing(
      '<ribs><rib><name>mine</name><address-family xmlns:u="urn:ietf:params:xml:ns:yang:ietf-ipv4-unicast-routing">u:ipv4-unicast</address-family></rib></ribs>',
    ),
    at: ["/ietf-routing:routing/ribs/rib[name='mine']/name"],
    errors: [/no RIB named 'mine'; there are ipv4-master and ipv6-master/],
  },
}

for (const [what, { config, errors, at }] of Object.entries(refusals)) {
  test(`refused, with its path: ${what}`, async (t) => {
    using box = await Box.open()
    await box.commit(twoPorts)
    const [lookup, sizes] = [box.member.fib.lookup(), box.rib.sizes]
    const refusal = await box.refusal(config)
    t.is(refusal.length, at.length, refusal.join('\n'))
    for (const [i, text] of refusal.entries()) {
      t.true(text.startsWith(`${at[i]}: `), text)
      t.regex(text, errors[i] as RegExp)
    }
    t.deepEqual(box.member.fib.lookup(), lookup)
    t.deepEqual(box.rib.sizes, sizes)
  })
}

test('both addresses of a /31 are neighbours (RFC 3021)', async (t) => {
  using box = await Box.open()
  await box.commit(
    interfaces({ p1: { ipv4: ['10.0.1.0/31'] }, p2: { ipv4: ['10.0.2.1/31'] } }) +
      routes({ '20.0.0.0/8': '10.0.1.1', '21.0.0.0/8': '10.0.2.0' }),
  )
  t.like(box.member.fib.lookup(), { '0 20.0.0.0/8': 'p1:10.0.1.1', '0 21.0.0.0/8': 'p2:10.0.2.0' })
})

test('taking away the subnet of a next hop is refused where the route is', async (t) => {
  using box = await Box.open()
  await box.commit(twoPorts + routes({ '20.0.0.0/8': '10.0.1.9' }))
  const refusal = await box.refusal(
    interfaces({ p1: { ipv4: ['<address nc:operation="delete"><ip>10.0.1.1</ip></address>'] } }),
  )
  t.is(refusal.length, 1)
  t.true(refusal[0]?.startsWith(path('20.0.0.0/8', '/next-hop/next-hop-address')))
  t.is(box.member.fib.lookup()['0 20.0.0.0/8'], 'p1:10.0.1.9')
})

test('of very many wrong routes the first are told, and how many more there are', async (t) => {
  using box = await Box.open()
  await box.commit(twoPorts)
  const wrong = (nextHop: string): string =>
    routes(
      Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`20.${i >> 8}.${i & 255}.0/24`, nextHop])),
    )
  for (const nextHop of ['10.9.9.9', '127.0.0.1']) {
    const refusal = await box.refusal(wrong(nextHop))
    t.is(refusal.length, 21)
    t.regex(refusal[0] ?? '', new RegExp(`next-hop-address: next hop ${nextHop}`))
    t.regex(refusal[20] ?? '', /^\/ietf-routing:routing.*: and 280 more like these$/)
  }
})

test('two instances may say the same prefix; the one whose name sorts first is active', async (t) => {
  using box = await Box.open()
  await box.commit(twoPorts + routes({ '20.0.0.0/8': '10.0.2.9' }, 'b'))
  await box.commit(routes({ '20.0.0.0/8': '10.0.1.9' }, 'a'))
  t.is(box.member.fib.lookup()['0 20.0.0.0/8'], 'p1:10.0.1.9')
  await box.commit(routes({ '20.0.0.0/8': 'delete' }, 'a'))
  t.is(box.member.fib.lookup()['0 20.0.0.0/8'], 'p2:10.0.2.9')
})

test('100,000 routes are planned quickly', async (t) => {
  using box = await Box.open()
  await box.commit(twoPorts)
  const all: Record<string, string> = {}
  for (let i = 0; i < 100_000; i++)
    all[`${20 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24`] = `10.0.1.${2 + (i % 200)}`
  const config = routes(all)
  using tree = await box.running.copy()
  using fragment = box.yang.fragment(config)
  const { journal, errors } = await tree.edit(fragment, {
    defaultOperation: 'merge',
    errorOption: 'rollback-on-error',
  })
  t.deepEqual(errors, [])
  const change = { journal, before: box.running, after: tree, full: false }
  const begin = performance.now()
  const context = box.controllers.createContext(change)
  const routesController = box.controllers.controllers.find(({ name }) => name === 'routing')
  const fib = box.controllers.controllers.find(({ name }) => name === 'fib')
  await routesController?.plan(change, context)
  const decoded = performance.now()
  const plan = await fib?.plan(change, context)
  const planned = performance.now()
  t.log(`decode ${(decoded - begin).toFixed(0)} ms, select and pack ${(planned - decoded).toFixed(0)} ms`)
  for (const { operations } of plan?.steps ?? []) box.member.do(operations)
  t.is(box.member.fib.routes.size, 100_008)
  t.true(planned - begin < 30_000, 'quadratic?')
  plan?.abandon?.()
  journal[Symbol.dispose]()
})
