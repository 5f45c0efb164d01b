/** Many routes at once, out of columns. */
import test from 'ava'
import {
  allOperations,
  connected,
  direct,
  formatPrefix,
  isEmpty,
  parsePrefix,
  Rib,
  staticSource,
  via,
  type Prefix,
} from '../../src/rib/index.js'
import { ModelFib } from './model-fib.js'
import { rowsOf, type RowText } from './rows.js'

const p = (text: string): Prefix => parsePrefix(text) as Prefix

async function onePort() {
  const rib = new Rib({ now: () => 1000 })
  const fib = new ModelFib()
  const x = rib.begin()
  x.setInterface({ name: 'p1', vrf: 0, neighbours: true, ipv4: 'on', ipv6: 'on' })
  x.set(direct, 0, p('10.0.0.0/16'), connected('p1'))
  x.set(direct, 0, p('2001:db8:1::/64'), connected('p1'))
  fib.do((await x.finish()).delta)
  x.adopt()
  return { rib, fib }
}

const prefixOf = (i: number) => `${20 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24`
const many = (count: number): RowText[] =>
  Array.from({ length: count }, (_, i) => ({
    prefix: prefixOf(i),
    address: `10.0.${i & 1}.${1 + (i % 250)}`,
  }))
const prefixes = (rib: Rib) => [...rib.entries(0, 4)].map(({ prefix }) => formatPrefix(prefix)).sort()

test('every kind of next hop is read from its columns', async (t) => {
  const { rib, fib } = await onePort()
  const x = rib.begin()
  const four: RowText[] = [
    { prefix: '20.0.0.0/8', address: '10.0.0.9' },
    { prefix: '21.0.0.0/8', interface: 'p1' },
    { prefix: '22.0.0.0/8', interface: 'p1', address: '10.0.0.8' },
    { prefix: '23.0.0.0/8', address: '10.0.0.7%p1' },
    { prefix: '24.0.0.0/8', special: 'blackhole' },
    { prefix: '25.0.0.0/8', special: 'receive' },
    { prefix: '26.0.0.0/8', special: 'prohibit' },
    { prefix: '27.0.0.0/8', hops: [{ address: '10.0.0.9' }, { address: '10.0.0.8', interface: 'p1' }] },
    { prefix: '0.0.0.0/0', address: '20.1.2.3' },
  ]
  t.deepEqual(await x.load(rowsOf(four)), { rejected: [], more: 0 })
  t.deepEqual(await x.load(rowsOf([{ prefix: '2001:db8::/32', address: 'fe80::1%p1' }], 6)), {
    rejected: [],
    more: 0,
  })
  const { delta, unresolved } = await x.finish()
  t.deepEqual(unresolved, [])
  x.adopt()
  fib.do(delta)
  t.like(fib.lookup(), {
    '0 20.0.0.0/8': 'p1:10.0.0.9',
    '0 21.0.0.0/8': 'glean p1',
    '0 22.0.0.0/8': 'p1:10.0.0.8',
    '0 23.0.0.0/8': 'p1:10.0.0.7',
    '0 24.0.0.0/8': 'blackhole',
    '0 25.0.0.0/8': 'local',
    '0 26.0.0.0/8': 'prohibit',
    '0 27.0.0.0/8': 'p1:10.0.0.8×1 p1:10.0.0.9×1',
    '0 0.0.0.0/0': 'p1:10.0.0.9',
    '0 2001:db8::/32': 'p1:254.128.0.0.0.0.0.0.0.0.0.0.0.0.0.1',
  })
  const again = rib.begin()
  await again.load(rowsOf(four))
  t.true(again.empty)
  t.true(isEmpty((await again.finish()).delta))
  again.abandon()
})

test('rows that are no routes are told with their reason, and the others are set', async (t) => {
  const { rib } = await onePort()
  const x = rib.begin()
  const rows: RowText[] = [
    { prefix: '20.0.0.0/8', address: '10.0.0.9' },
    { prefix: 'nonsense', address: '10.0.0.9' },
    { prefix: '224.0.0.0/8', address: '10.0.0.9' },
    { prefix: '21.0.0.0/8' },
    { prefix: '22.0.0.0/8', hops: [{ address: '10.0.0.9' }, {}] },
    { prefix: '23.0.0.0/8', address: '10.0.0.9%p1', interface: 'p2' },
    { prefix: '24.0.0.0/8', hops: [{ address: '10.0.0.9' }, { address: '127.0.0.1' }] },
    { prefix: '25.0.0.0/8', hops: Array.from({ length: 65 }, () => ({ address: '10.0.0.9' })) },
    { prefix: '26.0.0.0/8', address: '10.0.0' },
    { prefix: '27.0.0.0/8', address: '10.0.0.9' },
  ]
  t.deepEqual((await x.load(rowsOf(rows))).rejected, [
    { row: 1, reason: 'prefix', hop: undefined },
    { row: 2, reason: 'destination', hop: undefined },
    { row: 3, reason: 'no-next-hop', hop: undefined },
    { row: 4, reason: 'empty-hop', hop: 1 },
    { row: 5, reason: 'zone', hop: undefined },
    { row: 6, reason: 'not-a-neighbour', hop: 3 },
    { row: 7, reason: 'too-many-hops', hop: undefined },
    { row: 8, reason: 'address', hop: undefined },
  ])
  const nobody = await x.load(rowsOf([{ prefix: '28.0.0.0/8', address: '240.0.0.1', interface: 'p1' }]))
  t.deepEqual(nobody.rejected, [{ row: 0, reason: 'not-a-neighbour', hop: undefined }])
  const six = await x.load(
    rowsOf(
      [
        { prefix: '2001:db8::/32', address: 'fe80::1' },
        { prefix: '2001:db9::/32', address: '::ffff:10.0.0.9', interface: 'p1' },
      ],
      6,
    ),
  )
  t.deepEqual(six.rejected, [
    { row: 0, reason: 'link-local', hop: undefined },
    { row: 1, reason: 'not-a-neighbour', hop: undefined },
  ])
  await x.finish()
  x.adopt()
  t.deepEqual(prefixes(rib), ['10.0.0.0/16', '20.0.0.0/8', '27.0.0.0/8'])
  const bad = Array.from({ length: 50 }, (): RowText => ({ prefix: '30.0.0.0/8' }))
  const y = rib.begin()
  const { rejected, more } = await y.load(rowsOf(bad))
  t.deepEqual([rejected.length, more], [20, 30])
  y.abandon()
})

test('columns that do not fit their batch are refused', async (t) => {
  const { rib } = await onePort()
  const x = rib.begin()
  const rows = rowsOf(many(3))
  const short = { ...rows.prefix, offsets: rows.prefix.offsets.subarray(0, 3) }
  await t.throwsAsync(x.load({ ...rows, prefix: short }), { instanceOf: TypeError })
  const bytes = { ...rows.address, bytes: rows.address.bytes.subarray(0, 4) }
  await t.throwsAsync(x.load({ ...rows, address: bytes }), { instanceOf: TypeError })
  await t.throwsAsync(x.load({ ...rows, ops: new Uint8Array(2) }), { instanceOf: TypeError })
  x.abandon()
})

test('what a transaction says is seen when it is adopted and not before, however much it is', async (t) => {
  const { rib, fib } = await onePort()
  const rows = many(60_000)
  const base = prefixes(rib)
  const refused = rib.begin()
  await refused.load(rowsOf(rows))
  await refused.finish()
  t.deepEqual(prefixes(rib), base)
  t.is(rib.entry(0, 4, p(prefixOf(5))), undefined)
  refused.abandon()
  t.deepEqual(prefixes(rib), base)

  const x = rib.begin()
  await x.load(rowsOf(rows))
  const { delta } = await x.finish()
  t.is(rib.sizes.prefixes, 2)
  x.adopt()
  // At once, though the columns are still being brought to it.
  t.is(rib.sizes.prefixes, 60_002)
  t.is(prefixes(rib).length, 60_001)
  t.like(rib.entry(0, 4, p(prefixOf(5))), { active: 0, updated: 1000, vrf: 0 })
  fib.do(delta)

  const gone = rib.begin()
  await gone.load(rowsOf(rows.map(({ prefix }) => ({ prefix, deleted: true }))))
  const deleted = await gone.finish()
  t.is(prefixes(rib).length, 60_001)
  gone.adopt()
  t.deepEqual(prefixes(rib), base)
  fib.do(deleted.delta)
  t.is(fib.routes.size, 2)
  const next = rib.begin()
  await next.ready()
  next.abandon()
  t.deepEqual(rib.sizes, { prefixes: 2, nextHops: 2, objects: 1 })
})

test('a transaction that begins while columns are brought to the one before says the right thing', async (t) => {
  const { rib, fib } = await onePort()
  const rows = many(60_000)
  const x = rib.begin()
  await x.load(rowsOf(rows))
  fib.do((await x.finish()).delta)
  x.adopt()
  // Without awaiting ready(): what is not in the columns yet is brought there first.
  const y = rib.begin()
  y.delete(staticSource('main'), 0, p(prefixOf(7)))
  y.set(staticSource('main'), 0, p(prefixOf(8)), via([]))
  const { delta } = await y.finish()
  t.is(delta.routesDeleted.count, 2)
  y.adopt()
  fib.do(delta)
  t.is(fib.routes.size, 60_000)
  t.is(rib.sizes.prefixes, 60_001)
})

test('a link that changes waits for what is being adopted, and a transaction waits for the link', async (t) => {
  const { rib, fib } = await onePort()
  const x = rib.begin()
  await x.load(rowsOf(many(40_000)))
  fib.do((await x.finish()).delta)
  x.adopt()
  const down = rib.update((x) => x.link('p1', false))
  const y = rib.begin()
  t.throws(() => y.set(staticSource('main'), 0, p('99.0.0.0/8'), via([])), { message: /being updated/ })
  const loaded = y.load(rowsOf([{ prefix: '99.0.0.0/8', address: '10.0.0.9' }]))
  const finished = await down
  t.is(finished?.delta.routesDeleted.count, 40_002)
  if (finished) fib.do(finished.delta)
  t.is(fib.routes.size, 0)
  t.deepEqual(await loaded, { rejected: [], more: 0 })
  t.is((await y.finish()).delta.routesSet.count, 0)
  y.adopt()
  const up = await rib.update((x) => x.link('p1', true))
  t.is(up?.delta.routesSet.count, 40_003)
  if (up) fib.do(up.delta)
  t.is(fib.routes.size, 40_003)
})

test('a later transaction makes an open one void, and takes back what it had said', async (t) => {
  const { rib } = await onePort()
  const lost = rib.begin()
  await lost.load(rowsOf(many(1000)))
  const next = rib.begin()
  await next.load(rowsOf([{ prefix: '99.0.0.0/8', address: '10.0.0.9' }]))
  await t.throwsAsync(lost.load(rowsOf(many(1))), { message: /void/ })
  await t.throwsAsync(lost.finish(), { message: /void/ })
  lost.abandon()
  await next.finish()
  next.adopt()
  t.deepEqual(prefixes(rib), ['10.0.0.0/16', '99.0.0.0/8'])
})

test('many routes leave the event loop free', async (t) => {
  const { rib } = await onePort()
  const rows = rowsOf(many(200_000))
  let turns = 0
  let ended = false
  const turn = () => {
    turns++
    if (!ended) setImmediate(turn)
  }
  setImmediate(turn)
  const x = rib.begin()
  await x.load(rows)
  const loaded = turns
  const { delta } = await x.finish()
  const finished = turns
  ended = true
  x.adopt()
  t.true(loaded >= 5, `${loaded} turns while loading`)
  t.true(finished - loaded >= 3, `${finished - loaded} turns while finishing`)
  const bytes = allOperations(delta).flatMap((operation) =>
    operation.op === 'records' ? [operation.bytes.length] : [],
  )
  t.true(Math.max(...bytes) < 1 << 20)
})

test('a chain of next hops of any length is followed, and a circle of any length found', async (t) => {
  const { rib } = await onePort()
  const length = 30_000
  const address = (i: number) => `50.${i >> 8}.${i & 255}.1`
  const chain = (last: string): RowText[] =>
    Array.from({ length }, (_, i) => ({
      prefix: `50.${i >> 8}.${i & 255}.0/24`,
      address: i + 1 < length ? address(i + 1) : last,
    }))
  const x = rib.begin()
  await x.load(rowsOf(chain('10.0.0.9')))
  const { delta, unresolved } = await x.finish()
  t.deepEqual(unresolved, [])
  t.is(delta.routesSet.count, length)
  t.is(delta.objectsSet.count, length)
  x.adopt()
  const circle = rib.begin()
  await circle.load(
    rowsOf([{ prefix: `50.${(length - 1) >> 8}.${(length - 1) & 255}.0/24`, address: address(0) }]),
  )
  const bad = await circle.finish()
  t.is(bad.delta.routesDeleted.count, length)
  t.regex(bad.unresolved[0]?.reason.text ?? '', /leads back to itself/)
  circle.abandon()
  const down = await rib.update((x) => x.link('p1', false))
  t.is(down?.delta.routesDeleted.count, length + 2)
})
