/**
 * trace-packets of weft-dataplane: the next packets that match, and what each node of a member's packet graph decided. The
 * reply comes when there are enough of them or the time is over. A member traces for one session at a time, and no longer than
 * that session is there.
 */
import type { Rpc } from 'libyang-js'
import {
  MemberError,
  MemberLostError,
  type Member,
  type TracedPacket,
  type TraceRequest,
} from '../dataplane/client/index.js'
import { RequestError } from '../datastore/index.js'
import { invalidParameter, operationPath, type Operation } from '../netconf/index.js'
import { protocols } from './controllers/acl/index.js'
import { dateAndTime, leaf } from './controllers/xml.js'
import { parsePrefix, type Family, type Prefix } from './rib/index.js'

const namespace = 'urn:weft:params:xml:ns:yang:weft-dataplane'
const defaults = { member: '0', count: 10, seconds: 10 }

/** `member`: the one of a name, undefined when there is none. */
export function traceOperation(member: (name: string) => Member | undefined): Operation {
  /** Who has a trace running, by member. */
  const running = new Map<string, string>()
  return {
    name: 'trace-packets',
    namespace,
    async run({ rpc, requester, ending }) {
      const name = rpc.value('member') ?? defaults.member
      const one = member(name) ?? invalidParameter(rpc, 'member', `there is no member ${name}`)
      const request = requestOf(rpc)
      const other = running.get(name)
      if (other !== undefined) throw inUse(rpc, `member ${name} traces packets for ${other}`)
      running.set(name, `session ${requester.session} (${requester.user})`)
      try {
        const packets = await one.trace(request, ending)
        // RFC 7950, section 7.14.4: without output there is an ok.
        if (packets.length === 0) return { kind: 'ok' }
        return { kind: 'content', xml: packets.map(packetElement).join('') }
      } catch (error) {
        throw told(error, rpc, request)
      } finally {
        running.delete(name)
      }
    },
  }
}

function inUse(rpc: Rpc, message: string): RequestError {
  return new RequestError({ type: 'application', tag: 'in-use', message, path: operationPath(rpc) })
}

/** What the member said, as the error of a parameter where it is one. */
function told(error: unknown, rpc: Rpc, { interface: name }: TraceRequest): unknown {
  if (error instanceof MemberLostError)
    return new RequestError({
      type: 'application',
      tag: 'operation-failed',
      message: error.message,
      path: operationPath(rpc),
    })
  if (!(error instanceof MemberError)) return error
  if (name !== undefined && error.message.startsWith('there is no interface'))
    return invalidParameter(rpc, 'match/interface', error.message)
  return inUse(rpc, error.message)
}

function requestOf(rpc: Rpc): TraceRequest {
  const number = (path: string): number | undefined => {
    const value = rpc.value(path)
    return value === undefined ? undefined : Number(value)
  }
  const [source, destination] = [prefixOf(rpc, 'source'), prefixOf(rpc, 'destination')]
  const given = rpc.value('match/family')
  const family = given === undefined ? undefined : given === 'ipv4' ? 4 : 6
  familiesAgree(rpc, family, { source, destination })
  const named = rpc.value('match/protocol')
  const protocol = named === undefined ? undefined : (protocols[named] ?? Number(named))
  const [sourcePort, destinationPort] = [number('match/source-port'), number('match/destination-port')]
  portsFit(rpc, protocol, { source: sourcePort, destination: destinationPort })
  const [name, from] = [rpc.value('match/interface'), rpc.value('match/from')]
  return {
    count: number('count') ?? defaults.count,
    seconds: number('seconds') ?? defaults.seconds,
    ...(name !== undefined && { interface: name }),
    ...((from === 'port' || from === 'host') && { from }),
    ...(family !== undefined && { family }),
    ...(source && { source }),
    ...(destination && { destination }),
    ...(protocol !== undefined && { protocol }),
    ...(sourcePort !== undefined && { sourcePort }),
    ...(destinationPort !== undefined && { destinationPort }),
  }
}

type Side = 'source' | 'destination'

function prefixOf(rpc: Rpc, side: Side): Prefix | undefined {
  const text = rpc.value(`match/${side}`)
  if (text === undefined) return undefined
  return parsePrefix(text) ?? invalidParameter(rpc, `match/${side}`, `${text} is not a prefix`)
}

/** No packet has addresses of both families. */
function familiesAgree(
  rpc: Rpc,
  family: Family | undefined,
  prefixes: Readonly<Record<Side, Prefix | undefined>>,
): void {
  let before = family === undefined ? undefined : { family, what: `family ipv${family}` }
  for (const side of ['source', 'destination'] as const) {
    const prefix = prefixes[side]
    if (!prefix) continue
    const own = prefix.address.length === 4 ? 4 : 6
    if (before && before.family !== own)
      invalidParameter(
        rpc,
        `match/${side}`,
        `${side} is an IPv${own} prefix, which no packet has beside ${before.what}`,
      )
    before ??= { family: own, what: `an IPv${own} ${side}` }
  }
}

/** Only these protocols have ports that a trace knows. */
const withPorts: readonly (number | undefined)[] = [
  undefined,
  protocols['tcp'],
  protocols['udp'],
  protocols['sctp'],
]

function portsFit(
  rpc: Rpc,
  protocol: number | undefined,
  ports: Readonly<Record<Side, number | undefined>>,
): void {
  if (withPorts.includes(protocol)) return
  for (const side of ['source', 'destination'] as const) {
    if (ports[side] === undefined) continue
    const given = rpc.value('match/protocol') ?? ''
    invalidParameter(
      rpc,
      `match/${side}-port`,
      `no packet of protocol ${given} has a ${side} port: tcp, udp and sctp have`,
    )
  }
}

function packetElement(packet: TracedPacket, index: number): string {
  const { time, interface: name, length, description, result, steps } = packet
  return [
    `<packet xmlns="${namespace}">`,
    leaf('number', index + 1),
    leaf('time', dateAndTime(time)),
    leaf('interface', name || undefined),
    leaf('length', length),
    leaf('description', description),
    leaf('result', result),
    ...steps.map(
      ({ node, decision, other }, step) =>
        `<step>${leaf('number', step + 1)}${leaf('node', node)}${leaf('decision', decision || undefined)}` +
        `${other ? leaf('other-packet', true) : ''}</step>`,
    ),
    '</packet>',
  ].join('')
}
