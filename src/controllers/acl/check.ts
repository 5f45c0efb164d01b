/** What YANG cannot say of access lists: conditions that no packet of the family or protocol fulfils, and ranges upside down. */
import { ConfigError } from '../../../datastore/index.js'
import type { Family } from '../../rib/index.js'
import {
  extensionHeaders,
  pathOf,
  protocols,
  type AclConfig,
  type Attachment,
  type EntryConfig,
} from './model.js'

const withPorts = new Set(['tcp', 'udp', 'udp-lite', 'sctp', 'dccp'].map((name) => protocols[name]))

function* checkEntry(acl: AclConfig, entry: EntryConfig): Iterable<ConfigError> {
  const at = (leaf: string, message: string) =>
    new ConfigError(pathOf.entry(acl.name, entry.name, `matches/${leaf}`), message)
  const { protocol, flags, flagsMask, icmpType, icmpCode } = entry
  const said = protocol === undefined ? 'the entry names no protocol' : `the entry's is ${protocol}`

  for (const [leaf, prefix] of [
    ['source-prefix', entry.source],
    ['destination-prefix', entry.destination],
  ] as const) {
    const family: Family = prefix?.address.length === 16 ? 6 : 4
    if (prefix && family !== acl.family)
      yield at(leaf, `a prefix of IPv${family} in a list of family ipv${acl.family}, where none matches`)
  }
  for (const [side, ranges] of [
    ['source-port', entry.sourcePorts],
    ['destination-port', entry.destinationPorts],
  ] as const) {
    if (!ranges) continue
    if (!withPorts.has(protocol)) yield at(side, `only tcp, udp, udp-lite, sctp and dccp have ports; ${said}`)
    const upsideDown = ranges.find(([low, high]) => low > high)
    if (upsideDown)
      yield at(
        `${side}/upper-port`,
        `the range ${upsideDown[0]} to ${upsideDown[1]} is upside down; the upper port is not below the lower`,
      )
  }
  if (acl.family === 6 && protocol !== undefined && extensionHeaders.has(protocol))
    yield at(
      'protocol',
      `${protocol} is an extension header of IPv6, which entries look past: they ask for the protocol after those`,
    )
  if (icmpType !== undefined || icmpCode !== undefined) {
    const name = acl.family === 4 ? 'icmp' : 'icmpv6'
    if (protocol !== protocols[name])
      yield at('icmp', `types and codes of a list of family ipv${acl.family} need protocol ${name}; ${said}`)
    if (icmpType === undefined) yield at('icmp/code', 'a code needs the type that it belongs to')
  }
  if (flags !== undefined || flagsMask !== undefined) {
    const leaf = flags === undefined ? 'tcp-flags-mask' : 'tcp-flags'
    if (protocol !== protocols['tcp']) yield at(leaf, `TCP flags need protocol tcp; ${said}`)
    if (((flags ?? 0) & ~(flagsMask ?? 0xff)) !== 0)
      yield at('tcp-flags', 'flags that tcp-flags-mask does not name are not looked at')
  }
  const layer4 = [entry.sourcePorts, entry.destinationPorts, icmpType, icmpCode, flags, flagsMask]
  if (entry.fragment === 'later' && layer4.some((one) => one !== undefined))
    yield at('fragment', 'later fragments have no ports, ICMP types or TCP flags, which the entry asks for')
  const header = acl.family === 4 ? 20 : 40
  if (entry.length && entry.length[0] > entry.length[1])
    yield at(
      'length/upper',
      `the lengths ${entry.length[0]} to ${entry.length[1]} are upside down; upper is not below lower`,
    )
  else if (entry.length && entry.length[1] < header)
    yield at('length/upper', `no packet of IPv${acl.family} is shorter than its header of ${header} octets`)
}

export function checkAcl(acl: AclConfig): readonly ConfigError[] {
  return acl.entries.flatMap((entry) => [...checkEntry(acl, entry)])
}

export function checkAttachments(
  attachments: readonly Attachment[],
  families: ReadonlyMap<string, Family>,
): readonly ConfigError[] {
  return attachments.flatMap((one) => {
    const family = families.get(one.acl)
    if (family === undefined || family === one.family) return []
    const message = `access list '${one.acl}' is of family ipv${family}; here stands one of family ipv${one.family}`
    return [new ConfigError(pathOf.attachment(one), message)]
  })
}
