/** Mirrors: what a member is told of them, and what is refused in its place. */
import test from 'ava'
import { Box, interfaces } from './box.js'

const mirrors = (content: string): string =>
  `<mirrors xmlns="urn:weft:params:xml:ns:yang:weft-mirror" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">${content}</mirrors>`

const mirror = (name: string, content: string): string => `<mirror><name>${name}</name>${content}</mirror>`
const source = (name: string, direction?: string): string =>
  `<source><interface>${name}</interface>${direction ? `<direction>${direction}</direction>` : ''}</source>`
const to = (name: string): string => `<destination>${name}</destination>`

async function box(): Promise<Box> {
  const made = await Box.open()
  await made.commit(interfaces({ p1: {}, p2: {}, p3: {} }))
  return made
}

test('a mirror is set with its filter compiled, changed, told again in full, and deleted', async (t) => {
  using one = await box()
  await one.commit(
    mirrors(mirror('m', source('p1') + source('p2', 'in') + to('p3') + '<filter>udp</filter>')),
  )
  const set = one.member.mirrors.get('m')
  t.like(set, {
    op: 'mirror-set',
    destination: 'p3',
    sources: [
      { interface: 'p1', direction: 'both' },
      { interface: 'p2', direction: 'in' },
    ],
    rate: 0,
  })
  t.true(set?.op === 'mirror-set' && set.filter.length > 0 && set.filter.length % 8 === 0)
  t.deepEqual(await one.commit(interfaces({ p1: { enabled: true } })), [])
  await one.commit(mirrors(mirror('m', '<max-rate>100</max-rate>')))
  t.like(one.member.mirrors.get('m'), { rate: 100 })
  const full = await one.full()
  t.is(full.flatMap(({ operations }) => operations).filter(({ op }) => op === 'mirror-set').length, 1)

  one.member.answer = {
    mirrors: [{ name: 'm', packets: 3n, octets: 300n, overRate: 2n, lost: 1n }],
  }
  const state = await one.operational()
  t.like(state['/weft-mirror:mirrors'], {
    mirror: [{ name: 'm', statistics: { packets: '3', octets: '300', 'over-rate': '2', lost: '1' } }],
  })

  await one.commit(mirrors(mirror('m', '<enabled>false</enabled>')))
  t.is(one.member.mirrors.size, 0)
  await one.commit(mirrors(mirror('m', '<enabled>true</enabled>')))
  t.is(one.member.mirrors.size, 1)
  await one.commit(mirrors('<mirror nc:operation="delete"><name>m</name></mirror>'))
  t.is(one.member.mirrors.size, 0)
})

test('what a mirror can not be is refused with its path', async (t) => {
  using one = await box()
  const list = "/weft-mirror:mirrors/mirror[name='m']"
  const refused = async (content: string): Promise<readonly string[]> => one.refusal(mirrors(content))
  t.deepEqual(await refused(mirror('m', source('p1') + to('p2') + '<filter>udp port</filter>')), [
    `${list}/filter: can't parse filter expression: syntax error`,
  ])
  t.deepEqual(await refused(mirror('m', source('p1') + to('p1'))), [
    `${list}/source[interface='p1']/interface: Copies are sent there: what is sent would be copied again.`,
  ])
  const both = mirror('m', source('p1') + to('p2')) + mirror('n', source('p2') + to('p3'))
  t.regex(
    (await refused(both)).join('\n'),
    /mirror\[name='n'\]\/source\[interface='p2'\]\/interface: Copies are sent there/,
  )
  t.regex(
    (await refused(mirror('m', source('p9') + to('p2')))).join('\n'),
    /source\[interface='p9'\]\/interface: /,
  )
  t.regex((await refused(mirror('m', to('p2')))).join('\n'), /source/)
  t.is(one.member.mirrors.size, 0)
})

test('copies are frames: what carries none is neither source nor destination', async (t) => {
  using one = await box()
  const tunnel = (content: string): string =>
    `<tunnel xmlns="urn:weft:params:xml:ns:yang:weft-tunnels">${content}</tunnel>`
  const from = '<source>192.0.2.1</source>'
  const ends = (...addresses: readonly string[]): string =>
    addresses.map((address) => `<remote><address>${address}</address></remote>`).join('')
  const end = `${from}<destination>192.0.2.2</destination>`
  const several = `${from}${ends('192.0.2.2', '192.0.2.3')}<vxlan><vni>2</vni></vxlan>`
  await one.commit(
    interfaces({
      p1: { ipv4: ['192.0.2.1/24'] },
      ip: { type: 'tunnel', content: tunnel(`${end}<gre/>`) },
      frames: { type: 'tunnel', content: tunnel(`${end}<vxlan><vni>1</vni></vxlan>`) },
      gpe: {
        type: 'tunnel',
        content: tunnel(`${end}<vxlan-gpe><vni>1</vni><payload>ip</payload></vxlan-gpe>`),
      },
      several: { type: 'tunnel', content: tunnel(several) },
      lo: { type: 'softwareLoopback' },
    }),
  )
  const list = "/weft-mirror:mirrors/mirror[name='m']"
  for (const [destination, why] of [
    ['ip', 'The tunnel carries IP, and copies are frames'],
    ['gpe', 'The tunnel carries IP, and copies are frames'],
    ['several', 'The tunnel has several remotes'],
    ['lo', 'Copies leave by a port, a sub-interface or a tunnel of frames'],
  ] as const) {
    const [first, ...others] = await one.refusal(mirrors(mirror('m', source('p1') + to(destination))))
    t.true(first?.startsWith(`${list}/destination: ${why}`), first)
    t.deepEqual(others, [])
  }
  t.deepEqual(await one.refusal(mirrors(mirror('m', source('ip') + to('p2')))), [
    `${list}/source[interface='ip']/interface: The tunnel carries IP: there are no frames to be copied.`,
  ])
  await one.commit(mirrors(mirror('m', source('p1') + to('frames'))))
  t.like(one.member.mirrors.get('m'), { destination: 'frames' })
  // Nor does one become such a tunnel.
  const [changed] = await one.refusal(interfaces({ frames: { type: 'tunnel', content: tunnel('<ipip/>') } }))
  t.true(changed?.startsWith(`${list}/destination: The tunnel carries IP`), changed)
})
