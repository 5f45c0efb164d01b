import test from 'ava'
import { formatAddress } from '../../src/rib/index.js'
import { Box, interfaces, routes } from './box.js'

const path = (name: string, rest = '') => `/ietf-interfaces:interfaces/interface[name='${name}']${rest}`

test('an interface with addresses becomes one operation, and its routes', async (t) => {
  using box = await Box.open()
  const steps = await box.commit(
    interfaces({
      wan: {
        port: 'p1',
        ipv4: ['10.0.1.1/24', '<forwarding>true</forwarding>'],
        ipv6: ['2001:db8:1::1/64', 'fe80::1/64'],
      },
    }),
  )
  t.deepEqual(steps.map(({ kind, provides, summary }) => `${kind} ${provides}: ${summary}`).slice(0, 1), [
    'create interface: set interface wan',
  ])
  const spec = box.member.interfaces.get('wan')
  t.like(spec, {
    port: 'p1',
    enabled: true,
    ipv4: true,
    ipv6: true,
    ipv4Forwarding: true,
    ipv6Forwarding: false,
    mtu: 0,
    vrf: 0,
  })
  t.deepEqual(spec?.addresses.map(({ address, length }) => `${formatAddress(address)}/${length}`).sort(), [
    '10.0.1.1/24',
    '2001:db8:1::1/64',
    'fe80::1/64',
  ])
  t.deepEqual(box.member.fib.lookup(), {
    '0 10.0.1.0/24': 'glean wan',
    '0 10.0.1.1/32': 'local',
    '0 2001:db8:1::/64': 'glean wan',
    '0 2001:db8:1::1/128': 'local',
  })
})

test('a port defaults to the name of the interface, and a loopback has none', async (t) => {
  using box = await Box.open()
  await box.commit(interfaces({ p2: {}, lo0: { type: 'softwareLoopback', ipv4: ['192.0.2.1/32'] } }))
  t.is(box.member.interfaces.get('p2')?.port, 'p2')
  t.is(box.member.interfaces.get('lo0')?.port, undefined)
  t.deepEqual(box.member.fib.lookup(), { '0 192.0.2.1/32': 'local' })
})

test('only what a change concerns is told to the member', async (t) => {
  using box = await Box.open()
  await box.commit(interfaces({ p1: { ipv4: ['10.0.1.1/24'] }, p2: { ipv4: ['10.0.2.1/24'] } }))
  const address = await box.commit(interfaces({ p1: { ipv4: ['10.0.3.1/24'] } }))
  t.deepEqual(
    address.map(({ summary }) => summary),
    ['set interface p1', 'set route 10.0.3.0/24, 10.0.3.1/32'],
  )
  const described = await box.commit(
    `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>p1</name><description>x</description></interface></interfaces>`,
  )
  t.deepEqual(described, [])
})

test('a disabled interface keeps its subnets unreachable and its addresses gone, and comes back', async (t) => {
  using box = await Box.open()
  await box.commit(
    interfaces({ p1: { ipv4: ['10.0.1.1/24'] }, p2: { ipv4: ['10.0.2.1/24'] } }) +
      routes({ '20.0.0.0/8': '10.0.1.9' }),
  )
  const before = box.member.fib.lookup()
  await box.commit(interfaces({ p1: { enabled: false } }))
  t.false(box.member.interfaces.get('p1')?.enabled)
  t.deepEqual(Object.keys(box.member.fib.lookup()), ['0 10.0.2.0/24', '0 10.0.2.1/32'])
  await box.commit(interfaces({ p1: { enabled: true } }))
  t.deepEqual(box.member.fib.lookup(), before)
  await box.commit(interfaces({ p1: { ipv4: ['<enabled>false</enabled>'] } }))
  t.is(box.member.interfaces.get('p1')?.ipv4, false)
  t.deepEqual(Object.keys(box.member.fib.lookup()), ['0 10.0.2.0/24', '0 10.0.2.1/32'])
})

test('a deleted interface goes after the routes and objects that used it', async (t) => {
  using box = await Box.open()
  await box.commit(interfaces({ p1: { ipv4: ['10.0.1.1/24'] }, p2: { ipv4: ['10.0.2.1/24'] } }))
  const steps = await box.commit(interfaces({ p1: { operation: 'delete' } }))
  t.deepEqual(
    steps.map(({ kind, provides }) => `${kind} ${provides}`),
    ['delete route', 'delete object', 'delete interface'],
  )
  t.deepEqual([...box.member.interfaces.keys()], ['p2'])
})

test('static neighbours are set, changed and deleted', async (t) => {
  using box = await Box.open()
  const neighbour = (ip: string, mac: string, attributes = '') =>
    `<neighbor${attributes}><ip>${ip}</ip><link-layer-address>${mac}</link-layer-address></neighbor>`
  const p1 = (content: string) => interfaces({ p1: { ipv4: ['10.0.1.1/24', content] } })
  await box.commit(p1(neighbour('10.0.1.9', '02:00:00:00:00:09')))
  t.deepEqual([...box.member.neighbours], [['p1 10.0.1.9', '020000000009']])
  await box.commit(p1(neighbour('10.0.1.9', '02:00:00:00:00:0a')))
  t.deepEqual([...box.member.neighbours], [['p1 10.0.1.9', '02000000000a']])
  await box.commit(p1(`<neighbor nc:operation="delete"><ip>10.0.1.9</ip></neighbor>`))
  t.deepEqual([...box.member.neighbours], [])
})

const refusals: Record<string, { config: string; errors: readonly string[] }> = {
  'a port that is not there': {
    config: interfaces({ wan: { port: 'p9' } }),
    errors: [`${path('wan', '/weft-interfaces:port')}: no port named 'p9'; this chassis has p1, p2, p3`],
  },
  'a name that is no port': {
    config: interfaces({ wan: {} }),
    errors: [`${path('wan')}: no port named 'wan'; this chassis has p1, p2, p3`],
  },
  'two interfaces on a port': {
    config: interfaces({ a: { port: 'p1' }, p1: {} }),
    errors: [`${path('p1')}: port p1 is taken by interface a; a port has one interface`],
  },
  'a type that is not supported': {
    config: interfaces({ p1: { type: 'atm' } }),
    errors: [
      `${path('p1', '/type')}: interfaces of type iana-if-type:atm are not supported; supported are iana-if-type:ethernetCsmacd, iana-if-type:softwareLoopback, iana-if-type:l2vlan, iana-if-type:tunnel and iana-if-type:l3ipvlan`,
    ],
  },
  'a loopback on a port': {
    config: interfaces({ lo0: { type: 'softwareLoopback', port: 'p1' } }),
    errors: [
      `${path('lo0', '/weft-interfaces:port')}: an interface of type softwareLoopback sits on no port; delete its port or make it iana-if-type:ethernetCsmacd`,
    ],
  },
  'one address on two interfaces': {
    config: interfaces({ p1: { ipv4: ['10.0.1.1/24'] }, p2: { ipv4: ['10.0.1.1/24'] } }),
    errors: [
      `${path('p2', "/ietf-ip:ipv4/address[ip='10.0.1.1']/ip")}: 10.0.1.1 is an address of interface p1 already`,
    ],
  },
  'subnets that overlap': {
    config: interfaces({ p1: { ipv6: ['2001:db8::1/48'] }, p2: { ipv6: ['2001:db8:0:5::1/64'] } }),
    errors: [
      `${path('p2', "/ietf-ip:ipv6/address[ip='2001:db8:0:5::1']/prefix-length")}: 2001:db8:0:5::/64 overlaps 2001:db8::/48 of interface p1; a subnet is on one interface`,
    ],
  },
  'a multicast address': {
    config: interfaces({ p1: { ipv4: ['224.0.0.1/24'] } }),
    errors: [
      `${path('p1', "/ietf-ip:ipv4/address[ip='224.0.0.1']/ip")}: 224.0.0.1 is a multicast address; an interface needs a unicast one`,
    ],
  },
  'a loopback address': {
    config: interfaces({ p1: { ipv6: ['::1/128'] } }),
    errors: [
      `${path('p1', "/ietf-ip:ipv6/address[ip='::1']/ip")}: ::1 is a loopback address; an interface needs a unicast one`,
    ],
  },
  'an unspecified address': {
    config: interfaces({ p1: { ipv4: ['0.0.0.0/8'] } }),
    errors: [
      `${path('p1', "/ietf-ip:ipv4/address[ip='0.0.0.0']/ip")}: 0.0.0.0 is an unspecified address; an interface needs a unicast one`,
    ],
  },
  "a network's own address": {
    config: interfaces({ p1: { ipv4: ['10.0.1.0/24'] } }),
    errors: [
      `${path('p1', "/ietf-ip:ipv4/address[ip='10.0.1.0']/ip")}: 10.0.1.0 is the network of 10.0.1.0/24; take an address between`,
    ],
  },
  'a broadcast address': {
    config: interfaces({ p1: { ipv4: ['10.0.1.255/24'] } }),
    errors: [
      `${path('p1', "/ietf-ip:ipv4/address[ip='10.0.1.255']/ip")}: 10.0.1.255 is the broadcast address of 10.0.1.0/24; take an address between`,
    ],
  },
  'a prefix of everything': {
    config: interfaces({ p1: { ipv4: ['10.0.1.1/0'] } }),
    errors: [
      `${path('p1', "/ietf-ip:ipv4/address[ip='10.0.1.1']/prefix-length")}: prefix-length 0 would put every address on this link; it is 1 to 32`,
    ],
  },
  'a subnet on a loopback': {
    config: interfaces({ lo0: { type: 'softwareLoopback', ipv4: ['192.0.2.1/24'] } }),
    errors: [
      `${path('lo0', "/ietf-ip:ipv4/address[ip='192.0.2.1']/prefix-length")}: prefix-length of an address of a softwareLoopback interface is 32, not 24`,
    ],
  },
  'an MTU that the port does not carry': {
    config: interfaces({ p1: { ipv4: ['<mtu>9000</mtu>'] } }),
    errors: [`${path('p1', '/ietf-ip:ipv4/mtu')}: mtu 9000 is more than port p1 carries, which is 1500`],
  },
  'a neighbour in no subnet': {
    config: interfaces({
      p1: {
        ipv4: [
          '10.0.1.1/24',
          '<neighbor><ip>10.0.2.9</ip><link-layer-address>01:00:00:00:00:09</link-layer-address></neighbor>',
        ],
      },
    }),
    errors: [
      `${path('p1', "/ietf-ip:ipv4/neighbor[ip='10.0.2.9']/link-layer-address")}: '01:00:00:00:00:09' is not a neighbour's address; it needs a unicast one of six octets, such as 02:00:5e:10:00:01`,
      `${path('p1', "/ietf-ip:ipv4/neighbor[ip='10.0.2.9']/ip")}: neighbour 10.0.2.9 is in no subnet of p1; it has 10.0.1.0/24`,
    ],
  },
}

for (const [what, { config, errors }] of Object.entries(refusals)) {
  test(`refused, with its path: ${what}`, async (t) => {
    using box = await Box.open()
    t.deepEqual(await box.refusal(config), errors)
    t.is(box.member.interfaces.size, 0)
    t.deepEqual(box.rib.sizes, { prefixes: 0, nextHops: 0, objects: 0 })
  })
}

test('MTUs that differ between families are invalid, and one holds for both', async (t) => {
  using box = await Box.open()
  const errors = await box.refusal(
    interfaces({ p1: { ipv4: ['<mtu>1400</mtu>'], ipv6: ['<mtu>1300</mtu>'] } }),
  )
  t.regex(errors.join(), /ipv4\/mtu and ipv6\/mtu of one interface must be the same/)
  await box.commit(interfaces({ p1: { ipv6: ['<mtu>1300</mtu>'] } }))
  t.is(box.member.interfaces.get('p1')?.mtu, 1300)
})

test('a port that is gone after a restart keeps nothing else from working', async (t) => {
  using box = await Box.open({ ports: ['p1'] })
  using other = await Box.open({ ports: ['p1', 'p2'] })
  const config = interfaces({ p1: { ipv4: ['10.0.1.1/24'] }, p2: { ipv4: ['10.0.2.1/24'] } })
  t.is((await box.refusal(config)).length, 1)
  await other.commit(config)
  using tree = await box.yang.parse(config, 'xml')
  const { controllers, createContext } = box.controllers
  using journal = box.yang.journal()
  using before = box.yang.tree()
  t.deepEqual(await tree.validate(journal), [])
  using nothing = box.yang.journal()
  const change = { journal: nothing, before, after: tree, full: true }
  const context = createContext(change)
  for (const controller of controllers) {
    for (const step of (await controller.plan(change, context)).steps) box.member.do(step.operations)
  }
  t.is(box.member.interfaces.get('p1')?.port, 'p1')
  t.is(box.member.interfaces.get('p2')?.port, undefined)
})

test('everything again gives what the changes gave', async (t) => {
  using box = await Box.open()
  await box.commit(
    interfaces({ p1: { ipv4: ['10.0.1.1/24'] }, p2: { ipv4: ['10.0.2.1/24'] } }) +
      routes({ '20.0.0.0/8': '10.0.1.9' }),
  )
  const { fib, interfaces: told } = box.member
  const [lookup, count] = [fib.lookup(), told.size]
  fib.routes.clear()
  fib.objects.clear()
  told.clear()
  for (const { operations } of await box.full()) box.member.do(operations)
  t.deepEqual(fib.lookup(), lookup)
  t.is(told.size, count)
  await box.commit(routes({ '20.0.0.0/8': 'delete' }))
  t.false('0 20.0.0.0/8' in fib.lookup())
})

test('a subnet that comes to overlap another is refused where it is new', async (t) => {
  using box = await Box.open()
  await box.commit(interfaces({ p2: { ipv4: ['10.0.2.1/24'] } }))
  t.deepEqual(await box.refusal(interfaces({ p1: { ipv4: ['10.0.2.9/25'] } })), [
    `${path('p1', "/ietf-ip:ipv4/address[ip='10.0.2.9']/prefix-length")}: 10.0.2.0/25 overlaps 10.0.2.0/24 of interface p2; a subnet is on one interface`,
  ])
})
