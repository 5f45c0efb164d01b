import test, { type ExecutionContext } from 'ava'
import type { ChassisControl, ChassisSettings, Keys, MemberStatus } from '../../src/controllers/index.js'
import { noKeys } from '../../src/controllers/index.js'
import { formatAddress } from '../../src/rib/index.js'
import { Box } from './box.js'

const fingerprint = `SHA256:${'a'.repeat(43)}`

const status = (name: string, slot: number): MemberStatus => ({
  ...{ name, slot, connected: true, since: undefined, address: '192.0.2.9:4000', version: '1' },
  ...{ boot: 'b', commit: 3, key: fingerprint },
  certificate: { serial: '0A', fingerprint, expires: Date.UTC(2027, 0, 1), revoked: false },
  ports: [
    { name: `${slot}/eth0`, device: 'eth0', mac: '02:00:00:00:00:01', mtu: 1500, speed: 10n, up: true },
  ],
})

/** What has the members, as a model: east is in slot 1, and has port 1/fab0; p1 and p2 are the box's own. */
class ModelChassis implements ChassisControl {
  settings: ChassisSettings | undefined
  keys: Keys = noKeys
  members: readonly MemberStatus[] = [status('east', 1)]
  undone = 0

  prepare(settings: ChassisSettings) {
    if (settings.listen?.port === 1)
      return Promise.reject(new Error('listen EACCES: permission denied 0.0.0.0:1'))
    return Promise.resolve({
      apply: () => void (this.settings = settings),
      undo: () => Promise.resolve(void this.undone++),
    })
  }
  setKeys(keys: Keys): void {
    this.keys = keys
  }
  slotOf(member: string): number | undefined {
    return member === '0' ? 0 : this.members.find(({ name }) => name === member)?.slot
  }
  slotOfPort(port: string): number | undefined {
    return port.startsWith('1/') ? 1 : ['p1', 'p2'].includes(port) ? 0 : undefined
  }
  macOfPort(port: string): Uint8Array | undefined {
    return port === 'p1' ? new Uint8Array([2, 0, 0, 0, 0, 7]) : undefined
  }
  get state() {
    return {
      ...{ identity: 'id', authority: undefined, listening: { address: '::', port: 7830 } },
      ...{ members: this.members, tokens: [{ member: 'west', expires: 0, used: false }] },
      pending: [
        {
          ...{ member: 'west', fingerprint, address: 'there', version: '1' },
          ...{ since: new Date(0), approved: false },
        },
      ],
    }
  }
}

async function open(t: ExecutionContext) {
  const chassis = new ModelChassis()
  const box = await Box.open({ chassis: () => chassis, ports: ['p1', 'p2', '1/eth0', '1/fab0'] })
  t.teardown(() => box[Symbol.dispose]())
  return { chassis, box }
}

const configured = (content: string): string =>
  `<chassis xmlns="urn:weft:params:xml:ns:yang:weft-chassis">${content}</chassis>`

const end = (member: string, port: string, address: string): string =>
  `<end><member>${member}</member><port>${port}</port><address>${address}</address></end>`

const link = (id: number, prefix: string, ...ends: readonly string[]): string =>
  `<link><id>${id}</id><prefix>${prefix}</prefix>${ends.join('')}</link>`

const ethernet = (name: string, more = ''): string =>
  `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>${name}</name><type xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type">ianaift:ethernetCsmacd</type>${more}</interface></interfaces>`

test('where members attach, their slots and what their ports are called are adopted as one', async (t) => {
  const { box, chassis } = await open(t)
  await box.commit(
    configured(
      '<name>north</name><listen><address>192.0.2.1</address></listen><certificate-lifetime>3600</certificate-lifetime>' +
        '<member><name>west</name><slot>9</slot><drained>true</drained><on-control-restart>flush</on-control-restart></member>',
    ) +
      '<ports xmlns="urn:weft:params:xml:ns:yang:weft-ports"><port><name>uplink</name><member xmlns="urn:weft:params:xml:ns:yang:weft-chassis">east</member><device xmlns="urn:weft:params:xml:ns:yang:weft-chassis">eth2</device></port></ports>',
  )
  const { settings } = chassis
  t.like(settings, { name: 'north', lifetime: 3_600_000, listen: { address: '192.0.2.1', port: 7830 } })
  t.deepEqual(settings?.members.get('west'), { enabled: true, slot: 9, drained: true, flush: true })
  t.is(settings?.ports.get('east')?.get('eth2'), 'uplink')
})

test('an address that can not be had, and a slot that is taken, refuse the commit at their place', async (t) => {
  const { box, chassis } = await open(t)
  t.deepEqual(await box.refusal(configured('<listen><address>0.0.0.0</address><port>1</port></listen>')), [
    '/weft-chassis:chassis/listen: listen EACCES: permission denied 0.0.0.0:1',
  ])
  t.deepEqual(await box.refusal(configured('<member><name>west</name><slot>1</slot></member>')), [
    "/weft-chassis:chassis/member[name='west']/slot: slot 1 is that of member 'east', which was admitted to it; release-slot frees it",
  ])
  t.is(chassis.settings, undefined)
})

test('a port that may come is waited for; one that nobody can have is refused', async (t) => {
  const { box } = await open(t)
  await box.commit(ethernet('2/eth0'))
  t.is(box.member.interfaces.get('2/eth0')?.port, undefined)
  await box.commit(ethernet('1/eth0'))
  t.is(box.member.interfaces.get('1/eth0')?.port, '1/eth0')
  t.deepEqual(await box.refusal(ethernet('eth9')), [
    "/ietf-interfaces:interfaces/interface[name='eth9']: no port named 'eth9'; this chassis has p1, p2, 1/eth0, 1/fab0",
  ])
  const named =
    '<ports xmlns="urn:weft:params:xml:ns:yang:weft-ports"><port><name>eth9</name><member xmlns="urn:weft:params:xml:ns:yang:weft-chassis">east</member><device xmlns="urn:weft:params:xml:ns:yang:weft-chassis">eth9</device></port></ports>'
  await box.commit(ethernet('eth9') + named)
  t.true(box.member.interfaces.has('eth9'))
})

test('a fabric is internal interfaces, the ends that are there, and keys that stay', async (t) => {
  const { box, chassis } = await open(t)
  const first = link(1, '10.255.0.0/24', end('0', 'p1', '10.255.0.1'), end('east', '1/fab0', '10.255.0.2'))
  await box.commit(configured(`<fabric>${first}</fabric>`) + ethernet('p2'))
  await box.commit(ethernet('1/eth0'))
  const { fabric } = box.member
  if (fabric?.op !== 'fabric-set') return t.fail('there is no fabric')
  t.like(fabric, { kind: 'vxlan', mtu: 0, port: 4789, vlan: 0, interval: 300, multiplier: 3 })
  t.is(box.member.vrfs.get(fabric.vrf), '.fabric')
  t.deepEqual(
    fabric.members.map(({ slot, links }) => [
      slot,
      ...links.map((each) => [each.interface, each.address && formatAddress(each.address), each.mac?.length]),
    ]),
    [
      [0, ['fabric-0-0', '10.255.0.1', 6]],
      [1, ['fabric-1-0', '10.255.0.2', undefined]],
    ],
  )
  t.is(box.member.interfaces.get('fabric-1-0')?.port, '1/fab0')
  t.deepEqual([...box.member.keys].sort(), [
    ['interface 1/eth0', 2],
    ['interface p2', 1],
  ])
  const keys = { ...chassis.keys.interface }
  // Another one comes, one goes and comes again.
  await box.commit(ethernet('lo9').replace('ethernetCsmacd', 'softwareLoopback'))
  t.deepEqual(chassis.keys.interface, keys)
  await box.commit(
    ethernet('1/eth0').replace(
      '<interface>',
      '<interface xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete">',
    ),
  )
  t.deepEqual(chassis.keys.interface, { p2: 1 })
  // What is there no more is not told; the kind alone changes nothing else.
  await box.commit(configured('<fabric><kind>nvgre</kind></fabric>'))
  t.like(box.member.fabric, { kind: 'nvgre' })
  await box.commit(configured('<fabric><kind>pbb</kind></fabric>'))
  const { fabric: pbb } = box.member
  t.true(
    pbb?.op === 'fabric-set' && pbb.members.every(({ links }) => links.every(({ mac }) => mac?.length === 6)),
  )
  await box.commit(configured('<fabric><kind>nvgre</kind></fabric>'))
  chassis.members = []
  await box.commit(configured('<fabric><kind>vxlan</kind></fabric>'))
  t.like(box.member.fabric, { kind: 'nvgre' })
})

test('ends of links are checked: their order, addresses and ports', async (t) => {
  const { box } = await open(t)
  const wrong =
    link(1, '10.255.0.0/24', end('0', 'p1', '10.254.0.1'), end('west', '7/a', '10.254.0.1')) +
    link(2, '10.255.1.0/24', end('0', 'p1', '10.255.1.1'), end('east', '1/fab0', '10.255.1.2'))
  const path = '/weft-chassis:chassis/fabric/link'
  t.deepEqual(await box.refusal(configured(`<fabric>${wrong}</fabric>`)), [
    `${path}[id='1']/end[member='0']/address: address 10.254.0.1 is not in the prefix of link 1`,
    `${path}[id='1']/end[member='west']/address: address 10.254.0.1 is not in the prefix of link 1`,
    `${path}[id='1']/end[member='west']/address: address 10.254.0.1 is that of member 0 already`,
    `${path}[id='2']/end[member='0']/port: port p1 is that of link 1 already`,
    `${path}[id='2']/end[member='east']: member east has an end of link 2 and none of link 1: links are used in their order`,
  ])
})

test('members, who waits and which tokens are out come as state', async (t) => {
  const { box } = await open(t)
  const text = JSON.stringify(await box.operational())
  for (const part of ['"connected":true', '"serial":"0A"', '"speed":"10"', '"member":"west"', '"port":7830'])
    t.true(text.includes(part), `${part} in ${text}`)
})
