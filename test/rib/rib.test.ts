import test from 'ava'
import {
  connected,
  allOperations,
  direct,
  drop,
  formatPrefix,
  hop,
  hostPrefix,
  isEmpty,
  local,
  objectKey,
  operationsOf,
  Rib,
  staticSource,
  via,
  type NextHop,
  type Prefix,
  type RibTransaction,
} from '../../src/rib/index.js'
import { ModelFib } from './model-fib.js'
import { address as a, prefix as p } from './words.js'

const main = staticSource('main')
const through = (...ways: (string | { address?: string; interface?: string })[]): NextHop =>
  via(
    ways.map((way) => {
      const { address, interface: name } =
        typeof way === 'string'
          ? { address: way, interface: undefined }
          : { address: undefined, interface: undefined, ...way }
      return hop({
        ...(address === undefined ? {} : { address: a(address) }),
        ...(name === undefined ? {} : { interface: name }),
      })
    }),
  )

function port(t: RibTransaction, name: string, address: string, length: number, enabled = true): void {
  const state = enabled ? 'on' : 'off'
  t.setInterface({ name, vrf: 0, neighbours: true, ipv4: state, ipv6: 'none' })
  t.set(direct, 0, p(`${address}/${length}`), connected(name))
  if (enabled) t.set(direct, 0, hostPrefix(a(address)), local(name))
}

/** Does one transaction on a RIB and on a FIB. */
async function change(rib: Rib, fib: ModelFib, edit: (t: RibTransaction) => void) {
  const t = rib.begin()
  edit(t)
  const finished = await t.finish()
  t.adopt()
  fib.do(finished.delta)
  return finished
}

async function twoPorts() {
  const rib = new Rib()
  const fib = new ModelFib()
  await change(rib, fib, (t) => {
    port(t, 'p1', '10.0.1.1', 24)
    port(t, 'p2', '10.0.2.1', 24)
  })
  return { rib, fib }
}

test('connected prefixes are gleaned, and own addresses are local', async (t) => {
  const { fib } = await twoPorts()
  t.deepEqual(fib.lookup(), {
    '0 10.0.1.0/24': 'glean p1',
    '0 10.0.1.1/32': 'local',
    '0 10.0.2.0/24': 'glean p2',
    '0 10.0.2.1/32': 'local',
  })
})

test('a next hop is resolved through other routes to a neighbour, but never through a default route', async (t) => {
  const { rib, fib } = await twoPorts()
  const { unresolved } = await change(rib, fib, (x) => {
    x.set(main, 0, p('20.0.0.0/8'), through('30.1.1.1'))
    x.set(main, 0, p('30.0.0.0/8'), through('10.0.2.9'))
    x.set(main, 0, p('0.0.0.0/0'), through('10.0.1.9'))
  })
  t.deepEqual(unresolved, [])
  t.is(fib.lookup()['0 20.0.0.0/8'], 'p2:10.0.2.9')
  const bad = await change(rib, fib, (x) => x.set(main, 0, p('40.0.0.0/8'), through('50.0.0.1')))
  t.is(bad.unresolved.length, 1)
  t.regex(
    bad.unresolved[0]?.reason.text ?? '',
    /50\.0\.0\.1 is in no connected prefix.*10\.0\.1\.0\/24 on p1, 10\.0\.2\.0\/24 on p2/,
  )
  t.false('0 40.0.0.0/8' in fib.lookup())
})

test('next hops that lead back to themselves resolve to nothing, whichever is asked first', async (t) => {
  for (const order of [
    ['20.0.0.0/8', '30.0.0.0/8'],
    ['30.0.0.0/8', '20.0.0.0/8'],
  ]) {
    const { rib, fib } = await twoPorts()
    const { unresolved } = await change(rib, fib, (x) => {
      for (const prefix of order)
        x.set(main, 0, p(prefix), through(prefix.startsWith('20') ? '30.0.0.1' : '20.0.0.1'))
    })
    t.is(unresolved.length, 2)
    t.regex(unresolved[0]?.reason.text ?? '', /leads back to itself/)
  }
})

test('several next hops become one weighted group, and equal ones are joined', async (t) => {
  const { rib, fib } = await twoPorts()
  await change(rib, fib, (x) => {
    x.set(main, 0, p('20.0.0.0/8'), through('10.0.1.9', '10.0.2.9'))
    x.set(main, 0, p('30.0.0.0/8'), through('20.0.0.1', '10.0.1.8'))
    x.set(main, 0, p('40.0.0.0/8'), through('10.0.1.9', { address: '10.0.1.9', interface: 'p1' }))
  })
  const lookup = fib.lookup()
  t.is(lookup['0 20.0.0.0/8'], 'p1:10.0.1.9×1 p2:10.0.2.9×1')
  t.is(lookup['0 30.0.0.0/8'], 'p1:10.0.1.8×2 p1:10.0.1.9×1 p2:10.0.2.9×1')
  t.is(lookup['0 40.0.0.0/8'], 'p1:10.0.1.9')
})

test('a lost link withdraws connected routes and what is resolved over them; it comes back with the link', async (t) => {
  const { rib, fib } = await twoPorts()
  await change(rib, fib, (x) => {
    x.set(main, 0, p('20.0.0.0/8'), through('10.0.1.9', '10.0.2.9'))
    x.set(main, 0, p('30.0.0.0/8'), through('10.0.1.9'))
  })
  const before = fib.lookup()
  const down = await rib.update((x) => x.link('p1', false))
  t.truthy(down)
  if (down) fib.do(down.delta)
  t.deepEqual(down?.unresolved, [])
  t.deepEqual(fib.lookup(), {
    '0 10.0.1.1/32': 'local',
    '0 10.0.2.0/24': 'glean p2',
    '0 10.0.2.1/32': 'local',
    '0 20.0.0.0/8': 'p2:10.0.2.9',
  })
  t.is(await rib.update((x) => x.link('p1', false)), undefined)
  const up = await rib.update((x) => x.link('p1', true))
  if (up) fib.do(up.delta)
  t.deepEqual(fib.lookup(), before)
})

test('the lower preference wins, and the other comes when it goes', async (t) => {
  const { rib, fib } = await twoPorts()
  await change(rib, fib, (x) => x.set(main, 0, p('10.0.2.0/24'), through('10.0.1.9')))
  t.is(fib.lookup()['0 10.0.2.0/24'], 'glean p2')
  const down = await rib.update((x) => x.link('p2', false))
  if (down) fib.do(down.delta)
  t.is(fib.lookup()['0 10.0.2.0/24'], 'p1:10.0.1.9')
})

test('a next hop that loses its subnet is told, one on a disabled interface is not', async (t) => {
  const { rib, fib } = await twoPorts()
  await change(rib, fib, (x) => x.set(main, 0, p('20.0.0.0/8'), through('10.0.1.9')))
  const disabled = rib.begin()
  port(disabled, 'p1', '10.0.1.1', 24, false)
  disabled.delete(direct, 0, p('10.0.1.1/32'))
  t.deepEqual((await disabled.finish()).unresolved, [])
  disabled.abandon()
  const removed = rib.begin()
  removed.delete(direct, 0, p('10.0.1.0/24'))
  removed.delete(direct, 0, p('10.0.1.1/32'))
  t.is((await removed.finish()).unresolved.length, 1)
  removed.abandon()
  t.true('0 20.0.0.0/8' in fib.lookup())
})

test('what cannot be a neighbour is no next hop', async (t) => {
  const { rib } = await twoPorts()
  const reasonOf = async (nextHop: NextHop): Promise<string> => {
    const x = rib.begin()
    x.setInterface({ name: 'lo0', vrf: 0, neighbours: false, ipv4: 'on', ipv6: 'on' })
    x.setInterface({ name: 'p3', vrf: 0, neighbours: true, ipv4: 'none', ipv6: 'on' })
    x.set(main, 0, p('20.0.0.0/8'), nextHop)
    const { unresolved } = await x.finish()
    x.abandon()
    return unresolved.map(({ reason }) => reason.text).join()
  }
  t.regex(await reasonOf(through('10.0.1.1')), /10\.0\.1\.1 is an address of this box/)
  t.regex(await reasonOf(through({ address: '10.0.1.1', interface: 'p2' })), /is an address of this box/)
  t.regex(await reasonOf(through({ interface: 'p9' })), /no interface named 'p9'/)
  t.regex(await reasonOf(through({ interface: 'lo0' })), /lo0 has no port/)
  t.regex(await reasonOf(through({ address: '10.0.3.9', interface: 'p3' })), /p3 has no IPv4/)
  t.is(await reasonOf(through({ interface: 'p1' })), '')
})

test('an abandoned transaction leaves nothing behind', async (t) => {
  const { rib, fib } = await twoPorts()
  const sizes = rib.sizes
  const x = rib.begin()
  x.set(main, 0, p('20.0.0.0/8'), through('10.0.1.9', '10.0.2.9'))
  x.deleteInterface('p2')
  await x.finish()
  x.abandon()
  t.deepEqual(rib.sizes, sizes)
  t.throws(() => x.adopt(), { message: /void/ })
  const nothing = rib.begin()
  t.true(nothing.empty)
  t.true(isEmpty((await nothing.finish()).delta))
  nothing.abandon()
  t.is(Object.keys(fib.lookup()).length, 4)
})

test('a finished transaction keeps link changes waiting until it is closed', async (t) => {
  const { rib } = await twoPorts()
  const x = rib.begin()
  x.set(main, 0, p('20.0.0.0/8'), through('10.0.1.9'))
  await x.finish()
  let changed = false
  const waiting = rib
    .update((y) => y.link('p1', false))
    .then((finished) => {
      changed = true
      return finished
    })
  await new Promise(setImmediate)
  t.false(changed)
  x.adopt()
  t.truthy(await waiting)
})

test('two meanings under one key are an error, and keys say what they are of', async (t) => {
  const rib = new Rib({ keyBits: 1 })
  const x = rib.begin()
  port(x, 'p1', '10.0.1.1', 24)
  await t.throwsAsync(x.finish(), { message: /'local 0' and 'glean p1'|'glean p1' and 'local 0'/ })
  x.abandon()
  t.deepEqual(rib.sizes, { prefixes: 0, nextHops: 0, objects: 0 })
  t.not(objectKey('glean p1'), objectKey('glean p2'))
  t.is(objectKey('glean p1'), objectKey('glean p1'))
  t.true(objectKey('glean p1') < 1n << 64n)
})

test('many routes are packed; all of them arrive', async (t) => {
  const { rib } = await twoPorts()
  const x = rib.begin()
  const count = 40_000
  const nextHop = through('10.0.1.9')
  for (let i = 0; i < count; i++)
    x.set(main, 0, { address: Uint8Array.of(20, i >> 8, i & 255, 0), length: 24 }, nextHop)
  const routesSet = operationsOf((await x.finish()).delta.routesSet)
  x.adopt()
  t.is(routesSet.length, 3)
  let bytes = 0
  for (const operation of routesSet) if (operation.op === 'records') bytes += operation.bytes.length
  t.is(bytes, count * 19)
  const [first] = routesSet
  if (first?.op !== 'records') return t.fail()
  const key = Buffer.alloc(8)
  key.writeBigUInt64LE(objectKey('next hop 0 10.0.1.9'))
  t.deepEqual([...first.bytes.subarray(0, 19)], [7, 0, 0, 0, 0, 4, 20, 0, 0, 0, 24, ...key])
})

/** Deterministic numbers below a bound. */
function random(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}

interface Said {
  readonly routes: Map<string, { prefix: Prefix; source: ReturnType<typeof staticSource>; nextHop: NextHop }>
  readonly down: Set<string>
}

/** The same state, computed from nothing. */
async function fromNothing(said: Said, order: (n: number) => number): Promise<Record<string, string>> {
  const rib = new Rib()
  const fib = new ModelFib()
  for (const name of said.down) await rib.update((x) => x.link(name, false))
  const all = [...said.routes.values()]
  for (let i = all.length - 1; i > 0; i--) {
    const j = order(i + 1)
    ;[all[i], all[j]] = [all[j], all[i]] as [(typeof all)[number], (typeof all)[number]]
  }
  await change(rib, fib, (t) => {
    for (let i = 0; i < 4; i++) port(t, `p${i}`, `10.0.${i}.1`, 24)
    for (const { source, prefix, nextHop } of all) t.set(source, 0, prefix, nextHop)
  })
  return fib.lookup()
}

for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
  test(`any sequence of transactions and links gives what its end gives from nothing (seed ${seed})`, async (t) => {
    const next = random(seed)
    const rib = new Rib()
    const fib = new ModelFib()
    const said: Said = { routes: new Map(), down: new Set() }
    await change(rib, fib, (x) => {
      for (let i = 0; i < 4; i++) port(x, `p${i}`, `10.0.${i}.1`, 24)
    })
    const somewhere = () =>
      a(next(2) ? `10.0.${next(5)}.${next(200) + 20}` : `${20 + next(3)}.${next(4)}.${next(4)}.1`)
    const somePrefix = (): Prefix => {
      const lengths = [0, 8, 12, 16, 24, 25, 30]
      const address = somewhere()
      const length = lengths[next(lengths.length)] as number
      return p(formatPrefix({ address, length }))
    }
    const someNextHop = (): NextHop => {
      switch (next(8)) {
        case 0:
          return drop('blackhole')
        case 1:
          return via([hop({ interface: `p${next(4)}` })])
        case 2:
          return via([hop({ address: somewhere(), interface: `p${next(4)}` })])
        case 3:
        case 4:
          return via(Array.from({ length: 2 + next(3) }, () => hop({ address: somewhere() })))
        default:
          return via([hop({ address: somewhere() })])
      }
    }
    for (let round = 0; round < 60; round++) {
      if (next(4) === 0) {
        const name = `p${next(4)}`
        const up = said.down.delete(name)
        if (!up) said.down.add(name)
        const finished = await rib.update((x) => x.link(name, up))
        if (finished) fib.do(finished.delta)
      } else {
        const abandoned = next(5) === 0
        const x = rib.begin()
        for (let i = next(6); i >= 0; i--) {
          const source = staticSource(next(3) ? 'main' : 'other')
          const known = [...said.routes.keys()]
          if (next(3) === 0 && known.length > 0) {
            const text = known[next(known.length)] as string
            const one = said.routes.get(text)
            if (!one) continue
            x.delete(one.source, 0, one.prefix)
            if (!abandoned) said.routes.delete(text)
          } else {
            const [prefix, nextHop] = [somePrefix(), someNextHop()]
            x.set(source, 0, prefix, nextHop)
            if (!abandoned)
              said.routes.set(`${source.name} ${formatPrefix(prefix)}`, { source, prefix, nextHop })
          }
        }
        const { delta } = await x.finish()
        if (abandoned) x.abandon()
        else {
          x.adopt()
          fib.do(delta)
        }
      }
      t.deepEqual(fib.lookup(), await fromNothing(said, next), `round ${round}`)
    }
    const full = new ModelFib()
    const again = rib.begin({ full: true })
    for (let i = 0; i < 4; i++) port(again, `p${i}`, `10.0.${i}.1`, 24)
    for (const { source, prefix, nextHop } of said.routes.values()) again.set(source, 0, prefix, nextHop)
    full.do((await again.finish()).delta)
    again.adopt()
    t.deepEqual(full.lookup(), fib.lookup())
    // What is built anew has the same keys: mark and sweep finds nothing to repair.
    t.deepEqual([...full.routes].sort(), [...fib.routes].sort())
    t.deepEqual(full.objects, new Map([...full.objects.keys()].map((key) => [key, fib.objects.get(key)])))
    t.is(full.objects.size, fib.objects.size)
    await change(rib, fib, (x) => {
      for (const { source, prefix } of said.routes.values()) x.delete(source, 0, prefix)
      for (let i = 0; i < 4; i++) {
        x.delete(direct, 0, p(`10.0.${i}.0/24`))
        x.delete(direct, 0, p(`10.0.${i}.1/32`))
        x.deleteInterface(`p${i}`)
      }
    })
    t.is(fib.routes.size, 0)
    t.is(fib.objects.size, 0)
    t.deepEqual(rib.sizes, { prefixes: 0, nextHops: 0, objects: 0 })
  })
}

test('100,000 routes are selected and packed quickly, and one more costs next to nothing', async (t) => {
  const { rib } = await twoPorts()
  const x = rib.begin()
  const nextHop = through('10.0.1.9')
  const begin = performance.now()
  for (let i = 0; i < 100_000; i++) {
    x.set(
      main,
      0,
      { address: Uint8Array.of(20 + (i >> 16), (i >> 8) & 255, i & 255, 0), length: 24 },
      nextHop,
    )
  }
  allOperations((await x.finish()).delta)
  const bulk = performance.now() - begin
  x.adopt()
  const one = performance.now()
  const y = rib.begin()
  y.set(main, 0, p('30.0.0.0/8'), through('10.0.1.8'))
  await y.finish()
  y.adopt()
  const single = performance.now() - one
  t.log(`100,000 routes in ${bulk.toFixed(0)} ms, one more in ${single.toFixed(2)} ms`)
  t.true(bulk < 30_000, 'quadratic?')
  t.true(single < bulk / 4)
})

test('an update makes no transaction void that began before it', async (t) => {
  const { rib, fib } = await twoPorts()
  const x = rib.begin()
  const updated = rib.update((y) => y.set(main, 0, p('21.0.0.0/8'), through('10.0.2.9')))
  await x.ready()
  const delta = (await updated)?.delta
  if (delta) fib.do(delta)
  x.set(main, 0, p('20.0.0.0/8'), through('21.0.0.1'))
  fib.do((await x.finish()).delta)
  x.adopt()
  t.is(fib.lookup()['0 20.0.0.0/8'], 'p2:10.0.2.9')
})
