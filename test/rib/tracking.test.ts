/** Next-hop tracking: told when where an address leads has changed, once, and of nothing else. */
import test from 'ava'
import {
  connected,
  direct,
  drop,
  formatAddress,
  formatPrefix,
  hostPrefix,
  local,
  Rib,
  staticSource,
  type Resolution,
  type RibTransaction,
  type TrackOptions,
} from '../../src/rib/index.js'
import { address as a, over, prefix as p } from './words.js'

const main = staticSource('main')

/** What is told has been told when this resolves. */
async function quiet(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate)
}

function ports(x: RibTransaction): void {
  for (const n of [1, 2]) {
    x.setInterface({ name: `p${n}`, vrf: 0, neighbours: true, ipv4: 'on', ipv6: 'none' })
    x.set(direct, 0, p(`10.0.${n}.0/24`), connected(`p${n}`))
    x.set(direct, 0, hostPrefix(a(`10.0.${n}.1`)), local(`p${n}`))
  }
}

async function box() {
  const rib = new Rib()
  const change = async (edit: (x: RibTransaction) => void, full = false) => {
    const x = rib.begin({ full })
    await x.ready()
    edit(x)
    await x.finish()
    x.adopt()
    await quiet()
  }
  await change(ports)
  const follow = (address: string, options?: TrackOptions) => {
    const heard: string[] = []
    const tracker = rib.track(0, a(address), (resolution) => heard.push(words(resolution)), options)
    /** What was heard since the last time. */
    return { tracker, since: () => heard.splice(0) }
  }
  return { rib, change, follow }
}

function words({ reachable, local: own, route, ways }: Resolution): string {
  const by = route ? `${formatPrefix(route.prefix)} ${route.source.protocol} ${route.source.preference}` : ''
  const to = ways.map(
    (way) => `${way.interface}${way.address ? `:${formatAddress(way.address)}` : ''}×${way.weight}`,
  )
  return [reachable ? (own ? 'local' : 'reachable') : 'unreachable', by, ...to].filter(Boolean).join(' ')
}

test('an address is told once, and then when the route or the way to it changes', async (t) => {
  const { rib, change, follow } = await box()
  const { tracker, since } = follow('20.0.0.9')
  t.is(tracker.resolution, undefined)
  await quiet()
  t.deepEqual(since(), ['unreachable'])
  await change((x) => x.set(main, 0, p('20.0.0.0/8'), over('10.0.1.9')))
  t.deepEqual(since(), ['reachable 20.0.0.0/8 static 1 p1:10.0.1.9×1'])
  await change((x) => x.set(main, 0, p('30.0.0.0/8'), over('10.0.1.9')))
  await change((x) => x.set(main, 0, p('20.0.1.0/24'), over('10.0.2.9')))
  t.deepEqual(since(), [], 'what does not concern it')
  await change((x) => x.set(main, 0, p('20.0.0.0/24'), over('10.0.1.9')))
  t.deepEqual(since(), ['reachable 20.0.0.0/24 static 1 p1:10.0.1.9×1'], 'another route, the same way')
  await change((x) => x.set(main, 0, p('20.0.0.0/24'), over('10.0.1.9', '10.0.2.9')))
  t.deepEqual(since(), ['reachable 20.0.0.0/24 static 1 p1:10.0.1.9×1 p2:10.0.2.9×1'])
  await rib.update((x) => x.link('p1', false))
  await quiet()
  t.deepEqual(since(), ['reachable 20.0.0.0/24 static 1 p2:10.0.2.9×1'])
  await change((x) => x.set(main, 0, p('20.0.0.9/32'), drop('blackhole')))
  t.deepEqual(since(), ['unreachable 20.0.0.9/32 static 1'])
  await change((x) => {
    for (const prefix of ['20.0.0.9/32', '20.0.0.0/24', '20.0.0.0/8']) x.delete(main, 0, p(prefix))
  })
  t.deepEqual(since(), ['unreachable'])
  t.is(words(tracker.resolution as Resolution), 'unreachable')
})

test('neighbours and own addresses are told as such', async (t) => {
  const { follow, change } = await box()
  const neighbour = follow('10.0.1.9')
  const own = follow('10.0.2.1')
  await quiet()
  t.deepEqual(neighbour.since(), ['reachable 10.0.1.0/24 direct 0 p1:10.0.1.9×1'])
  t.deepEqual(own.since(), ['local 10.0.2.1/32 direct 0'])
  await change((x) => x.delete(direct, 0, hostPrefix(a('10.0.2.1'))))
  t.deepEqual(own.since(), ['reachable 10.0.2.0/24 direct 0 p2:10.0.2.1×1'])
  t.deepEqual(neighbour.since(), [])
})

test('a default route leads where it is asked for, and nowhere else', async (t) => {
  const { follow, change } = await box()
  const plain = follow('20.0.0.9')
  const byDefault = follow('20.0.0.9', { byDefault: true })
  await quiet()
  t.deepEqual([plain.since(), byDefault.since()], [['unreachable'], ['unreachable']])
  await change((x) => x.set(main, 0, p('0.0.0.0/0'), over('10.0.1.9')))
  t.deepEqual(plain.since(), [])
  t.deepEqual(byDefault.since(), ['reachable 0.0.0.0/0 static 1 p1:10.0.1.9×1'])
  await change((x) => x.set(main, 0, p('0.0.0.0/0'), over('10.0.2.9')))
  t.deepEqual(byDefault.since(), ['reachable 0.0.0.0/0 static 1 p2:10.0.2.9×1'])
  await change((x) => x.delete(main, 0, p('0.0.0.0/0')))
  t.deepEqual(byDefault.since(), ['unreachable'])
  t.deepEqual(plain.since(), [])
})

test('changes in a row are told once, what comes back not at all, and what is abandoned never', async (t) => {
  const { rib, follow, change } = await box()
  await change((x) => x.set(main, 0, p('20.0.0.0/8'), over('10.0.1.9')))
  const { since } = follow('20.0.0.9')
  await quiet()
  since()
  const turns = ['10.0.2.9', '10.0.1.8', '10.0.2.8'].map((to) =>
    rib.update((x) => x.set(main, 0, p('20.0.0.0/8'), over(to))),
  )
  await Promise.all(turns)
  await quiet()
  const heard = since()
  t.is(heard.at(-1), 'reachable 20.0.0.0/8 static 1 p2:10.0.2.8×1')
  const x = rib.begin()
  await x.ready()
  x.set(main, 0, p('20.0.0.0/8'), drop('prohibit'))
  await x.finish()
  x.abandon()
  await quiet()
  t.deepEqual(since(), [])
})

test('everything anew tells only of what differs', async (t) => {
  const { follow, change } = await box()
  const routes = (to: string) => (x: RibTransaction) => {
    ports(x)
    x.set(main, 0, p('20.0.0.0/8'), over('10.0.1.9'))
    x.set(main, 0, p('21.0.0.0/8'), over(to))
  }
  await change(routes('10.0.1.9'), true)
  const [same, other] = [follow('20.0.0.9'), follow('21.0.0.9')]
  await quiet()
  t.deepEqual(same.since(), ['reachable 20.0.0.0/8 static 1 p1:10.0.1.9×1'])
  other.since()
  await change(routes('10.0.2.9'), true)
  t.deepEqual(same.since(), [])
  t.deepEqual(other.since(), ['reachable 21.0.0.0/8 static 1 p2:10.0.2.9×1'])
  await change((x) => x.set(main, 0, p('20.0.0.0/8'), over('10.0.2.8')))
  t.deepEqual(same.since(), ['reachable 20.0.0.0/8 static 1 p2:10.0.2.8×1'])
})

test('listeners of one address share it; the last to go leaves nothing behind', async (t) => {
  const { rib, follow, change } = await box()
  await change((x) => x.set(main, 0, p('20.0.0.0/8'), over('10.0.1.9')))
  const { sizes } = rib
  const [one, two] = [follow('20.0.0.9'), follow('20.0.0.9')]
  await quiet()
  t.is(rib.sizes.nextHops, sizes.nextHops + 1)
  t.deepEqual(one.since(), two.since())
  const late = follow('20.0.0.9')
  await quiet()
  t.deepEqual(late.since(), ['reachable 20.0.0.0/8 static 1 p1:10.0.1.9×1'])
  for (const { tracker } of [one, late]) tracker[Symbol.dispose]()
  await change((x) => x.set(main, 0, p('20.0.0.0/8'), over('10.0.2.9')))
  t.deepEqual([one.since(), two.since().length, late.since()], [[], 1, []])
  two.tracker[Symbol.dispose]()
  const again = follow('20.0.0.9')
  await quiet()
  t.is(again.since().length, 1)
  again.tracker[Symbol.dispose]()
  await quiet()
  t.deepEqual(rib.sizes, sizes)
})

test('a change costs what depends on it, however much is tracked', async (t) => {
  const { rib, change } = await box()
  await change((x) => x.set(main, 0, p('20.0.0.0/8'), over('10.0.1.9')))
  let told = 0
  for (let i = 0; i < 20_000; i++)
    rib.track(0, Uint8Array.of(i < 10 ? 20 : 30, 0, i >> 8, i & 255), () => told++)
  while (told < 20_000) await quiet()
  const finished = await rib.update((x) => x.set(main, 0, p('20.0.0.0/8'), over('10.0.2.9')))
  t.true((finished?.examined ?? 0) <= 12, `${finished?.examined} next hops and prefixes`)
  await quiet()
  t.is(told, 20_010)
})
