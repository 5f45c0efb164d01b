/** Operational state of bridge domains: what the member counts, and the addresses that it knows, a page of them at a time. */
import type {
  BridgeCounter,
  BridgeState,
  InterfaceState,
  MacPage,
  MacSelection,
  MacState,
  Member,
  MovingMac,
} from '../../../dataplane/client/index.js'
import type { StateProvider, Wanted } from '../../../datastore/index.js'
import { formatAddress, formatMac, parseMac } from '../../rib/index.js'
import { dateAndTime, leaf } from '../xml.js'
import { claim, list, type Bridges } from './model.js'

const namespace = 'urn:weft:params:xml:ns:yang:weft-bridge'
const table = `${list}/state/mac-table`

/** Addresses in one piece of what is read: libyang's parser is quadratic in the entries of a list. */
const pieceMacs = 250

export function bridgeState(member: () => Member, bridges: () => Bridges): StateProvider {
  return {
    path: claim,
    async *read(wanted) {
      if (!wanted.mayMatch(`${list}/state`)) return
      for (const name of wanted.values(`${list}/name`) ?? bridges().specs.keys()) {
        if (!bridges().specs.has(name)) continue
        yield* readOne(member(), name, bridges(), wanted)
      }
    },
    streams: [
      {
        path: table,
        async *read(instance) {
          const name = [...bridges().specs.keys()].find(
            (one) => instance === `${list}[name='${one}']/state/mac-table`,
          )
          if (name !== undefined) yield* entries(member(), { domain: name })
        },
      },
    ],
  }
}

async function* readOne(
  member: Member,
  name: string,
  bridges: Bridges,
  wanted: Wanted,
): AsyncGenerator<string, void, undefined> {
  const wrap = (content: string): string =>
    `<bridge-domains xmlns="${namespace}"><bridge-domain>${leaf('name', name)}<state>${content}</state></bridge-domain></bridge-domains>`
  const counted = wanted.mayMatch(`${list}/state/member`)
  const state = await member
    .state({ bridges: true, bridge: name, interfaces: counted })
    .catch(() => undefined)
  const bridge = state?.bridges[0]
  if (!bridge) return
  const interfaces = new Map(state.interfaces.map((one) => [one.name, one]))
  yield wrap(element(bridge, interfaces, bridges) + '<mac-table/>')
  if (!wanted.mayMatch(`${table}/entry`)) return
  const macs = wanted.values(`${table}/entry/mac-address`)
  const selections = macs ? macs.flatMap((text) => select(name, text)) : [{ domain: name }]
  for (const selection of selections)
    for await (const piece of entries(member, selection)) yield wrap(`<mac-table>${piece}</mac-table>`)
}

function select(domain: string, text: string): MacSelection[] {
  const mac = parseMac(text)
  return mac ? [{ domain, mac }] : []
}

async function pageOf(member: Member, selection: MacSelection, from: number): Promise<MacPage | undefined> {
  const macs = { ...selection, from, most: pieceMacs }
  return (await member.state({ macs }).catch(() => undefined))?.macs
}

/** Pieces of elements; they end early when the member is lost. */
async function* entries(member: Member, selection: MacSelection): AsyncGenerator<string, void, undefined> {
  for (let from: number | undefined = 0; from !== undefined;) {
    const page: MacPage | undefined = await pageOf(member, selection, from)
    if (!page) return
    if (page.macs.length > 0) yield page.macs.map(entry).join('')
    from = page.next
  }
}

function entry({ mac, interface: name, remote, fixed, age }: MacState): string {
  return [
    '<entry>',
    leaf('mac-address', formatMac(mac)),
    leaf('interface', name),
    leaf('remote', remote && formatAddress(remote)),
    leaf('origin', fixed ? 'static' : 'learned'),
    fixed ? '' : leaf('age', age),
    '</entry>',
  ].join('')
}

function element(
  state: BridgeState,
  interfaces: ReadonlyMap<string, InterfaceState>,
  { circuits }: Bridges,
): string {
  return [
    leaf('routed-interface', state.routed || undefined),
    leaf('mac-addresses', state.addresses),
    leaf('mac-limit-reached', state.limited),
    ...state.members.map(({ interface: name, up, addresses }) =>
      [
        `<member>${leaf('interface', name)}`,
        leaf('switch-port', circuits.get(name)?.circuit.parent),
        leaf('oper-status', up ? 'up' : 'down'),
        leaf('mac-addresses', addresses),
        counts(interfaces.get(name)),
        '</member>',
      ].join(''),
    ),
    ...state.moving.map(moving),
    statistics(state),
  ].join('')
}

function counts(state: InterfaceState | undefined): string {
  if (!state) return ''
  const { inUnicast, inMulticast, inBroadcast, outUnicast, outMulticast, outBroadcast, outDiscards } =
    state.counters
  return [
    leaf('in-pkts', inUnicast + inMulticast + inBroadcast),
    leaf('out-pkts', outUnicast + outMulticast + outBroadcast),
    leaf('out-discards', outDiscards),
  ].join('')
}

function moving({ mac, from, to, time }: MovingMac): string {
  return `<moving-mac>${leaf('mac-address', formatMac(mac))}${leaf('from', from)}${leaf('to', to)}${leaf('time', dateAndTime(time))}</moving-mac>`
}

function statistics({ discontinuity, counters }: BridgeState): string {
  const byClass = (name: string, of: 'flooded' | 'policed'): string =>
    `<${name}>${[
      leaf('unknown-unicast', counters[`${of}UnknownUnicast`]),
      leaf('broadcast', counters[`${of}Broadcast`]),
      leaf('multicast', counters[`${of}Multicast`]),
    ].join('')}</${name}>`
  const plain: readonly (readonly [string, BridgeCounter])[] = [
    ['forwarded', 'forwarded'],
    ['to-routed-interface', 'toBox'],
    ['from-routed-interface', 'fromBox'],
    ['copies', 'copies'],
    ['learned', 'learned'],
    ['moves', 'moves'],
    ['moves-held', 'held'],
    ['not-learned', 'notLearned'],
    ['suppressed', 'suppressed'],
  ]
  return [
    '<statistics>',
    leaf('discontinuity-time', dateAndTime(discontinuity)),
    ...plain.map(([name, counter]) => leaf(name, counters[counter])),
    byClass('flooded', 'flooded'),
    byClass('policed', 'policed'),
    '</statistics>',
  ].join('')
}
