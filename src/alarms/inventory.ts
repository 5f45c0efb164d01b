/**
 * The alarm types of the appliance (weft-alarms.yang): what each means, how severe it is, where it can be, and what is to be done.
 * A part of the house that has something new to raise adds an identity there and an entry here.
 */
import type { Severity } from './alarm.js'

export interface AlarmType {
  /** Names of the identities that it is derived from, within weft-alarms. */
  readonly bases: readonly string[]
  readonly severities: readonly Severity[]
  /** XPath of the resources, with module names as prefixes. */
  readonly resources: readonly string[]
  /** What it means, why it can come about, what is to be done. */
  readonly description: string
}

const member = '/weft-dataplane:dataplane/weft-dataplane:members/weft-dataplane:member'
const port = `${member}/weft-dataplane:port`
const ofMember = ['member-alarm', 'weft-alarm']
const ofPort = ['port-alarm', 'weft-alarm']
const bridge = '/weft-bridge:bridge-domains/weft-bridge:bridge-domain'
const ofBridge = ['bridge-alarm', 'weft-alarm']
const ofControl = ['control-alarm', 'weft-alarm']

const types = {
  'member-unreachable': {
    bases: ofMember,
    severities: ['major'],
    resources: [member],
    description:
      'Another member does not hear it on the fabric: its machine or its internal links have failed. What is routed to its ports takes ' +
      'another way. See to its machine and to the network of the internal links.',
  },
  'member-detached': {
    bases: ofMember,
    severities: ['critical'],
    resources: [member],
    description:
      'The member is not attached: its process has ended, or does not answer. While its process lives it forwards with the ' +
      'tables that it has. It is started again by itself; when it does not come, see log/dataplane.log in the state folder.',
  },
  'member-not-programmed': {
    bases: ofMember,
    severities: ['major'],
    resources: [member],
    description:
      'The member refused what running says, or did not answer in time, so that it may forward otherwise. It is tried ' +
      'again until it works; the text says what was refused, and the configuration is where to change it.',
  },
  'worker-not-pinned': {
    bases: ofMember,
    severities: ['minor'],
    resources: [`${member}/weft-ports:worker`],
    description:
      'The worker runs on any CPU and not on the one that /workers/worker/cpu says, which is not there or may not be ' +
      'used. Choose another CPU, or permit that one to the data plane.',
  },
  'neighbour-table-full': {
    bases: ofMember,
    severities: ['major'],
    resources: [`${member}/weft-dataplane:hold`],
    description:
      'For some seconds packets have been lost because more next hops are waited for than there is room for. Often it is ' +
      'a scan of a large subnet: filter it, or route to smaller subnets.',
  },
  'holding-full': {
    bases: ofMember,
    severities: ['minor'],
    resources: [`${member}/weft-dataplane:hold`],
    description:
      'For some seconds packets have been lost because more of them wait for their next hop than there is room for. Often ' +
      'it is traffic to hosts that are not there: filter it, or find out why they do not answer.',
  },
  'bridge-mac-limit': {
    bases: ofBridge,
    severities: ['minor'],
    resources: [bridge],
    description:
      'In the last minute a MAC address was not learned, because the domain, a member, or the table of all domains has as ' +
      'many as it may. Frames to such addresses go to all of the domain. Raise mac-limit, or find out who makes addresses up.',
  },
  'bridge-mac-moving': {
    bases: ofBridge,
    severities: ['major'],
    resources: [bridge],
    description:
      'In the last five minutes a MAC address was heard by turns behind several members, more often than mac-move permits. ' +
      'There is a loop, or two stations have one address: the text says where.',
  },
  'port-device-missing': {
    bases: ofPort,
    severities: ['major'],
    resources: [port],
    description:
      'The device of the port is not in the namespace of ports: it was taken away, or its driver was removed. It is used again as ' +
      'soon as it is back.',
  },
  'port-not-served': {
    bases: ofPort,
    severities: ['major'],
    resources: [port],
    description:
      'No driver serves the port: the kernel refused, or there was no memory. The text says who refused what; change what ' +
      'it says, or choose another driver or fewer receive queues.',
  },
  'port-driver-refused': {
    bases: ofPort,
    severities: ['minor'],
    resources: [port],
    description:
      'The port is served by another driver than the one that is configured, which the kernel or the device refused. It ' +
      'forwards, perhaps slower. Mend what the text says, or configure a driver that works.',
  },
  'port-fast-path-missing': {
    bases: ofPort,
    severities: ['minor'],
    resources: [port],
    description:
      'The kernel fast path that is configured can not be had: all packets go by the engine. Give the data plane the ' +
      'capability CAP_BPF outside a user namespace, or configure fast-path off.',
  },
  'port-not-draining': {
    bases: ofPort,
    severities: ['major'],
    resources: [port],
    description:
      'For some seconds the device has not taken all that was to be sent, and packets are lost: its link is slower than what ' +
      'comes for it, or its far end does not read. Look at the far end, or bring less traffic to it.',
  },
  'port-receive-overrun': {
    bases: ofPort,
    severities: ['major'],
    resources: [port],
    description:
      'For some seconds packets have been lost because the receive rings were full: the workers can not keep up. Give the ' +
      'port more workers and receive queues, or a faster driver, or the engine more of the CPU.',
  },
  'link-alarm': {
    bases: ['interface-alarm', 'weft-alarm'],
    severities: ['major'],
    resources: ['/ietf-interfaces:interfaces/ietf-interfaces:interface'],
    description:
      'The interface is enabled and has no link: the far end is down, the cable is out, or its port is not one of this ' +
      'chassis. Look at the far end, or disable the interface.',
  },
  'configuration-unusable': {
    bases: ofControl,
    severities: ['critical'],
    resources: ['/weft-history:history'],
    description:
      'The stored configuration can not be used: the failsafe configuration is running, nothing can be committed, and members ' +
      'stay as they are. Restore the store from a copy or move it away, and start again.',
  },
  'commits-lost': {
    bases: ofControl,
    severities: ['major'],
    resources: ['/weft-history:history'],
    description:
      'The journal was damaged, and commits that had been acknowledged could not be recovered: see /history/lost. Check the ' +
      'disk, and commit again what is missing. It is cleared with the next start that finds the journal whole.',
  },
  'journal-failed': {
    bases: ofControl,
    severities: ['critical'],
    resources: ['/weft-history:history'],
    description:
      'The last commit could not be stored and was refused: the disk is full or faulty. Make room, and commit again.',
  },
  'audit-not-written': {
    bases: ofControl,
    severities: ['minor', 'major'],
    resources: ['/weft-audit:audit-state/weft-audit:file', '/weft-audit:audit-state/weft-audit:syslog'],
    description:
      'Records of the audit log can not be written: the disk is full, or the syslog server can not be reached. They wait, ' +
      'and when there is no more room the later ones are lost.',
  },
  'endpoint-not-listening': {
    bases: ofControl,
    severities: ['major'],
    resources: ['/weft-netconf-server:netconf-server/weft-netconf-server:endpoint'],
    description:
      'NETCONF does not listen on an endpoint of the configuration: its address is not there, or its port is in use. It ' +
      'is tried again; give the machine the address, or configure another one.',
  },
} as const satisfies Readonly<Record<string, AlarmType>>

export type AlarmTypeName = keyof typeof types

export const alarmTypes: ReadonlyMap<AlarmTypeName, AlarmType> = new Map(
  Object.entries(types) as [AlarmTypeName, AlarmType][],
)

/** Is a type this identity of weft-alarms or ietf-alarms (as libyang writes it), or derived from it? */
export function isDerived(type: AlarmTypeName, identity: string): boolean {
  if (identity === 'ietf-alarms:alarm-type-id') return true
  const [module, name = ''] = identity.split(':')
  return module === 'weft-alarms' && (name === type || types[type].bases.some((base) => base === name))
}
