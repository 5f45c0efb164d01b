/** From the state of a member, the store, the audit log and the endpoints to what is wrong. */
import test from 'ava'
import { FabricWatch } from '../../src/alarms/index.js'
import type { BridgeState } from '../../dataplane/client/bridge.js'
import type {
  HoldState,
  InterfaceState,
  PortState,
  WorkerState,
} from '../../dataplane/client/member-state.js'
import type { PortSettings } from '../../dataplane/client/operations.js'
import type { Condition } from '../../src/alarms/alarm.js'
import { auditConditions, controlConditions, endpointConditions } from '../../src/alarms/sources/control.js'
import { attachmentConditions, memberConditions } from '../../src/alarms/sources/member.js'

const port = (rest: Partial<PortState> = {}): PortState => ({
  ...{ name: 'p1', driver: 'af_packet', device: 'eth0', reason: '', up: true, present: true, mtu: 1500 },
  ...{ mac: new Uint8Array(6), workers: [0], fastPath: 'off', fastPathReason: '', fastPathPackets: 0n },
  counters: { rxPackets: 0n, rxOctets: 0n, rxDropped: 0n, txPackets: 0n, txOctets: 0n, txDropped: 0n },
  ...{ overrun: false, notDraining: false, others: [], problem: 'none', discontinuity: 0 },
  ...rest,
})
const settings = (rest: Partial<PortSettings>): PortSettings => ({
  ...{ driver: 'auto', rxQueues: 0, workers: [], fastPath: 'off' },
  ...rest,
})
const one = (rest: Partial<InterfaceState>): InterfaceState =>
  ({ name: 'if1', port: 'p1', adminUp: true, operUp: true, present: true, ...rest }) as InterfaceState

interface Given {
  readonly bridge?: Partial<BridgeState>
  readonly port?: Partial<PortState>
  readonly wished?: Partial<PortSettings>
  readonly interface?: Partial<InterfaceState>
  readonly worker?: Partial<WorkerState>
  readonly hold?: Partial<HoldState>
}

const told = (conditions: readonly Condition[]): readonly string[] =>
  conditions.map(({ resource, type, severity, text }) => `${severity} ${type} ${resource}: ${text}`)

const wrong = (given: Given): readonly string[] =>
  told(
    memberConditions(
      '0',
      {
        ports: [port(given.port)],
        interfaces: given.interface ? [one(given.interface)] : [],
        workers: given.worker ? [{ id: 1, reason: '', ...given.worker } as WorkerState] : [],
        holds: [
          { kind: 'glean', tableOverflows: false, holdingOverflows: false, ...given.hold } as HoldState,
        ],
        bridges: given.bridge
          ? [{ name: 'lan', limited: false, moving: [], ...given.bridge } as unknown as BridgeState]
          : [],
      },
      new Map([['p1', settings(given.wished ?? {})]]),
    ),
  )

const member = "/weft-dataplane:dataplane/members/member[name='0']"
const ofPort = `${member}/port[name='p1']`
const link = "/ietf-interfaces:interfaces/interface[name='if1']"

const cases: Readonly<Record<string, readonly [Given, ...(readonly string[])]>> = {
  'a bridge domain is full, and an address moves in it': [
    {
      bridge: {
        limited: true,
        moving: [{ mac: Uint8Array.of(2, 0, 0, 0, 0, 9), from: 'p1', to: 'p2', time: 0 }],
      },
    },
    "minor bridge-mac-limit /weft-bridge:bridge-domains/bridge-domain[name='lan']: bridge domain lan does not learn all addresses that are heard: there is no room for more",
    "major bridge-mac-moving /weft-bridge:bridge-domains/bridge-domain[name='lan']: addresses move too often in bridge domain lan: 02:00:00:00:00:09 from p1 to p2",
  ],
  'all is well': [{ interface: {}, worker: {}, wished: { driver: 'af_packet' } }],
  'a device is taken away: its interface says nothing more': [
    { port: { present: false, problem: 'device-missing' }, interface: { operUp: false, present: false } },
    `major port-device-missing ${ofPort}: device eth0 of port p1 is not there`,
  ],
  'no driver can have the device': [
    { port: { present: false, problem: 'driver-refused', reason: 'PACKET_RX_RING: Cannot allocate memory' } },
    `major port-not-served ${ofPort}: no driver serves port p1: PACKET_RX_RING: Cannot allocate memory`,
  ],
  'another driver serves than was asked for': [
    { port: { others: [{ name: 'af_xdp', reason: 'not permitted' }] }, wished: { driver: 'af_xdp' } },
    `minor port-driver-refused ${ofPort}: af_packet serves port p1 and not af_xdp: not permitted`,
  ],
  'the fast path can not be had': [
    { port: { fastPathReason: 'not permitted' }, wished: { fastPath: 'tc' } },
    `minor port-fast-path-missing ${ofPort}: the fast path is not at port p1: not permitted`,
  ],
  'losses go on': [
    { port: { overrun: true, notDraining: true } },
    `major port-not-draining ${ofPort}: port p1 does not take all that is to be sent, and packets are lost`,
    `major port-receive-overrun ${ofPort}: the receive rings of port p1 are full, and packets are lost`,
  ],
  'a link is down': [
    { port: { up: false }, interface: { operUp: false } },
    `major link-alarm ${link}: interface if1 is enabled and has no link`,
  ],
  'a link is down that is to be': [{ interface: { operUp: false, adminUp: false } }],
  'an interface without a port is down': [{ interface: { operUp: false, port: '', present: false } }],
  'the port of an interface is none of the chassis': [
    { interface: { operUp: false, port: 'p9', present: false } },
    `major link-alarm ${link}: interface if1 is enabled and sits on port p9, which this chassis does not have`,
  ],
  'a worker is not on its CPU': [
    { worker: { reason: 'CPU 9 is taken' } },
    `minor worker-not-pinned ${member}/weft-ports:worker[id='1']: worker 1 runs on any CPU: CPU 9 is taken`,
  ],
  'too much waits': [
    { hold: { tableOverflows: true, holdingOverflows: true } },
    `major neighbour-table-full ${member}/hold[kind='glean']: there is no room for more next hops that are waited for (glean), and packets are lost`,
    `minor holding-full ${member}/hold[kind='glean']: there is no room for more packets that wait for their next hop (glean), and packets are lost`,
  ],
}
for (const [name, [given, ...expected]] of Object.entries(cases))
  test(name, (t) => t.deepEqual(wrong(given), expected))

test('a member that is away, or refuses, is an alarm of its own', (t) => {
  const of = (attached: boolean, refused?: string) => told(attachmentConditions('0', { attached, refused }))
  t.deepEqual(of(true), [])
  t.deepEqual(of(false, 'no'), [
    `critical member-detached ${member}: member 0 is not attached to the control plane`,
  ])
  t.deepEqual(of(true, 'no route'), [
    `major member-not-programmed ${member}: member 0 could not be programmed: no route`,
  ])
})

test('the store, the audit log and endpoints tell what fails', (t) => {
  t.deepEqual(told(controlConditions({ lost: [] }, undefined)), [])
  t.deepEqual(
    told(
      controlConditions(
        { lost: [{ first: 2, last: 3, reason: 'torn' }], failsafe: 'nothing is left' },
        'disk full',
      ),
    ),
    [
      'critical configuration-unusable /weft-history:history: the failsafe configuration is running: nothing is left',
      'major commits-lost /weft-history:history: commits could not be recovered from the journal: torn',
      'critical journal-failed /weft-history:history: disk full',
    ],
  )
  const place = (failure?: string) => ({ written: 0, lost: 0, waiting: 0, failure })
  const syslog = new Map([
    ['good', place()],
    ["n'c", place('refused')],
  ])
  t.deepEqual(told(auditConditions({ file: place('disk full'), syslog })), [
    'major audit-not-written /weft-audit:audit-state/file: records of the audit log can not be written: disk full',
    `minor audit-not-written /weft-audit:audit-state/syslog[name="n'c"]: records of the audit log can not be written: refused`,
  ])
  t.deepEqual(told(endpointConditions([{ name: 'a', address: '192.0.2.1', port: 830, reason: 'in use' }])), [
    "major endpoint-not-listening /weft-netconf-server:netconf-server/endpoint[name='a']: NETCONF can not listen on 192.0.2.1:830, endpoint a: in use; it is tried again",
  ])
})

test('a member that another one does not hear is unreachable, by whom it is', (t) => {
  let told: readonly string[] = []
  const names = ['0', 'm1', 'm2']
  const watch = new FabricWatch({
    alarms: {
      tell: (_source, conditions) => {
        told = conditions.map(
          ({ severity, type, resource, text }) => `${severity} ${type} ${resource}: ${text}`,
        )
      },
    },
    nameOf: (slot) => names[slot],
  })
  const path = (name: string) =>
    `major member-unreachable /weft-dataplane:dataplane/members/member[name='${name}']`
  watch.heard('m2', 1, false)
  watch.heard('0', 1, false)
  watch.heard('0', 7, false)
  t.deepEqual(told, [`${path('m1')}: member m1 is not heard on the fabric by member 0, m2`])
  watch.gone('m2')
  t.deepEqual(told, [`${path('m1')}: member m1 is not heard on the fabric by member 0`])
  watch.heard('0', 1, true)
  t.deepEqual(told, [])
})
