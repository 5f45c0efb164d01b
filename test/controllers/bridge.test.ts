import test from 'ava'
import { encodeRecords } from '../../dataplane/client/index.js'
import { everything } from '../../datastore/controller.js'
import { Box } from './box.js'

const nc = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"'
const domains = (content: string) =>
  `<bridge-domains xmlns="urn:weft:params:xml:ns:yang:weft-bridge" ${nc}>${content}</bridge-domains>`
const domain = (name: string, content = '') => `<bridge-domain><name>${name}</name>${content}</bridge-domain>`
const member = (name: string, content = '') => `<member><interface>${name}</interface>${content}</member>`
const interfaces = (content: string) =>
  `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces" xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type" ${nc}>${content}</interfaces>`
const own =
  (type: string) =>
  (name: string, content = '') =>
    `<interface><name>${name}</name><type>ianaift:${type}</type>${content}</interface>`
const ethernet = own('ethernetCsmacd')
const bvi = (name: string, of: string, content = '') =>
  own('l3ipvlan')(
    name,
    `<bridge-domain xmlns="urn:weft:params:xml:ns:yang:weft-bridge">${of}</bridge-domain>${content}`,
  )
const switched = (mode: string) =>
  `<switched xmlns="urn:weft:params:xml:ns:yang:weft-bridge">${mode}</switched>`
const ipv4 = (ip: string) =>
  `<ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ip"><address><ip>${ip}</ip><prefix-length>24</prefix-length></address></ipv4>`
const at = (name: string) => `/weft-bridge:bridge-domains/bridge-domain[name='${name}']`
const ofInterface = (name: string) => `/ietf-interfaces:interfaces/interface[name='${name}']`

test('a bridge domain is told with its members, addresses, limits and routed interface', async (t) => {
  using box = await Box.open()
  await box.commit(
    interfaces(ethernet('p1') + ethernet('p2') + bvi('office', 'lan', ipv4('10.0.9.1'))) +
      domains(
        domain(
          'lan',
          member('p1', '<split-horizon-group>3</split-horizon-group><mac-limit>10</mac-limit>') +
            member('p2') +
            '<ageing-time>60</ageing-time><mac-limit>100</mac-limit><neighbour-suppression>true</neighbour-suppression>' +
            '<static-mac><mac-address>02:00:00:00:00:05</mac-address><interface>p2</interface></static-mac>' +
            '<policers><broadcast><rate>500</rate></broadcast></policers>' +
            '<mac-move><moves>3</moves><action>hold</action></mac-move>',
        ),
      ),
  )
  t.deepEqual(box.member.bridges.get('lan'), {
    name: 'lan',
    learns: true,
    floodsUnknown: true,
    forwardsReserved: false,
    suppresses: true,
    ageing: 60,
    most: 100,
    policers: { unknownUnicast: undefined, broadcast: { rate: 500, burst: 100 }, multicast: undefined },
    moves: { most: 3, window: 10, hold: 60 },
    routed: 'office',
    members: [
      { interface: 'p1', group: 3, most: 10 },
      { interface: 'p2', group: 0, most: undefined },
    ],
    macs: [{ mac: Uint8Array.of(2, 0, 0, 0, 0, 5), interface: 'p2' }],
  })
  t.is(box.member.interfaces.get('office')?.port, undefined)
  const bridge = box.member.bridges.get('lan')
  t.is([...encodeRecords(bridge ? [{ op: 'bridge-set', bridge }] : [])][0]?.[0], 61)
  const steps = await box.commit(
    domains(`<bridge-domain nc:operation="delete"><name>lan</name></bridge-domain>`) +
      interfaces(`<interface nc:operation="delete"><name>office</name></interface>`),
  )
  t.true(steps.some(({ summary }) => summary === 'delete bridge domain lan'))
  t.is(box.member.bridges.size, 0)
})

test('access and trunk ports become circuits that are members of the domains of their VLANs', async (t) => {
  using box = await Box.open()
  const vlans = domain('ten', '<vlan-id>10</vlan-id>') + domain('twenty', '<vlan-id>20</vlan-id>')
  await box.commit(
    domains(vlans + domain('other')) +
      interfaces(
        ethernet('p1', switched('<access><vlan>10</vlan></access>')) +
          ethernet('p2', switched('<trunk><native-vlan>20</native-vlan></trunk>')),
      ),
  )
  const members = (name: string) => box.member.bridges.get(name)?.members.map((one) => one.interface)
  t.deepEqual(members('ten'), ['p1.10', 'p2.10'])
  t.deepEqual(members('twenty'), ['p2.20'])
  t.deepEqual(members('other'), [])
  t.deepEqual(box.member.circuits.get('p1.10'), {
    parent: 'p1',
    match: 'untagged',
    tags: [],
    pop: 0,
    push: [],
  })
  t.deepEqual(box.member.circuits.get('p2.10'), {
    parent: 'p2',
    match: 'tag',
    tags: [{ tpid: 0x8100, vid: 10 }],
    pop: 1,
    push: [],
  })
  t.is(box.member.circuits.get('p2.20')?.match, 'untagged')
  await box.commit(
    interfaces(
      ethernet(
        'p2',
        switched('<trunk><vlan><vlan-id>10</vlan-id></vlan><native-vlan nc:operation="delete"/></trunk>'),
      ),
    ),
  )
  t.deepEqual(members('twenty'), [])
  await box.commit(
    interfaces(
      ethernet('p1', '<switched xmlns="urn:weft:params:xml:ns:yang:weft-bridge" nc:operation="delete"/>'),
    ),
  )
  t.deepEqual([...box.member.circuits.keys()], ['p2.10'])
  t.false(box.member.interfaces.has('p1.10'))
})

test('what cannot be is refused where it stands', async (t) => {
  using box = await Box.open()
  const both = interfaces(ethernet('p1') + ethernet('p2'))
  t.deepEqual(await box.refusal(both + domains(domain('a', member('p1')) + domain('b', member('p1')))), [
    `${at('b')}/member[interface='p1']/interface: interface p1 is in bridge domain a already; an interface is in one`,
  ])
  t.deepEqual(
    await box.refusal(interfaces(ethernet('p1', ipv4('10.0.1.1'))) + domains(domain('a', member('p1')))),
    [
      `${at('a')}/member[interface='p1']/interface: interface p1 routes IPv4; a member has neither ipv4 nor ipv6, an interface of type l3ipvlan routes for the domain`,
    ],
  )
  t.deepEqual(await box.refusal(interfaces(bvi('x', 'a') + bvi('y', 'a')) + domains(domain('a'))), [
    `${ofInterface('y')}/weft-bridge:bridge-domain: interface x routes for bridge domain a already; a domain has one such interface`,
  ])
  t.deepEqual(
    await box.refusal(
      interfaces(ethernet('p1', switched('<access><vlan>10</vlan></access>'))) +
        domains(domain('a', '<vlan-id>10</vlan-id>' + member('p1'))),
    ),
    [
      `${at('a')}/member[interface='p1']/interface: interface p1 is a switch port, which is in the domains of its VLANs; delete its 'switched', or the member`,
    ],
  )
  // By YANG: a routed interface of no domain, one domain's VLAN twice, a VLAN that is none's, an address of a group.
  for (const [content, text] of [
    [interfaces(own('l3ipvlan')('x')), /bridge-domain/],
    [interfaces(bvi('x', 'nowhere')), /nowhere/],
    [domains(domain('a', '<vlan-id>10</vlan-id>') + domain('b', '<vlan-id>10</vlan-id>')), /vlan-id/],
    [interfaces(ethernet('p1', switched('<access><vlan>10</vlan></access>'))), /10/],
    [
      both +
        domains(
          domain(
            'a',
            member('p1') +
              '<static-mac><mac-address>01:00:5e:00:00:05</mac-address><interface>p1</interface></static-mac>',
          ),
        ),
      /01:00:5e:00:00:05/,
    ],
  ] as const) {
    t.regex((await box.refusal(content)).join(' '), text)
  }
})

test('state tells members, counters and addresses, a page at a time', async (t) => {
  using box = await Box.open()
  await box.commit(interfaces(ethernet('p1')) + domains(domain('lan', member('p1'))))
  const counters = {
    ...{
      forwarded: 7n,
      toBox: 1n,
      fromBox: 2n,
      copies: 3n,
      learned: 4n,
      moves: 5n,
      held: 0n,
      notLearned: 6n,
    },
    ...{ suppressed: 8n, floodedUnknownUnicast: 1n, floodedBroadcast: 2n, floodedMulticast: 3n },
    ...{ policedUnknownUnicast: 0n, policedBroadcast: 0n, policedMulticast: 9n },
  }
  box.member.answer = {
    bridges: [
      {
        ...{
          name: 'lan',
          routed: '',
          addresses: 1,
          limited: true,
          discontinuity: 1_700_000_000_000,
          counters,
        },
        members: [{ interface: 'p1', up: true, addresses: 1 }],
        moving: [{ mac: Uint8Array.of(2, 0, 0, 0, 0, 9), from: 'p1', to: 'p2', time: 1_700_000_000_000 }],
      },
    ],
    macs: {
      macs: [
        {
          ...{ domain: 'lan', interface: 'p1', mac: Uint8Array.of(2, 0, 0, 0, 0, 1), fixed: false, age: 12 },
          remote: Uint8Array.of(192, 0, 2, 9),
        },
      ],
      next: undefined,
    },
  }
  let text = ''
  for (const provider of box.controllers.controllers.flatMap(({ state }) => state ?? []))
    if (provider.path === '/weft-bridge:bridge-domains')
      for await (const piece of provider.read(everything)) text += piece
  t.regex(text, /<member><interface>p1<\/interface><oper-status>up<\/oper-status><mac-addresses>1</)
  t.regex(text, /<forwarded>7<\/forwarded>/)
  t.regex(text, /<policed>.*<multicast>9<\/multicast>/s)
  t.regex(text, /<mac-limit-reached>true</)
  t.regex(text, /<moving-mac><mac-address>02:00:00:00:00:09</)
  t.regex(
    text,
    /<entry><mac-address>02:00:00:00:00:01<\/mac-address><interface>p1<\/interface><remote>192\.0\.2\.9<\/remote><origin>learned<\/origin><age>12</,
  )
})

test('a tunnel with several remotes is a member, with addresses behind one of them', async (t) => {
  using box = await Box.open()
  const ends = (remotes: string) => `<source>192.0.2.1</source>${remotes}`
  const remote = (...all: readonly string[]) =>
    all.map((one) => `<remote><address>${one}</address></remote>`).join('')
  const tunnel = (content: string, more = '') =>
    own('tunnel')('vx', `<tunnel xmlns="urn:weft:params:xml:ns:yang:weft-tunnels">${content}</tunnel>${more}`)
  const vxlan = (...remotes: readonly string[]) => ends(remote(...remotes)) + '<vxlan><vni>7</vni></vxlan>'
  const port = ethernet('p1', ipv4('192.0.2.1'))
  const fixed = (interfaceName: string, address: string) =>
    `<static-mac><mac-address>02:00:00:00:00:05</mac-address><interface>${interfaceName}</interface><remote>${address}</remote></static-mac>`
  const both = ['192.0.2.7', '192.0.2.8'] as const
  await box.commit(
    interfaces(port + ethernet('p2') + tunnel(vxlan(...both))) +
      domains(domain('lan', member('vx') + member('p2') + fixed('vx', '192.0.2.8'))),
  )
  t.deepEqual(box.member.bridges.get('lan')?.macs, [
    { mac: Uint8Array.of(2, 0, 0, 0, 0, 5), interface: 'vx', remote: Uint8Array.of(192, 0, 2, 8) },
  ])
  const path = `${at('lan')}/static-mac[mac-address='02:00:00:00:00:05']/remote`
  t.deepEqual(await box.refusal(domains(domain('lan', fixed('vx', '192.0.2.9')))), [
    `${path}: 192.0.2.9 is no remote of interface vx; its remotes are 192.0.2.7, 192.0.2.8`,
  ])
  t.deepEqual(await box.refusal(domains(domain('lan', fixed('p2', '192.0.2.8')))), [
    `${path}: 192.0.2.8 is no remote of interface p2; it is no tunnel`,
  ])
  await box.commit(domains('<bridge-domain nc:operation="delete"><name>lan</name></bridge-domain>'))
  t.deepEqual(await box.refusal(interfaces(tunnel('', ipv4('10.9.0.1')))), [
    `${ofInterface('vx')}/weft-tunnels:tunnel: tunnel vx has several remotes and routes IPv4; make it a member of a bridge domain, for which an interface of type l3ipvlan routes`,
  ])
  const packets = `${ends('<destination>192.0.2.7</destination>')}<ipip/>`
  t.deepEqual(
    await box.refusal(
      interfaces(
        own('tunnel')('ip', `<tunnel xmlns="urn:weft:params:xml:ns:yang:weft-tunnels">${packets}</tunnel>`),
      ) + domains(domain('lan', member('ip'))),
    ),
    [
      `${at('lan')}/member[interface='ip']/interface: tunnel ip carries IP packets; a member carries Ethernet frames`,
    ],
  )
})
