/**
 * `npm run bench -- rib`: what the RIB costs by itself, in this process, with 100,000 and 1,000,000 static routes over 200 next
 * hops, from the columns of list entries to packed records: memory of a route, setting and deleting all in one transaction, one
 * route more, and a link that all depend on. `longest-slice`: the longest that the event loop was kept from other work.
 */
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  connected,
  direct,
  parseAddress,
  Rib,
  staticSource,
  via,
  type Address,
  type RouteRows,
} from '../src/rib/index.js'
import { rowsOf } from '../test/rib/rows.js'
import { milliseconds } from './clock.js'
import { report, single, type Figure } from './report.js'
import { routePrefix } from './routes.js'
import { prefix } from '../test/rib/words.js'

const rounds = 3
const batchRows = 4096
const nextHops = 200

function batches(n: number, deleted: boolean): RouteRows[] {
  return Array.from({ length: Math.ceil(n / batchRows) }, (_, b) =>
    rowsOf(
      Array.from({ length: Math.min(batchRows, n - b * batchRows) }, (_, row) => {
        const i = b * batchRows + row
        const to = { prefix: routePrefix(i), name: 'static' }
        return deleted ? { ...to, deleted } : { ...to, address: `192.0.2.${2 + (i % nextHops)}` }
      }),
    ),
  )
}

/** The longest time between two turns of the event loop while `work` goes on. */
async function longestSlice(work: () => Promise<void>): Promise<number> {
  let longest = 0
  let ended = false
  const watch = (async () => {
    for (let last = performance.now(); !ended;) {
      await setImmediate()
      const now = performance.now()
      longest = Math.max(longest, now - last)
      last = now
    }
  })()
  await work()
  ended = true
  await watch
  return longest
}

async function onePort(): Promise<Rib> {
  const rib = new Rib()
  const begin = rib.begin()
  begin.setInterface({ name: 'p1', vrf: 0, neighbours: true, ipv4: 'on', ipv6: 'none' })
  begin.set(direct, 0, prefix('192.0.2.0/24'), connected('p1'))
  await begin.finish()
  begin.adopt()
  return rib
}

async function change(rib: Rib, all: readonly RouteRows[]): Promise<void> {
  const transaction = rib.begin()
  for (const rows of all) await transaction.load(rows)
  await transaction.finish()
  transaction.adopt()
  await transaction.ready()
}

export async function bench(options: readonly string[]): Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const memory = async (): Promise<number> => {
    // What is collected is given up in later turns.
    for (let i = 0; i < 5; i++) {
      collect()
      await setImmediate()
    }
    return process.memoryUsage.rss()
  }
  const figures: Figure[] = []
  for (const n of [100_000, 1_000_000]) {
    const name = n === 1_000_000 ? '1m' : `${n / 1000}k`
    const [set, deleted] = [batches(n, false), batches(n, true)]
    // A first RIB leaves behind what transactions need in passing, so that the second one's growth is what its routes take.
    await change(await onePort(), set)
    const before = await memory()
    const rib = await onePort()
    await change(rib, set)
    const bytes = ((await memory()) - before) / n
    await change(rib, deleted)
    const times = { set: [] as number[], delete: [] as number[], one: [] as number[], link: [] as number[] }
    const slices: number[] = []
    for (let round = 0; round < rounds; round++) {
      slices.push(
        await longestSlice(async () => void times.set.push(await milliseconds(() => change(rib, set)))),
      )
      times.link.push(await milliseconds(() => rib.update((x) => x.link('p1', false))))
      times.link.push(await milliseconds(() => rib.update((x) => x.link('p1', true))))
      const next = rib.begin()
      await next.ready()
      next.abandon()
      for (let i = 0; i < 20; i++) {
        const transaction = rib.begin()
        const to = via([
          { address: parseAddress(`192.0.2.${2 + i}`) as Address, interface: undefined, label: undefined },
        ])
        transaction.set(staticSource('static'), 0, prefix('172.16.0.0/12'), to)
        times.one.push(
          await milliseconds(async () => {
            await transaction.finish()
            transaction.adopt()
          }),
        )
      }
      times.delete.push(await milliseconds(() => change(rib, deleted)))
    }
    figures.push(
      single(`memory-${name}`, 'B/route', 'lower', [bytes]),
      single(`set-${name}`, 'ms', 'lower', times.set),
      single(`delete-${name}`, 'ms', 'lower', times.delete),
      single(`one-route-${name}`, 'ms', 'lower', times.one),
      single(`link-${name}`, 'ms', 'lower', times.link),
      single(`longest-slice-${name}`, 'ms', 'lower', slices),
    )
  }
  report('rib', figures, [], options.includes('--json'))
}
