/**
 * Access lists and their attachments as values, from the columns of weft-acl. What an entry says wrongly stays in it as it was
 * said, for check.ts; YANG shapes return only in the paths of errors.
 */
import type { EntryBatch, ListQuery, Tree } from 'libyang-js'
import type {
  AclAction,
  AclDirection,
  AclEntry,
  AclFragment,
  AclRange,
  AclSpec,
} from '../../../dataplane/client/acl.js'
import { parsePrefix, type Family, type Prefix } from '../../rib/index.js'
import { key } from '../path.js'
import { rows, type Row } from '../rows.js'

export const claim = '/weft-acl:acls'
export const list = `${claim}/acl`
const points = `${claim}/attachment-points/interface`

const portLeaves = ['lower-port', 'upper-port', 'operator', 'port']
const matchLeaves = [
  'source-prefix',
  'destination-prefix',
  'protocol',
  ...portLeaves.map((leaf) => `source-port/${leaf}`),
  ...portLeaves.map((leaf) => `destination-port/${leaf}`),
  'icmp/type',
  'icmp/code',
  'dscp',
  'ttl',
  'length/lower',
  'length/upper',
  'tcp-flags',
  'tcp-flags-mask',
  'fragment',
]

const query: ListQuery = {
  list,
  columns: ['name', 'family', 'default-action'],
  children: [
    {
      list: `${list}/entry`,
      columns: ['name', 'action', ...matchLeaves.map((leaf) => `matches/${leaf}`)],
    },
  ],
}

/** Protocols by the names that weft-acl has for them. */
export const protocols: Readonly<Record<string, number>> = {
  icmp: 1,
  tcp: 6,
  udp: 17,
  dccp: 33,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  ospf: 89,
  vrrp: 112,
  sctp: 132,
  'udp-lite': 136,
}
/**
 * Of IPv6 (RFC 8200, section 4.1): hop-by-hop options, routing, fragment, authentication, destination options, mobility. The
 * engine looks past them.
 */
export const extensionHeaders: ReadonlySet<number> = new Set([0, 43, 44, 51, 60, 135])
const flagBits = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr']

/** An entry as it was configured. */
export interface EntryConfig {
  readonly name: string
  readonly action: AclAction
  readonly source: Prefix | undefined
  readonly destination: Prefix | undefined
  readonly protocol: number | undefined
  readonly sourcePorts: readonly AclRange[] | undefined
  readonly destinationPorts: readonly AclRange[] | undefined
  readonly icmpType: number | undefined
  readonly icmpCode: number | undefined
  readonly dscp: number | undefined
  readonly ttl: number | undefined
  readonly length: AclRange | undefined
  readonly flags: number | undefined
  readonly flagsMask: number | undefined
  readonly fragment: AclFragment | undefined
}

export interface AclConfig {
  readonly name: string
  readonly family: Family
  readonly otherwise: AclAction
  readonly entries: readonly EntryConfig[]
}

function ports(row: Row, side: string): readonly AclRange[] | undefined {
  const column = (leaf: string) => row.number(`matches/${side}/${leaf}`)
  const low = column('lower-port')
  if (low !== undefined) return [[low, column('upper-port') ?? low]]
  const port = column('port')
  if (port === undefined) return undefined
  switch (row.text(`matches/${side}/operator`)) {
    case 'neq':
      return [
        ...(port > 0 ? [[0, port - 1] as const] : []),
        ...(port < 65535 ? [[port + 1, 65535] as const] : []),
      ]
    case 'lte':
      return [[0, port]]
    case 'gte':
      return [[port, 65535]]
    default:
      return [[port, port]]
  }
}

function prefix(text: string | undefined): Prefix | undefined {
  return text === undefined ? undefined : parsePrefix(text)
}

function flags(text: string | undefined): number | undefined {
  return text?.split(' ').reduce((bits, name) => bits | (name ? 1 << flagBits.indexOf(name) : 0), 0)
}

function entry(row: Row): EntryConfig {
  const text = (leaf: string) => row.text(`matches/${leaf}`)
  const number = (leaf: string) => row.number(`matches/${leaf}`)
  const protocol = text('protocol')
  const [lower, upper] = [number('length/lower'), number('length/upper')]
  return {
    name: row.needed('name'),
    action: row.needed('action') as AclAction,
    source: prefix(text('source-prefix')),
    destination: prefix(text('destination-prefix')),
    protocol: protocol === undefined ? undefined : (protocols[protocol] ?? Number(protocol)),
    sourcePorts: ports(row, 'source-port'),
    destinationPorts: ports(row, 'destination-port'),
    icmpType: number('icmp/type'),
    icmpCode: number('icmp/code'),
    dscp: number('dscp'),
    ttl: number('ttl'),
    length: lower === undefined && upper === undefined ? undefined : [lower ?? 0, upper ?? 65535],
    flags: flags(text('tcp-flags')),
    flagsMask: flags(text('tcp-flags-mask')),
    fragment: text('fragment') as AclFragment | undefined,
  }
}

/** The lists of these batches; one that is deleted has neither family nor entries. */
export async function* readAcls(
  batches: (query: ListQuery) => AsyncIterable<EntryBatch>,
): AsyncIterable<AclConfig | { readonly name: string; readonly deleted: true }> {
  for await (const row of rows(query, batches(query))) {
    const name = row.needed('name')
    const family = row.text('family')
    if (family === undefined) {
      yield { name, deleted: true }
      continue
    }
    yield {
      name,
      family: family === 'ipv4' ? 4 : 6,
      otherwise: (row.text('default-action') ?? 'drop') as AclAction,
      entries: row.children(0).map(entry),
    }
  }
}

/** Families of all lists, by name. */
export async function readFamilies(tree: Tree): Promise<ReadonlyMap<string, Family>> {
  const columns: ListQuery = { list, columns: ['name', 'family'] }
  const found = new Map<string, Family>()
  for await (const row of rows(columns, tree.entries(columns)))
    found.set(row.needed('name'), row.text('family') === 'ipv4' ? 4 : 6)
  return found
}

/** A place where a list may be attached, and which one is. */
export interface Attachment {
  readonly interface: string
  readonly direction: AclDirection
  readonly family: Family
  readonly acl: string
}

const sides = { in: 'ingress', out: 'egress' } as const

export async function readAttachments(tree: Tree): Promise<readonly Attachment[]> {
  const columns: ListQuery = {
    list: points,
    columns: ['interface-id', 'ingress/ipv4', 'ingress/ipv6', 'egress/ipv4', 'egress/ipv6'],
  }
  const found: Attachment[] = []
  for await (const row of rows(columns, tree.entries(columns))) {
    for (const direction of ['in', 'out'] as const) {
      for (const family of [4, 6] as const) {
        const acl = row.text(`${sides[direction]}/ipv${family}`)
        if (acl !== undefined) found.push({ interface: row.needed('interface-id'), direction, family, acl })
      }
    }
  }
  return found
}

/** As members are told. */
export function specOf({ name, family, otherwise, entries }: AclConfig): AclSpec {
  return { name, family, otherwise, entries: entries.map(entryOf) }
}

function entryOf(config: EntryConfig): AclEntry {
  const { icmpType, icmpCode, flags, flagsMask, ttl } = config
  const types = icmpType === undefined ? config.sourcePorts : ([[icmpType, icmpType]] as const)
  const codes = icmpCode === undefined ? config.destinationPorts : ([[icmpCode, icmpCode]] as const)
  const looked = flags ?? flagsMask
  return {
    name: config.name,
    action: config.action,
    ...(config.source && { source: config.source }),
    ...(config.destination && { destination: config.destination }),
    ...(config.protocol !== undefined && { protocol: config.protocol }),
    ...(types && { sourcePorts: types }),
    ...(codes && { destinationPorts: codes }),
    ...(config.dscp !== undefined && { dscp: config.dscp }),
    ...(looked !== undefined && { tcpFlags: { flags: flags ?? 0, mask: flagsMask ?? looked } }),
    ...(config.fragment && { fragment: config.fragment }),
    ...(ttl !== undefined && { ttl: [ttl, ttl] as const }),
    ...(config.length && { length: config.length }),
  }
}

/** Paths of what an error can be about. */
export const pathOf = {
  entry: (acl: string, name: string, rest: string): string =>
    `${list}${key('name', acl)}/entry${key('name', name)}/${rest}`,
  attachment: ({ interface: name, direction, family }: Attachment): string =>
    `${points}${key('interface-id', name)}/${sides[direction]}/ipv${family}`,
}
