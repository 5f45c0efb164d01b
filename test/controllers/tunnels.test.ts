import test from 'ava'
import { formatAddress } from '../../src/rib/index.js'
import { Box, interfaces } from './box.js'

const xmlns = 'xmlns="urn:weft:params:xml:ns:yang:weft-tunnels"'
const nc = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"'
const path = (name: string, rest: string) =>
  `/ietf-interfaces:interfaces/interface[name='${name}']/weft-tunnels:tunnel${rest}`

function tunnel(content: string, ipv4: readonly string[] = []) {
  return { type: 'tunnel', ...(ipv4.length > 0 && { ipv4 }), content: `<tunnel ${xmlns}>${content}</tunnel>` }
}
const ends = '<source>10.0.1.1</source><destination>10.0.1.2</destination>'
const p1 = { ipv4: ['10.0.1.1/24'], ipv6: ['2001:db8:1::1/64'] }

test('a tunnel is told after its interface, with what is configured and what is not', async (t) => {
  using box = await Box.open()
  const steps = await box.commit(
    interfaces({
      p1,
      g: tunnel(`${ends}<gre/>`, ['10.9.0.1/30']),
      v: tunnel(`${ends}<vxlan><vni>7</vni></vxlan>`),
    }),
  )
  t.true(steps.some(({ summary }) => summary === 'set tunnel g, v'))
  const { source, remotes, ...gre } = box.member.tunnels.get('g')!
  t.is(formatAddress(source), '10.0.1.1')
  t.deepEqual(remotes.map(formatAddress), ['10.0.1.2'])
  t.deepEqual(gre, {
    ...{ kind: 'gre', vrf: 0, key: undefined, port: 0, checksum: false },
    ...{ hopLimit: 64, dscp: undefined, fragmentsOutside: false },
  })
  t.like(box.member.tunnels.get('v'), { kind: 'vxlan', key: 7, port: 4789, checksum: false })
  t.like(box.member.interfaces.get('g'), { port: undefined, mtu: 0 })
  t.is((await box.full()).filter(({ provides }) => provides === 'tunnel').length, 1)
})

test('each kind says what it has', async (t) => {
  using box = await Box.open()
  const six = '<source>2001:db8:1::1</source><destination>2001:db8:1::2</destination>'
  const all = {
    ipip: '<ipip/>',
    gre: '<gre><key>5</key><checksum>true</checksum></gre>',
    l2gre: '<l2gre/>',
    nvgre: '<nvgre><virtual-subnet-id>5000</virtual-subnet-id></nvgre>',
    vxlan: '<vxlan><vni>1</vni><port>8472</port></vxlan>',
    ip: '<vxlan-gpe><vni>2</vni><payload>ip</payload><udp-checksum>false</udp-checksum></vxlan-gpe>',
    ethernet: '<vxlan-gpe><vni>3</vni></vxlan-gpe>',
  }
  const each = Object.entries(all).map(
    ([name, content]) =>
      [name, tunnel(`${six}${content}<hop-limit>inherit</hop-limit><dscp>46</dscp>`)] as const,
  )
  await box.commit(interfaces({ p1, ...Object.fromEntries(each) }))
  const said = (name: string) => {
    const { kind, key, port, checksum, hopLimit, dscp } = box.member.tunnels.get(name)!
    return [kind, key, port, checksum, hopLimit, dscp]
  }
  t.deepEqual(said('ipip'), ['ipip', undefined, 0, false, 0, 46])
  t.deepEqual(said('gre'), ['gre', 5, 0, true, 0, 46])
  t.deepEqual(said('l2gre'), ['l2gre', undefined, 0, false, 0, 46])
  t.deepEqual(said('nvgre'), ['nvgre', 5000, 0, false, 0, 46])
  t.deepEqual(said('vxlan'), ['vxlan', 1, 8472, true, 0, 46])
  t.deepEqual(said('ip'), ['vxlan-gpe-ip', 2, 4790, false, 0, 46])
  t.deepEqual(said('ethernet'), ['vxlan-gpe-ethernet', 3, 4790, true, 0, 46])
})

test('a source may be an interface, and follows its address', async (t) => {
  using box = await Box.open()
  const by = '<source-interface>p1</source-interface><destination>10.0.1.2</destination><ipip/>'
  await box.commit(interfaces({ p1: { ipv4: ['10.0.1.1/24'] }, i: tunnel(by) }))
  t.is(formatAddress(box.member.tunnels.get('i')!.source), '10.0.1.1')
  const change = `<address nc:operation="delete" ${nc}><ip>10.0.1.1</ip></address>`
  await box.commit(interfaces({ p1: { ipv4: [change, '10.0.1.5/24'] } }))
  t.is(formatAddress(box.member.tunnels.get('i')!.source), '10.0.1.5')
})

test('remotes are told in their order; mtu, fragmentation and an end of it are', async (t) => {
  using box = await Box.open()
  const remotes = '<remote><address>10.0.1.9</address></remote><remote><address>10.0.1.3</address></remote>'
  const more = '<mtu>1400</mtu><fragmentation>outer</fragmentation>'
  await box.commit(
    interfaces({ p1, v: tunnel(`<source>10.0.1.1</source>${remotes}<vxlan><vni>1</vni></vxlan>${more}`) }),
  )
  t.deepEqual(box.member.tunnels.get('v')!.remotes.map(formatAddress), ['10.0.1.9', '10.0.1.3'])
  t.true(box.member.tunnels.get('v')!.fragmentsOutside)
  t.is(box.member.interfaces.get('v')!.mtu, 1400)
  await box.commit(interfaces({ v: { operation: 'delete' } }))
  t.is(box.member.tunnels.size, 0)
})

test('what can be no tunnel is refused, with the path and what would be right', async (t) => {
  using box = await Box.open()
  const refused = (all: Record<string, ReturnType<typeof tunnel>>) => box.refusal(interfaces({ p1, ...all }))
  t.deepEqual(
    await refused({ t: tunnel('<source>10.0.1.7</source><destination>10.0.1.2</destination><ipip/>') }),
    [
      `${path('t', '/source')}: 10.0.1.7 is no address of an interface; a tunnel begins at an address of this box`,
    ],
  )
  t.deepEqual(
    await refused({
      t: tunnel(`<source>10.9.0.1</source><destination>10.0.1.2</destination><ipip/>`, ['10.9.0.1/24']),
    }),
    [
      `${path('t', '/source')}: 10.9.0.1 is an address of this tunnel itself; its packets begin at another interface's`,
    ],
  )
  t.deepEqual(
    await refused({ t: tunnel('<source>10.0.1.1</source><destination>2001:db8::2</destination><ipip/>') }),
    [
      `${path('t', '/destination')}: 2001:db8::2 is of IPv6 and the source 10.0.1.1 of IPv4; both ends are of one family`,
    ],
  )
  t.deepEqual(
    await refused({ t: tunnel('<source>10.0.1.1</source><destination>10.0.1.1</destination><ipip/>') }),
    [
      `${path('t', '/destination')}: 10.0.1.1 is an address of this box, of interface p1; a tunnel leads to another one`,
    ],
  )
  t.deepEqual(
    await refused({ t: tunnel('<source>10.0.1.1</source><destination>224.0.0.9</destination><ipip/>') }),
    [`${path('t', '/destination')}: 224.0.0.9 is a multicast address; a tunnel leads to a unicast one`],
  )
  const vni = '<vxlan><vni>7</vni></vxlan>'
  t.deepEqual(await refused({ a: tunnel(`${ends}${vni}`), b: tunnel(`${ends}${vni}`) }), [
    `${path('b', '/destination')}: interface a is VXLAN of VNI 7 at port 4789 from 10.0.1.1 to 10.0.1.2 already; tunnels between the same ends differ in kind or key`,
  ])
  const several = '<source>10.0.1.1</source><remote><address>10.0.1.2</address></remote><gre/>'
  t.deepEqual(await refused({ t: tunnel(several) }), [
    `${path('t', '')}: a tunnel of IP packets has one destination; several remotes are for tunnels of Ethernet frames`,
  ])
  const six = '<source>2001:db8:1::1</source><destination>2001:db8:1::2</destination><gre/>'
  t.deepEqual(await refused({ t: tunnel(`${six}<fragmentation>outer</fragmentation>`) }), [
    `${path('t', '/fragmentation')}: packets of IPv6 are not fragmented on the way; take fragmentation inner, or a source of IPv4`,
  ])
  const interfaceEnd = '<source-interface>p2</source-interface><destination>10.0.1.2</destination><gre/>'
  t.deepEqual(await box.refusal(interfaces({ p1, p2: {}, t: tunnel(interfaceEnd) })), [
    `${path('t', '/source-interface')}: interface p2 has no IPv4 address that the tunnel could begin at`,
  ])
  t.is((await box.refusal(interfaces({ p1, t: { type: 'tunnel' } }))).length, 3)
  t.regex(
    (await box.refusal(interfaces({ t: { ...tunnel(`${ends}<gre/>`), port: 'p3' } }))).join(),
    /sits on no port/,
  )
  t.is(box.member.interfaces.size, 0)
})

test('state says where a tunnel leaves, what it carries, and why it is down', async (t) => {
  using box = await Box.open()
  await box.commit(interfaces({ p1, g: tunnel(`${ends}<gre/>`) }))
  const counters = new Proxy({}, { get: () => 0n }) as never
  const common = {
    ...{
      name: 'g',
      port: '',
      device: 'p1',
      driver: '',
      index: 2,
      adminUp: true,
      present: true,
      mtu: 1476,
      speed: 0n,
      tap: undefined,
    },
    ...{ mac: new Uint8Array(6), lastChange: 1, discontinuity: 1, counters },
  }
  const stateOf = async () => {
    const { interface: all } = (await box.operational())['/ietf-interfaces:interfaces'] as never as {
      interface: { name: string; 'oper-status': string; 'weft-tunnels:tunnel'?: Record<string, unknown> }[]
    }
    return all.find(({ name }) => name === 'g')!
  }
  box.member.answer = { interfaces: [{ ...common, operUp: true, driverReason: '' }] }
  t.like(await stateOf(), {
    'oper-status': 'up',
    'weft-tunnels:tunnel': { 'underlay-interface': 'p1', 'operational-mtu': 1476 },
  })
  const driverReason = 'there is no route to 10.0.1.2'
  box.member.answer = { interfaces: [{ ...common, operUp: false, driverReason }] }
  t.like(await stateOf(), { 'oper-status': 'down', 'weft-tunnels:tunnel': { 'down-reason': driverReason } })
})
