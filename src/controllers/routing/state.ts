/** Operational state of routing (RFC 8349, section 5): the RIBs with their routes, and the interfaces that route. */
import type { StateProvider, Wanted } from '../../../datastore/index.js'
import {
  formatAddress,
  formatPrefix,
  parsePrefix,
  type Entry,
  type Hop,
  type NextHop,
  type Rib,
  type Route,
} from '../../rib/index.js'
import { dateAndTime, escape, leaf } from '../xml.js'
import { namesOf, type Instances } from '../network-instances/model.js'
import { claim } from './model.js'
import { ribsOf, type RibTable } from './plan.js'

const namespace = 'urn:ietf:params:xml:ns:yang:ietf-routing'
const instanceNamespace = 'urn:weft:params:xml:ns:yang:weft-network-instance'
const unicast = (family: 4 | 6) => `urn:ietf:params:xml:ns:yang:ietf-ipv${family}-unicast-routing`

/** Routes in one piece of what is read: libyang's parser is quadratic in the entries of a list without keys. */
const pieceRoutes = 250

const routesPath = `${claim}/ribs/rib/routes`

export function routingState(rib: Rib, instances: () => Instances): readonly StateProvider[] {
  return [
    {
      path: `${claim}/interfaces`,
      async *read() {
        const names = rib.interfaces().filter(({ ipv4, ipv6 }) => ipv4 === 'on' || ipv6 === 'on')
        if (names.length === 0) return
        yield wrap(`<interfaces>${names.map(({ name }) => leaf('interface', name)).join('')}</interfaces>`)
      },
    },
    {
      path: `${claim}/ribs`,
      async *read(wanted) {
        const names = wanted.values(`${claim}/ribs/rib/name`)
        const of = wanted.values(`${claim}/ribs/rib/weft-network-instance:network-instance`)
        const words = new Words(instances())
        for (const table of ribsOf(instances()).values())
          if ((names?.includes(table.name) ?? true) && (of?.includes(table.instance) ?? true))
            yield* pieces(rib, table, words, wanted)
      },
      streams: [
        {
          path: routesPath,
          async *read(instance) {
            for (const { name, vrf, family } of ribsOf(instances()).values())
              if (instance === `${claim}/ribs/rib[name='${name}']/routes`)
                yield* new Words(instances()).texts(rib.entries(vrf, family), family)
          },
        },
      ],
    },
  ]
}

const wrap = (content: string): string => `<routing xmlns="${namespace}">${content}</routing>`

function* entries(rib: Rib, { vrf, family }: RibTable, wanted: Wanted): Iterable<Entry> {
  if (!wanted.mayMatch(`${routesPath}/route`)) return
  const prefixes = wanted.values(`${routesPath}/route/ietf-ipv${family}-unicast-routing:destination-prefix`)
  if (prefixes === undefined) return yield* rib.entries(vrf, family)
  for (const text of prefixes) {
    const prefix = parsePrefix(text)
    const entry = prefix && rib.entry(vrf, family, prefix)
    if (entry) yield entry
  }
}

function* pieces(rib: Rib, table: RibTable, words: Words, wanted: Wanted): Iterable<string> {
  const { name, instance, family } = table
  const head =
    `<ribs><rib>${leaf('name', name)}` +
    `<address-family xmlns:ur="${unicast(family)}">ur:ipv${family}-unicast</address-family>` +
    leaf('network-instance', instance, instanceNamespace)
  const piece = (routes: string) => wrap(`${head}<routes>${routes}</routes></rib></ribs>`)
  let any = false
  for (const routes of words.texts(entries(rib, table, wanted), family)) {
    any = true
    yield piece(routes)
  }
  if (!any) yield piece('')
}

/** Routes in YANG. */
class Words {
  readonly #names: ReadonlyMap<number, string>

  constructor(instances: Instances) {
    this.#names = namesOf(instances)
  }

  /** Some at a time. */
  *texts(entries: Iterable<Entry>, family: 4 | 6): Iterable<string> {
    let routes: string[] = []
    for (const entry of entries) {
      for (let i = 0; i < entry.routes.length; i++) {
        routes.push(this.#route(entry, entry.routes[i] as Route, i === entry.active, family))
      }
      if (routes.length < pieceRoutes) continue
      yield routes.join('')
      routes = []
    }
    if (routes.length > 0) yield routes.join('')
  }

  #route(entry: Entry, { source, nextHop }: Route, active: boolean, family: 4 | 6): string {
    const leaked = nextHop.kind === 'leaked'
    return [
      '<route>',
      leaf('route-preference', source.preference),
      `<next-hop>${this.#nextHop(nextHop, unicast(family))}</next-hop>`,
      leaked
        ? `<source-protocol xmlns:ni="${instanceNamespace}">ni:leaked</source-protocol>`
        : leaf('source-protocol', source.protocol),
      active ? '<active/>' : '',
      leaf('last-updated', dateAndTime(entry.updated)),
      leaf('destination-prefix', formatPrefix(entry.prefix), unicast(family)),
      leaked ? leaf('source-network-instance', this.#name(nextHop.vrf), instanceNamespace) : '',
      '</route>',
    ].join('')
  }

  #name(vrf: number): string {
    return this.#names.get(vrf) ?? `${vrf}`
  }

  #nextHop(nextHop: NextHop, namespace: string): string {
    switch (nextHop.kind) {
      case 'connected':
        return leaf('outgoing-interface', nextHop.interface)
      case 'local':
        return leaf('special-next-hop', 'receive')
      case 'drop':
        return leaf('special-next-hop', nextHop.drop)
      case 'lookup':
        return leaf('next-hop-network-instance', this.#name(nextHop.vrf), instanceNamespace)
      case 'leaked':
        return nextHop.nextHop ? this.#nextHop(nextHop.nextHop, namespace) : ''
      case 'via': {
        const [first] = nextHop.hops
        if (nextHop.hops.length === 1 && first) return ways(first, 'next-hop-address', namespace)
        const hops = nextHop.hops.map((hop) => `<next-hop>${ways(hop, 'address', namespace)}</next-hop>`)
        return `<next-hop-list>${hops.join('')}</next-hop-list>`
      }
    }
  }
}

function ways({ address, interface: name }: Hop, leafName: string, namespace: string): string {
  const way = name === undefined ? '' : `<outgoing-interface>${escape(name)}</outgoing-interface>`
  return way + (address ? leaf(leafName, formatAddress(address), namespace) : '')
}
