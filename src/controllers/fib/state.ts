/** Operational state of the data plane (weft-dataplane): members with ports, drops by name, and the size of their tables. */
import type { HoldState, Member, MemberState, NodeState, PortState } from '../../../dataplane/client/index.js'
import type { StateProvider, Wanted } from '../../../datastore/index.js'
import { formatMac } from '../../rib/index.js'
import { dateAndTime, leaf } from '../xml.js'
import { allObjects, objectsNamed } from './object-state.js'

const namespace = 'urn:weft:params:xml:ns:yang:weft-dataplane'

export function dataplaneState(members: () => readonly Member[]): StateProvider {
  const path = '/weft-dataplane:dataplane'
  const objectsPath = `${path}/members/member/objects`
  return {
    path,
    async *read(wanted) {
      const names = wanted.values(`${path}/members/member/name`)
      for (const one of members()) if (names?.includes(one.name) ?? true) yield* readMember(one, wanted)
    },
    streams: [
      {
        path: objectsPath,
        async *read(instance) {
          for (const one of members())
            if (one.attached && instance === `${path}/members/member[name='${one.name}']/objects`)
              yield* allObjects(one)
        },
      },
    ],
  }

  async function* readMember(one: Member, wanted: Wanted): AsyncGenerator<string> {
    const asked = (name: string): boolean => wanted.mayMatch(`${path}/members/member/${name}`)
    const statistics = asked('tables') || asked('reconciliation')
    const query = {
      ports: asked('port'),
      drops: asked('drop'),
      statistics,
      holds: asked('hold'),
      nodes: asked('node'),
    }
    const state = one.attached ? await one.state(query).catch(() => undefined) : undefined
    const drops = state?.drops.map(
      ({ node, reason, packets }) =>
        `<drop>${leaf('node', node)}${leaf('reason', reason)}${leaf('packets', packets)}</drop>`,
    )
    const tables = state?.statistics
    yield [
      `<dataplane xmlns="${namespace}"><members><member>`,
      leaf('name', one.name),
      leaf('attached', one.attached),
      one.attached ? leaf('pid', one.pid) : '',
      one.commit > 0 ? leaf('commit', one.commit) : '',
      ...(state?.ports ?? []).map(port),
      ...(drops ?? []),
      ...(state?.nodes ?? []).map(node),
      ...(state?.holds ?? []).map(hold),
      one.attached ? '<objects/>' : '',
      tables &&
        `<tables>${leaf('ipv4-routes', tables.routes4)}${leaf('ipv6-routes', tables.routes6)}` +
          `${leaf('objects', tables.objects)}${leaf('neighbours', tables.neighbours)}` +
          `${leaf('held-packets', tables.heldPackets)}</tables>${repair(tables)}`,
      '</member></members></dataplane>',
    ].join('')
    if (!wanted.mayMatch(`${objectsPath}/object`) || !one.attached) return
    const keys = wanted.values(`${objectsPath}/object/key`)
    for await (const objects of keys ? objectsNamed(one, keys) : allObjects(one))
      yield `<dataplane xmlns="${namespace}"><members><member>${leaf('name', one.name)}<objects>${objects}</objects></member></members></dataplane>`
  }
}

function node({ worker, node: name, packets, bursts, cycles }: NodeState): string {
  const hundredths = packets > 0n ? (cycles * 100n) / packets : 0n
  return [
    `<node>${leaf('name', name)}${leaf('thread', worker)}`,
    leaf('packets', packets),
    leaf('bursts', bursts),
    leaf('cycles', cycles),
    leaf('cycles-per-packet', `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, '0')}`),
    '</node>',
  ].join('')
}

/** What the last full transaction found to be repaired. */
function repair(statistics: NonNullable<MemberState['statistics']>): string {
  const kinds = (['interfaces', 'objects', 'routes'] as const).map((kind) => {
    const counts = (['Added', 'Changed', 'Removed'] as const).map((what) =>
      leaf(what.toLowerCase(), statistics[`${kind}${what}`]),
    )
    return `<${kind}>${counts.join('')}</${kind}>`
  })
  return `<reconciliation>${leaf('runs', statistics.repairs)}${kinds.join('')}</reconciliation>`
}

function hold({ kind, counters }: HoldState): string {
  return [
    `<hold>${leaf('kind', kind)}`,
    leaf('keys', counters.entries),
    leaf('packets', counters.packets),
    leaf('octets', counters.octets),
    leaf('events', counters.events),
    '<drops>',
    leaf('queue-full', counters.queueFull),
    leaf('holding-full', counters.holdingFull),
    leaf('table-full', counters.tableFull),
    leaf('expired', counters.expired),
    leaf('failed', counters.failed),
    '</drops></hold>',
  ].join('')
}

function port(state: PortState): string {
  const { name, device, driver, reason, problem, present, up, mtu, mac, counters, discontinuity } = state
  return [
    '<port>',
    leaf('name', name),
    leaf('device', device || undefined),
    leaf('driver', driver || undefined),
    leaf('driver-reason', reason || undefined),
    leaf('problem', problem),
    leaf('present', present),
    leaf('link-up', up),
    mtu > 0 ? leaf('mtu', mtu) : '',
    mac.some((octet) => octet !== 0) ? leaf('phys-address', formatMac(mac)) : '',
    '<statistics>',
    leaf('discontinuity-time', dateAndTime(discontinuity)),
    leaf('in-pkts', counters.rxPackets),
    leaf('in-octets', counters.rxOctets),
    leaf('in-drops', counters.rxDropped),
    leaf('out-pkts', counters.txPackets),
    leaf('out-octets', counters.txOctets),
    leaf('out-drops', counters.txDropped),
    '</statistics></port>',
  ].join('')
}
