/** TCP between the hosts of two data planes through tunnels of all kinds, over both families, with super-packets and without loss. */
import test from 'ava'
import type { Operation, TunnelKind } from '../../dataplane/client/index.js'
import { prefixOf } from '../../src/rib/address.js'
import { address } from '../lab/router.js'
import { tcpEnd, tcpListener } from '../lab/tcp.js'
import { ends, hostAddresses, interfaceWith, TwoEngines, type Side } from '../lab/two-engines.js'

/** Families: of the way, and of what is carried. */
const tunnels: readonly (readonly [kind: TunnelKind, outer: 4 | 6, inner: 4 | 6])[] = [
  ['ipip', 4, 4],
  ['ipip', 4, 6],
  ['ipip', 6, 4],
  ['gre', 4, 4],
  ['gre', 6, 6],
  ['l2gre', 4, 4],
  ['nvgre', 4, 6],
  ['vxlan', 6, 6],
  ['vxlan-gpe-ip', 6, 4],
  ['vxlan-gpe-ethernet', 4, 4],
]
const inside = [1, 2].map((n) => [`10.9.0.${n}`, `2001:db8:9::${n}`] as const)
const of = (pair: readonly [string, string], family: 4 | 6) => pair[family === 4 ? 0 : 1]

/** The tunnel of a side, and the way to the other side's host. */
function tunnelOf(side: 0 | 1, kind: TunnelKind, outer: 4 | 6, inner: 4 | 6): Operation[] {
  const other = side === 0 ? 1 : 0
  const udp = kind.startsWith('vxlan')
  const to = address(of(hostAddresses[other] as readonly [string, string], inner))
  return [
    ...interfaceWith('t', undefined, 5n, inside[side] as readonly string[]),
    {
      ...{ op: 'tunnel-set', name: 't' },
      tunnel: {
        ...{ kind, vrf: 0, source: address(of(ends[side] as readonly [string, string], outer)) },
        remotes: [address(of(ends[other] as readonly [string, string], outer))],
        ...{
          key: udp || kind === 'nvgre' ? 5001 : undefined,
          port: kind === 'vxlan' ? 4789 : udp ? 4790 : 0,
        },
        ...{ checksum: udp && outer === 6, hopLimit: 64, dscp: undefined, fragmentsOutside: false },
      },
    },
    {
      ...{ op: 'object-set', key: 6n },
      object: {
        type: 'adjacency',
        interface: 't',
        nextHop: address(of(inside[other] as readonly [string, string], inner)),
      },
    },
    { op: 'route-set', vrf: 0, prefix: prefixOf(to, inner === 4 ? 24 : 64), key: 6n },
  ]
}

/** Packets that have come to it by the tunnel. */
async function received({ members }: Side): Promise<bigint> {
  const { interfaces } = await members.member0.state({ interfaces: true })
  return interfaces.find(({ name }) => name === 't')?.counters.inUnicast ?? 0n
}

test('TCP streams go whole through tunnels of each kind between two engines', async (t) => {
  await using two = await TwoEngines.start()
  const [a, b] = two.sides
  if (!a || !b) throw new Error('there are not two')
  for (const [kind, outer, inner] of tunnels) {
    const what = `IPv${inner} in ${kind} over IPv${outer}`
    for (const [n, side] of [a, b].entries()) await side.program(tunnelOf(n as 0 | 1, kind, outer, inner))
    const to = of(hostAddresses[1] as readonly [string, string], inner)
    t.true(await a.host.pings(to), what)
    const before = await Promise.all([a, b].map(received))
    const { enter } = b.lab.keeper
    const [program, ...args] = enter.call(b.lab.keeper, b.host.namespace, tcpEnd('listen', to))
    const there = await tcpListener(t, [program, args])
    t.is(await a.host.exec(...tcpEnd('connect', to)), 'done\n', what)
    t.is(await there.ended, 'listening\ndone\n', what)
    const after = await Promise.all([a, b].map(received))
    after.forEach((packets, n) => t.true(packets > 100n + (before[n] ?? 0n), what))
  }
})
