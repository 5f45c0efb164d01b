/** What is wrong at a member, from its state: its ports, its workers, packets that wait, and the interfaces on its ports. */
import type {
  BridgeState,
  HoldState,
  InterfaceState,
  MemberState,
  MovingMac,
  PortSettings,
  PortState,
  WorkerState,
} from '../../../dataplane/client/index.js'
import { formatMac } from '../../rib/index.js'
import type { Condition } from '../alarm.js'
import { key } from '../resources.js'

/** What running says of ports, by name. */
export type MemberWishes = ReadonlyMap<string, PortSettings>

export const memberPath = (name: string): string =>
  `/weft-dataplane:dataplane/members/member${key('name', name)}`

/** `refused`: what it said when it was to be programmed last; undefined when it has what running says. */
export function attachmentConditions(
  name: string,
  { attached, refused }: { readonly attached: boolean; readonly refused: string | undefined },
): readonly Condition[] {
  const resource = memberPath(name)
  if (!attached)
    return [
      {
        ...{ resource, type: 'member-detached', severity: 'critical' },
        text: `member ${name} is not attached to the control plane`,
      },
    ]
  if (refused === undefined) return []
  return [
    {
      ...{ resource, type: 'member-not-programmed', severity: 'major' },
      text: `member ${name} could not be programmed: ${refused}`,
    },
  ]
}

export function memberConditions(
  name: string,
  state: Pick<MemberState, 'ports' | 'interfaces' | 'workers' | 'holds' | 'bridges'>,
  wishes: MemberWishes,
): readonly Condition[] {
  const path = memberPath(name)
  const ports = new Map(state.ports.map((port) => [port.name, port]))
  return [
    ...state.ports.flatMap((port) => portConditions(path, port, wishes.get(port.name))),
    ...state.interfaces.flatMap((one) => linkConditions(one, ports)),
    ...state.workers.flatMap((worker) => workerConditions(path, worker)),
    ...state.holds.flatMap((hold) => holdConditions(path, hold)),
    ...state.bridges.flatMap(bridgeConditions),
  ]
}

function portConditions(
  member: string,
  port: PortState,
  wished: PortSettings | undefined,
): readonly Condition[] {
  const resource = `${member}/port${key('name', port.name)}`
  const { name, device, problem, reason, driver } = port
  if (problem === 'device-missing')
    return [
      {
        ...{ resource, type: 'port-device-missing', severity: 'major' },
        text: `device ${device} of port ${name} is not there`,
      },
    ]
  if (problem === 'driver-refused')
    return [
      {
        ...{ resource, type: 'port-not-served', severity: 'major' },
        text: `no driver serves port ${name}: ${reason}`,
      },
    ]
  const conditions: Condition[] = []
  if (wished && wished.driver !== 'auto' && wished.driver !== driver) {
    const why = port.others.find((other) => other.name === wished.driver)?.reason ?? reason
    conditions.push({
      ...{ resource, type: 'port-driver-refused', severity: 'minor' },
      text: `${driver} serves port ${name} and not ${wished.driver}: ${why}`,
    })
  }
  if (wished && wished.fastPath !== 'off' && port.fastPath === 'off')
    conditions.push({
      ...{ resource, type: 'port-fast-path-missing', severity: 'minor' },
      text: `the fast path is not at port ${name}: ${port.fastPathReason}`,
    })
  if (port.notDraining)
    conditions.push({
      ...{ resource, type: 'port-not-draining', severity: 'major' },
      text: `port ${name} does not take all that is to be sent, and packets are lost`,
    })
  if (port.overrun)
    conditions.push({
      ...{ resource, type: 'port-receive-overrun', severity: 'major' },
      text: `the receive rings of port ${name} are full, and packets are lost`,
    })
  return conditions
}

/** What is said of a port is not said again of the interface that sits on it. */
function linkConditions(
  { name, port, adminUp, operUp, present }: InterfaceState,
  ports: ReadonlyMap<string, PortState>,
): readonly Condition[] {
  if (port === '' || !adminUp || operUp) return []
  const known = ports.has(port)
  if (known && !present) return []
  return [
    {
      ...{ resource: `/ietf-interfaces:interfaces/interface${key('name', name)}`, type: 'link-alarm' },
      severity: 'major',
      text: known
        ? `interface ${name} is enabled and has no link`
        : `interface ${name} is enabled and sits on port ${port}, which this chassis does not have`,
    },
  ]
}

const workerConditions = (member: string, { id, reason }: WorkerState): readonly Condition[] =>
  reason === ''
    ? []
    : [
        {
          ...{ resource: `${member}/weft-ports:worker${key('id', id)}`, type: 'worker-not-pinned' },
          severity: 'minor',
          text: `worker ${id} runs on any CPU: ${reason}`,
        },
      ]

function bridgeConditions({ name, limited, moving }: BridgeState): readonly Condition[] {
  const resource = `/weft-bridge:bridge-domains/bridge-domain${key('name', name)}`
  return [
    ...(limited
      ? [
          {
            ...({ resource, type: 'bridge-mac-limit', severity: 'minor' } as const),
            text: `bridge domain ${name} does not learn all addresses that are heard: there is no room for more`,
          },
        ]
      : []),
    ...(moving.length > 0
      ? [
          {
            ...({ resource, type: 'bridge-mac-moving', severity: 'major' } as const),
            text: `addresses move too often in bridge domain ${name}: ${moving.map(moveText).join(', ')}`,
          },
        ]
      : []),
  ]
}

const moveText = ({ mac, from, to }: MovingMac): string => `${formatMac(mac)} from ${from} to ${to}`

function holdConditions(
  member: string,
  { kind, tableOverflows, holdingOverflows }: HoldState,
): readonly Condition[] {
  const resource = `${member}/hold${key('kind', kind)}`
  const conditions: Condition[] = []
  if (tableOverflows)
    conditions.push({
      ...{ resource, type: 'neighbour-table-full', severity: 'major' },
      text: `there is no room for more next hops that are waited for (${kind}), and packets are lost`,
    })
  if (holdingOverflows)
    conditions.push({
      ...{ resource, type: 'holding-full', severity: 'minor' },
      text: `there is no room for more packets that wait for their next hop (${kind}), and packets are lost`,
    })
  return conditions
}
