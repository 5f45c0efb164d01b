/** Route leaking: what a VRF imports follows the other one, against a model that derives it anew from what both say. */
import test from 'ava'
import {
  connected,
  direct,
  drop,
  formatPrefix,
  hop,
  local,
  lookup,
  Rib,
  staticSource,
  via,
  type Entry,
  type Import,
  type RibTransaction,
} from '../../src/rib/index.js'
import { ModelFib } from './model-fib.js'
import { address as a, prefix as p } from './words.js'

const main = staticSource('main')
const [red, blue] = [1, 2] as const
const to = (address: string) => via([hop({ address: a(address) })])

async function change(rib: Rib, fib: ModelFib, edit: (t: RibTransaction) => void) {
  const t = rib.begin()
  edit(t)
  const { delta } = await t.finish()
  t.adopt()
  fib.do(delta)
  return delta
}

/** An interface of a VRF with 10.VRF.N.1/24. */
function port(t: RibTransaction, vrf: number, name: string, n: number): void {
  t.setInterface({ name, vrf, neighbours: true, ipv4: 'on', ipv6: 'none' })
  t.set(direct, vrf, p(`10.${vrf}.${n}.0/24`), connected(name))
  t.set(direct, vrf, p(`10.${vrf}.${n}.1/32`), local(name))
}

const within = (prefix: string, least: number, most = least) => ({ prefix: p(prefix), least, most })
const from = (vrf: number, ...prefixes: Import['prefixes']): Import => ({ from: vrf, prefixes })

const entriesOf = (rib: Rib, vrf: number): Entry[] => [...rib.entries(vrf, 4)]
const prefixesOf = (rib: Rib, vrf: number): string[] =>
  entriesOf(rib, vrf)
    .map(({ prefix }) => formatPrefix(prefix))
    .sort()

test('what is imported leads where it does there, and follows routes, next hops, links and what is imported', async (t) => {
  const rib = new Rib()
  const fib = new ModelFib()
  await change(rib, fib, (x) => {
    port(x, blue, 'b1', 1)
    port(x, blue, 'b2', 2)
    port(x, red, 'r1', 1)
    x.set(main, blue, p('172.16.0.0/12'), to('10.2.1.9'))
    x.set(main, blue, p('172.17.0.0/16'), drop('blackhole'))
    x.setImports(red, [from(blue, within('10.2.0.0/16', 24), within('172.16.0.0/12', 12, 16))])
  })
  const leaked = () =>
    Object.fromEntries(Object.entries(fib.lookup()).filter(([route]) => /^1 (?!10\.1)/.test(route)))
  t.deepEqual(leaked(), {
    '1 10.2.1.0/24': 'glean b1',
    '1 10.2.2.0/24': 'glean b2',
    '1 172.16.0.0/12': 'b1:10.2.1.9',
    '1 172.17.0.0/16': 'blackhole',
  })
  t.like(rib.entry(red, 4, p('172.16.0.0/12')), {
    active: 0,
    routes: [
      {
        source: { protocol: 'leaked', name: '2', preference: 200 },
        nextHop: { kind: 'leaked', vrf: 2, nextHop: { kind: 'via' } },
      },
    ],
  })
  // A next hop that moves is one object for both.
  const moved = await change(rib, fib, (x) => x.set(main, blue, p('10.2.1.9/32'), to('10.2.2.7')))
  t.deepEqual([moved.objectsSet.count, moved.routesSet.count], [2, 1])
  t.is(leaked()['1 172.16.0.0/12'], 'b2:10.2.2.7')
  await change(rib, fib, (x) => x.delete(main, blue, p('10.2.1.9/32')))
  // Links.
  const down = await rib.update((x) => x.link('b1', false))
  fib.do(down!.delta)
  t.deepEqual(leaked(), { '1 10.2.2.0/24': 'glean b2', '1 172.17.0.0/16': 'blackhole' })
  t.is(rib.entry(red, 4, p('10.2.1.0/24')), undefined)
  fib.do((await rib.update((x) => x.link('b1', true)))!.delta)
  t.is(leaked()['1 172.16.0.0/12'], 'b1:10.2.1.9')
  // Its own routes come first, and are not imported back or on.
  await change(rib, fib, (x) => {
    x.set(main, red, p('172.16.0.0/12'), to('10.1.1.9'))
    x.setImports(blue, [from(red, within('0.0.0.0/0', 0, 32))])
    x.setImports(3, [from(red, within('0.0.0.0/0', 0, 32))])
  })
  t.is(fib.lookup()['1 172.16.0.0/12'], 'r1:10.1.1.9')
  t.is(fib.lookup()['2 172.16.0.0/12'], 'b1:10.2.1.9')
  t.deepEqual(prefixesOf(rib, 3), ['10.1.1.0/24', '10.1.1.1/32', '172.16.0.0/12'])
  t.is(fib.lookup()['3 10.1.1.1/32'], 'local 1')
  await change(rib, fib, (x) => x.delete(main, red, p('172.16.0.0/12')))
  t.is(fib.lookup()['1 172.16.0.0/12'], 'b1:10.2.1.9')
  t.deepEqual(prefixesOf(rib, 3), ['10.1.1.0/24', '10.1.1.1/32'])
  // Filters.
  await change(rib, fib, (x) => x.setImports(red, [from(blue, within('10.2.2.0/24', 24))]))
  t.deepEqual(leaked(), { '1 10.2.2.0/24': 'glean b2' })
  // All goes.
  await change(rib, fib, (x) => {
    for (const vrf of [red, blue, 3]) x.setImports(vrf, [])
    for (const vrf of [red, blue])
      for (const { prefix } of entriesOf(rib, vrf)) {
        x.delete(direct, vrf, prefix)
        x.delete(main, vrf, prefix)
      }
  })
  t.deepEqual(fib.lookup(), {})
  t.is(fib.objects.size, 0)
  t.deepEqual(rib.sizes, { prefixes: 0, nextHops: 0, objects: 0 })
})

test('a route into another VRF is a lookup there; neither it nor a leaked one resolves a next hop', async (t) => {
  const rib = new Rib()
  const fib = new ModelFib()
  const x = rib.begin()
  port(x, blue, 'b1', 1)
  x.set(main, red, p('10.2.0.0/16'), lookup(blue))
  x.set(main, red, p('20.0.0.0/8'), to('10.2.1.9'))
  x.setImports(red, [from(blue, within('10.2.1.0/24', 24))])
  const { delta, unresolved } = await x.finish()
  x.adopt()
  fib.do(delta)
  t.is(fib.lookup()['1 10.2.0.0/16'], 'lookup 2')
  t.is(fib.lookup()['1 10.2.1.0/24'], 'glean b1')
  t.false('1 20.0.0.0/8' in fib.lookup())
  t.deepEqual(
    unresolved.map(({ vrf, prefix }) => [vrf, formatPrefix(prefix)]),
    [[red, '20.0.0.0/8']],
  )
})

for (const seed of [1, 2, 3, 4])
  test(`imports are what a RIB derives that is told everything at once (${seed})`, async (t) => {
    let state = seed * 2654435761
    const next = (n: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * n)
    }
    const rib = new Rib()
    const fib = new ModelFib()
    const vrfs = [0, 1, 2]
    const statics = new Map<string, (x: RibTransaction) => void>()
    const imports = new Map<number, readonly Import[]>()
    const ports = (x: RibTransaction) => {
      for (const vrf of vrfs) for (const n of [0, 1]) port(x, vrf, `p${vrf}${n}`, n)
    }
    await change(rib, fib, ports)
    const down = new Set<string>()
    for (let round = 0; round < 60; round++) {
      const x = rib.begin()
      const said = new Map(statics)
      const wanted = new Map(imports)
      for (let i = next(5); i >= 0; i--) {
        const vrf = next(3)
        if (next(5) === 0) {
          const all = vrfs
            .filter((other) => other !== vrf && next(2) === 0)
            .map((other) =>
              from(
                other,
                ...[
                  within('10.0.0.0/8', 8 + next(10), 24 + next(9)),
                  within('30.0.0.0/8', 8, 8 + next(20)),
                ].slice(next(2)),
              ),
            )
          wanted.set(vrf, all)
          x.setImports(vrf, all)
          continue
        }
        const prefix = [`30.${next(3)}.0.0/16`, `30.0.${next(3)}.0/24`, `10.${next(3)}.0.0/16`][
          next(3)
        ] as string
        const source = staticSource(['m', 'n'][next(2)] as string)
        const key = `${vrf} ${prefix} ${source.name}`
        if (next(3) === 0) {
          said.delete(key)
          x.delete(source, vrf, p(prefix))
          continue
        }
        const nextHop = [
          to(`10.${vrf}.${next(2)}.9`),
          to(`30.${next(3)}.0.7`),
          lookup((vrf + 1) % 3),
          drop('blackhole'),
        ][next(4)]!
        said.set(key, (other) => other.set(source, vrf, p(prefix), nextHop))
        x.set(source, vrf, p(prefix), nextHop)
      }
      const { delta } = await x.finish()
      if (next(5) === 0) x.abandon()
      else {
        x.adopt()
        fib.do(delta)
        statics.clear()
        for (const [key, say] of said) statics.set(key, say)
        for (const [vrf, all] of wanted) imports.set(vrf, all)
      }
      if (next(3) === 0) {
        const name = `p${next(3)}${next(2)}`
        const up = down.delete(name)
        if (!up) down.add(name)
        const changed = await rib.update((u) => u.link(name, up))
        if (changed) fib.do(changed.delta)
      }
      const fresh = new Rib()
      const model = new ModelFib()
      await change(fresh, model, (other) => {
        ports(other)
        for (const say of statics.values()) say(other)
        for (const [vrf, all] of imports) other.setImports(vrf, all)
      })
      for (const name of down) {
        const changed = await fresh.update((u) => u.link(name, false))
        if (changed) model.do(changed.delta)
      }
      t.deepEqual(fib.lookup(), model.lookup(), `round ${round}`)
      t.deepEqual(rib.sizes, fresh.sizes, `round ${round}`)
    }
  })
