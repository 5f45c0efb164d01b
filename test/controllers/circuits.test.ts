/** VLAN sub-interfaces and cross-connects: what members are told, and what is refused. */
import test from 'ava'
import { Box, interfaces, routes } from './box.js'

const path = (name: string, rest = '') => `/ietf-interfaces:interfaces/interface[name='${name}']${rest}`
const tag = (id: number | string, type?: string) =>
  (type === undefined ? '' : `<tag-type>${type}</tag-type>`) + `<vlan-id>${id}</vlan-id>`
const outer = (id: number, type?: string) => `<outer-tag>${tag(id, type)}</outer-tag>`
const second = (id: number | 'any', type?: string) => `<second-tag>${tag(id, type)}</second-tag>`
const vlan = (parent: string, content: string) => ({
  type: 'l2vlan',
  content: `<encapsulation xmlns="urn:weft:params:xml:ns:yang:weft-vlan"><parent-interface>${parent}</parent-interface>${content}</encapsulation>`,
})
const rewrite = (pop: number, push = '') =>
  `<rewrite><pop-tags>${pop}</pop-tags><push-tags>${push}</push-tags></rewrite>`
const connects = (all: Readonly<Record<string, readonly string[]>>) =>
  `<cross-connects xmlns="urn:weft:params:xml:ns:yang:weft-cross-connect">` +
  Object.entries(all)
    .map(([name, ends]) => {
      const each = ends.map((end) => `<interface><name>${end}</name></interface>`).join('')
      return `<cross-connect><name>${name}</name>${each}</cross-connect>`
    })
    .join('') +
  '</cross-connects>'
const tunnel = (kind: string) => ({
  type: 'tunnel',
  content: `<tunnel xmlns="urn:weft:params:xml:ns:yang:weft-tunnels"><source>10.0.1.1</source><destination>10.0.1.2</destination>${kind}</tunnel>`,
})
const mac = (text: string) =>
  `<mac-address xmlns="urn:weft:params:xml:ns:yang:weft-interfaces">${text}</mac-address>`

const q = (vid: number) => ({ tpid: 0x8100, vid })
const ad = (vid: number) => ({ tpid: 0x88a8, vid })

test('sub-interfaces match untagged frames, one tag or two, and what is left', async (t) => {
  using box = await Box.open()
  await box.commit(
    interfaces({
      p1: {},
      a: vlan('p1', outer(100)),
      b: vlan('p1', outer(100, 's-vlan') + second(7)),
      c: vlan('p1', outer(101, 's-vlan') + second('any') + rewrite(1)),
      d: vlan('p1', '<default/>'),
      e: vlan('p1', '<untagged/>' + rewrite(0, outer(30, 's-vlan') + second(31))),
    }),
  )
  const none = { pop: 0, push: [] }
  t.deepEqual(Object.fromEntries(box.member.circuits), {
    a: { parent: 'p1', match: 'tag', tags: [q(100)], ...none },
    b: { parent: 'p1', match: 'two-tags', tags: [ad(100), q(7)], ...none },
    c: { parent: 'p1', match: 'tag-and-any', tags: [ad(101)], pop: 1, push: [] },
    d: { parent: 'p1', match: 'rest', tags: [], ...none },
    e: { parent: 'p1', match: 'untagged', tags: [], pop: 0, push: [ad(30), q(31)] },
  })
  t.is(box.member.interfaces.get('a')?.port, undefined)
})

test('a sub-interface has addresses and routes as any interface, changes its tags alone, and goes', async (t) => {
  using box = await Box.open()
  await box.commit(
    interfaces({
      p1: { content: mac('02:00:5e:00:00:01') },
      'p1.100': { ...vlan('p1', outer(100)), ipv4: ['10.0.100.1/24'] },
    }) + routes({ '20.0.0.0/8': '10.0.100.9' }),
  )
  t.is(box.member.fib.lookup()['0 10.0.100.0/24'], 'glean p1.100')
  t.deepEqual(box.member.interfaces.get('p1')?.mac, Uint8Array.of(2, 0, 0x5e, 0, 0, 1))
  const changed = await box.commit(interfaces({ 'p1.100': vlan('p1', outer(200)) }))
  t.deepEqual(
    changed.map(({ summary }) => summary),
    ['set interface p1.100'],
  )
  t.deepEqual(box.member.circuits.get('p1.100')?.tags, [q(200)])
  t.deepEqual(await box.refusal(interfaces({ p1: { operation: 'delete' } })), [
    `${path('p1.100', '/weft-vlan:encapsulation/parent-interface')}: there is no /ietf-interfaces:interfaces/interface/name with the value "p1", and "parent-interface" must refer to one that is there`,
  ])
  const gone = await box.commit(
    interfaces({ 'p1.100': { operation: 'delete' } }) + routes({ '20.0.0.0/8': 'delete' }),
  )
  t.deepEqual(gone.at(-1)?.summary, 'delete interface p1.100')
  t.is(box.member.circuits.size, 0)
  t.deepEqual(box.rib.sizes, { prefixes: 0, nextHops: 0, objects: 0 })
})

test('a sub-interface and its parent name each other in state', async (t) => {
  using box = await Box.open()
  await box.commit(interfaces({ p1: {}, 'p1.5': vlan('p1', outer(5)), 'p1.6': vlan('p1', outer(6)) }))
  const state = JSON.stringify(await box.operational())
  t.true(state.includes('"higher-layer-if":["p1.5","p1.6"]'), state)
  t.true(state.includes('"lower-layer-if":["p1"]'))
})

const routed = ['10.0.9.1/24']
const refusals: Record<string, { config: string; errors: readonly string[] }> = {
  'the same tag twice on a port': {
    config: interfaces({ p1: {}, a: vlan('p1', outer(100)), b: vlan('p1', outer(100, 'c-vlan')) }),
    errors: [`${path('b', '/weft-vlan:encapsulation')}: c-vlan 100 of p1 belong to a already`],
  },
  'a sub-interface of a sub-interface': {
    config: interfaces({ p1: {}, a: vlan('p1', outer(100)), b: vlan('a', outer(5)) }),
    errors: [
      `${path('b', '/weft-vlan:encapsulation/parent-interface')}: a sub-interface sits on an interface of type iana-if-type:ethernetCsmacd, and a is of type iana-if-type:l2vlan; two tags of one port are an outer-tag and a second-tag on it`,
    ],
  },
  'a sub-interface of a loopback': {
    config: interfaces({ lo0: { type: 'softwareLoopback' }, b: vlan('lo0', outer(5)) }),
    errors: [
      `${path('b', '/weft-vlan:encapsulation/parent-interface')}: a sub-interface sits on an interface of type iana-if-type:ethernetCsmacd, and lo0 is of type iana-if-type:softwareLoopback`,
    ],
  },
  'routing what has no tags of its own': {
    config: interfaces({ p1: {}, a: { ...vlan('p1', '<default/>'), ipv4: routed } }),
    errors: [
      `${path('a', '/weft-vlan:encapsulation')}: all frames that no other sub-interface has can only be switched: packets that are routed could not be given their tags; delete ipv4, or match tags by number`,
    ],
  },
  'rewriting what is routed': {
    config: interfaces({ p1: {}, a: { ...vlan('p1', outer(5) + rewrite(1)), ipv4: routed } }),
    errors: [
      `${path('a', '/weft-vlan:encapsulation/rewrite')}: tags are rewritten for frames that are switched, and a routes IPv4; delete rewrite or ipv4`,
    ],
  },
  'taking off more than is known': {
    config: interfaces({ p1: {}, a: vlan('p1', outer(5) + second('any') + rewrite(2)) }),
    errors: [
      `${path('a', '/weft-vlan:encapsulation/rewrite/pop-tags')}: pop-tags is 2, but 1 are matched by number; what is not known could not be put on again`,
    ],
  },
  'an MTU that the parent does not carry': {
    config: interfaces({
      p1: { ipv4: ['<mtu>1500</mtu>'] },
      a: { ...vlan('p1', outer(5, 's-vlan') + second(6)), ipv4: [...routed, '<mtu>1500</mtu>'] },
    }),
    errors: [
      `${path('a', '/ietf-ip:ipv4/mtu')}: mtu 1500 is more than p1 carries, whose mtu is 1500, and its tags need 8 octets of it; it is at most 1492`,
    ],
  },
  "a group's MAC address": {
    config: interfaces({ p1: { content: mac('01:00:5e:00:00:01') } }),
    errors: [
      `${path('p1', '/weft-interfaces:mac-address')}: '01:00:5e:00:00:01' is not an interface's address; it needs a unicast one, such as 02:00:5e:10:00:01`,
    ],
  },
  'a sub-interface on a port of its own': {
    config: interfaces({ p1: {}, a: { ...vlan('p1', outer(5)), port: 'p2' } }),
    errors: [
      `${path('a', '/weft-interfaces:port')}: an interface of type l2vlan sits on no port; delete its port or make it iana-if-type:ethernetCsmacd`,
    ],
  },
  'a cross-connect of a tunnel of IP packets': {
    config:
      interfaces({
        p1: { ipv4: ['10.0.1.1/24'] },
        p2: {},
        p3: {},
        g: tunnel('<gre/>'),
        v: tunnel('<vxlan><vni>5</vni></vxlan>'),
      }) + connects({ x: ['g', 'p2'], y: ['v', 'p3'] }),
    errors: [
      `/weft-cross-connect:cross-connects/cross-connect[name='x']/interface[name='g']/name: interface g is a tunnel of IP packets, which has no frames; vxlan, nvgre and l2gre carry frames`,
    ],
  },
  'a cross-connect of what is routed, and of one interface twice': {
    config:
      interfaces({ p1: { ipv4: routed }, p2: {}, p3: {} }) + connects({ x: ['p1', 'p2'], y: ['p2', 'p3'] }),
    errors: [
      `/weft-cross-connect:cross-connects/cross-connect[name='x']/interface[name='p1']/name: interface p1 routes IPv4; delete its ipv4, or connect another interface`,
      `/weft-cross-connect:cross-connects/cross-connect[name='y']/interface[name='p2']/name: interface p2 is in cross-connect x already`,
    ],
  },
}

for (const [what, { config, errors }] of Object.entries(refusals)) {
  test(`refused, with its path: ${what}`, async (t) => {
    using box = await Box.open()
    t.deepEqual(await box.refusal(config), errors)
    t.is(box.member.interfaces.size, 0)
  })
}

test('what YANG says of sub-interfaces holds: a parent, one kind of frames, VLANs from 1 to 4094', async (t) => {
  using box = await Box.open()
  for (const [content, what] of [
    ['', /match/],
    [outer(0), /vlan-id/],
    [outer(4095), /vlan-id/],
    [second(5), /A second tag needs an outer one/],
  ] as const)
    t.regex((await box.refusal(interfaces({ p1: {}, a: vlan('p1', content) }))).join(), what)
  t.regex((await box.refusal(interfaces({ a: { type: 'l2vlan' } }))).join(), /parent-interface|match/)
  t.regex((await box.refusal(interfaces({ a: vlan('p7', outer(5)) }))).join(), /parent-interface.*p7/)
  t.regex(
    (await box.refusal(interfaces({ p1: { ...vlan('p1', outer(5)), type: 'ethernetCsmacd' } }))).join(),
    /when|encapsulation/,
  )
})

test('cross-connects come, change and go', async (t) => {
  using box = await Box.open()
  await box.commit(
    interfaces({ p1: {}, p2: {}, 'p3.5': vlan('p3', outer(5)), p3: {} }) + connects({ x: ['p2', 'p1'] }),
  )
  t.deepEqual([...box.member.crossConnects], [['x', ['p1', 'p2']]])
  t.deepEqual(await box.commit(connects({ x: ['p1', 'p2'] })), [])
  t.regex((await box.refusal(connects({ x: ['p3.5'] }))).join(), /takes at most 2/)
  t.regex((await box.refusal(interfaces({ p2: { operation: 'delete' } }))).join(), /p2/)
  await box.commit(
    `<cross-connects xmlns="urn:weft:params:xml:ns:yang:weft-cross-connect" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"><cross-connect nc:operation="delete"><name>x</name></cross-connect></cross-connects>`,
  )
  t.is(box.member.crossConnects.size, 0)
})

test('an interface that is bridged is refused to a cross-connect, until it is taken out', async (t) => {
  using box = await Box.open()
  const domains = (content: string) =>
    `<bridge-domains xmlns="urn:weft:params:xml:ns:yang:weft-bridge" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">${content}</bridge-domains>`
  await box.commit(
    interfaces({ p1: {}, p2: {}, p3: {} }) +
      domains('<bridge-domain><name>lan</name><member><interface>p1</interface></member></bridge-domain>'),
  )
  t.deepEqual(await box.refusal(connects({ x: ['p1', 'p2'] })), [
    `/weft-cross-connect:cross-connects/cross-connect[name='x']/interface[name='p1']/name: interface p1 is a member of bridge domain lan, which has its frames; take it out of there, or connect another interface`,
  ])
  const out =
    '<bridge-domain><name>lan</name><member nc:operation="delete"><interface>p1</interface></member></bridge-domain>'
  await box.commit(domains(out) + connects({ y: ['p1', 'p2'] }))
  t.regex(
    (
      await box.refusal(
        domains('<bridge-domain><name>lan</name><member><interface>p2</interface></member></bridge-domain>'),
      )
    ).join(),
    /member\[interface='p2'\].*in cross-connect y/,
  )
})
