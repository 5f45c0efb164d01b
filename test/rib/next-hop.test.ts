/** Routes keep their forwarding object when the path of their next hop changes: the object leads elsewhere instead. */
import test from 'ava'
import {
  allOperations,
  connected,
  direct,
  drop,
  hop,
  hostPrefix,
  local,
  objectKey,
  Rib,
  staticSource,
  via,
  type Finished,
  type RibTransaction,
} from '../../src/rib/index.js'
import { decode, ModelFib } from './model-fib.js'
import { rowsOf } from './rows.js'
import { address as a, over, prefix as p } from './words.js'

const main = staticSource('main')

/** Three ports: p1 with 10.0.1.0/24 and so on. */
async function box(now: () => number = Date.now) {
  const rib = new Rib({ now })
  const fib = new ModelFib()
  const change = async (edit: (x: RibTransaction) => void | Promise<void>): Promise<Finished> => {
    const x = rib.begin()
    await edit(x)
    const finished = await x.finish()
    x.adopt()
    fib.do(finished.delta)
    return finished
  }
  const link = async (name: string, up: boolean): Promise<Finished> => {
    const finished = await rib.update((x) => x.link(name, up))
    if (!finished) throw new Error('the link was like that')
    fib.do(finished.delta)
    return finished
  }
  await change((x) => {
    for (const n of [1, 2, 3]) {
      x.setInterface({ name: `p${n}`, vrf: 0, neighbours: true, ipv4: 'on', ipv6: 'none' })
      x.set(direct, 0, p(`10.0.${n}.0/24`), connected(`p${n}`))
      x.set(direct, 0, hostPrefix(a(`10.0.${n}.1`)), local(`p${n}`))
    }
  })
  return { rib, fib, change, link }
}

/** Resolves when what was closed last is in the columns. */
async function settled(rib: Rib): Promise<void> {
  const x = rib.begin()
  await x.ready()
  x.abandon()
}

/** What a delta says, in words. */
function words({ delta }: Finished): string[] {
  return allOperations(delta).flatMap((operation) =>
    operation.op === 'records'
      ? [...decode(operation.bytes)].map((one) =>
          one.op === 'object-set' ? `${one.op} ${one.object.type}` : one.op,
        )
      : [],
  )
}

test('the path of 500,000 routes over one recursive next hop changes by one object and no route', async (t) => {
  const { rib, fib, change } = await box()
  const count = 500_000
  await change((x) => x.set(main, 0, p('192.0.2.0/24'), over('10.0.1.9')))
  const rows = rowsOf(
    Array.from({ length: count }, (_, i) => ({
      prefix: `${20 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24`,
      address: '192.0.2.1',
    })),
  )
  const x = rib.begin()
  t.deepEqual(await x.load(rows), { rejected: [], more: 0 })
  const { delta } = await x.finish()
  t.is(delta.routesSet.count, count)
  t.is(delta.objectsSet.count, 1)
  x.adopt()
  fib.do({ ...delta, routesSet: { count: 0, blocks: [], some: [] } })
  for (const to of ['10.0.2.9', '10.0.3.9']) {
    const moved = await change((y) => y.set(main, 0, p('192.0.2.0/24'), over(to)))
    t.is(moved.delta.routesSet.count, 1)
    t.is(moved.delta.objectsSet.count, 2)
    t.true(moved.examined < 10, `${moved.examined} next hops and prefixes`)
  }
  const object = fib.objects.get(objectKey('next hop 0 192.0.2.1'))
  t.is(object?.type === 'adjacency' && object.interface, 'p3')
  const more = await change((y) => y.set(main, 0, p('192.0.2.1/32'), over('10.0.1.8', '10.0.2.8')))
  t.deepEqual(words(more), [
    'object-set adjacency',
    'object-set adjacency',
    'object-set group',
    'object-set group',
    'route-set',
  ])
  t.true(more.examined < 10)
})

test('a path is an adjacency, a group, a drop and an adjacency again under one key', async (t) => {
  const { rib, fib, change } = await box()
  await change((x) => {
    x.set(main, 0, p('20.0.0.0/8'), over('192.0.2.1'))
    x.set(main, 0, p('192.0.2.0/24'), over('10.0.1.9'))
  })
  const key = fib.routes.get('0 20.0.0.0/8')
  const path = () => fib.lookup()['0 20.0.0.0/8']
  t.is(path(), 'p1:10.0.1.9')
  await change((x) => x.set(main, 0, p('192.0.2.0/24'), over('10.0.1.9', '10.0.2.9')))
  t.is(path(), 'p1:10.0.1.9×1 p2:10.0.2.9×1')
  await change((x) => x.set(main, 0, p('192.0.2.0/24'), drop('prohibit')))
  t.is(path(), 'prohibit')
  await change((x) => x.set(main, 0, p('192.0.2.0/24'), connected('p3')))
  t.is(path(), 'p3:192.0.2.1')
  t.is(fib.routes.get('0 20.0.0.0/8'), key)
  const gone = await change((x) => x.delete(main, 0, p('192.0.2.0/24')))
  t.is(gone.delta.routesDeleted.count, 2)
  t.is(path(), undefined)
  await change((x) => x.set(main, 0, p('192.0.2.0/24'), over('10.0.2.9')))
  t.is(path(), 'p2:10.0.2.9')
  t.is(fib.routes.get('0 20.0.0.0/8'), key)
  await change((x) => {
    x.delete(main, 0, p('20.0.0.0/8'))
    x.delete(main, 0, p('192.0.2.0/24'))
  })
  t.is(fib.objects.size, 4)
  await settled(rib)
  t.is(rib.sizes.objects, 4)
})

test('a member of a group that loses its link is taken out of one object, and no route is touched', async (t) => {
  const { fib, change, link } = await box()
  await change((x) => {
    for (let i = 0; i < 100; i++) x.set(main, 0, p(`20.${i}.0.0/16`), over('10.0.1.9', '10.0.2.9'))
  })
  const down = await link('p1', false)
  t.is(fib.lookup()['0 20.7.0.0/16'], 'p2:10.0.2.9')
  // The connected prefix went; what p1 and p2 shared leads over p2 alone.
  t.deepEqual(words(down), [
    'object-set adjacency',
    'route-delete',
    'object-delete',
    'object-delete',
    'object-delete',
  ])
  await link('p1', true)
  t.is(fib.lookup()['0 20.7.0.0/16'], 'p1:10.0.1.9×1 p2:10.0.2.9×1')
})

test('neither the order of hops nor their names make another object', async (t) => {
  const { fib, change } = await box()
  const named = (...hops: [string, string][]) =>
    via(hops.map(([label, address]) => hop({ label, address: a(address) })))
  await change((x) => {
    x.set(main, 0, p('20.0.0.0/8'), named(['1', '10.0.1.9'], ['2', '10.0.2.9']))
    x.set(main, 0, p('21.0.0.0/8'), named(['b', '10.0.2.9'], ['a', '10.0.1.9']))
    x.set(main, 0, p('22.0.0.0/8'), over('10.0.1.9', '10.0.2.9'))
  })
  t.is(new Set(['20', '21', '22'].map((n) => fib.routes.get(`0 ${n}.0.0.0/8`))).size, 1)
  await change((x) => x.delete(main, 0, p('20.0.0.0/8')))
  await change((x) => x.set(main, 0, p('10.0.2.9/32'), over('10.0.3.9')))
  t.is(fib.lookup()['0 21.0.0.0/8'], 'p1:10.0.1.9×1 p3:10.0.3.9×1')
  t.is(fib.lookup()['0 22.0.0.0/8'], 'p1:10.0.1.9×1 p3:10.0.3.9×1')
})

test('an abandoned change of a path leaves the path as it was', async (t) => {
  const { rib, fib, change } = await box()
  await change((x) => {
    x.set(main, 0, p('20.0.0.0/8'), over('192.0.2.1'))
    x.set(main, 0, p('192.0.2.0/24'), over('10.0.1.9'))
  })
  await settled(rib)
  const { sizes } = rib
  const x = rib.begin()
  x.set(main, 0, p('192.0.2.0/24'), over('10.0.1.9', '10.0.2.9'))
  x.set(main, 0, p('21.0.0.0/8'), over('192.0.2.1'))
  await x.finish()
  x.abandon()
  await settled(rib)
  t.deepEqual(rib.sizes, sizes)
  const same = await change((y) => y.set(main, 0, p('22.0.0.0/8'), over('192.0.2.1')))
  t.deepEqual(words(same), ['route-set'])
  t.is(fib.lookup()['0 22.0.0.0/8'], 'p1:10.0.1.9')
})

test('a route says when its path changed last, though it was not touched', async (t) => {
  let now = 1000
  const { rib, change } = await box(() => now)
  await change((x) => {
    x.set(main, 0, p('20.0.0.0/8'), over('192.0.2.1'))
    x.set(main, 0, p('192.0.2.0/24'), over('10.0.1.9'))
  })
  const updated = () => rib.entry(0, 4, p('20.0.0.0/8'))?.updated
  now = 2000
  await change((x) => x.set(main, 0, p('30.0.0.0/8'), over('10.0.2.9')))
  t.is(updated(), 1000)
  now = 3000
  const x = rib.begin()
  x.set(main, 0, p('192.0.2.0/24'), over('10.0.2.9'))
  await x.finish()
  t.is(updated(), 1000)
  x.adopt()
  t.is(updated(), 3000)
  await settled(rib)
  t.is(updated(), 3000)
})
