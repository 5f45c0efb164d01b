/** From the RIB into the engine: everything, again everything, and changes while packets go. */
import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { NextHop, Prefix } from '../../src/rib/index.js'
import { milliseconds } from '../clock.js'
import { settledMemory } from '../memory.js'
import { single, type Figure } from '../report.js'
import { over, prefix } from '../../test/rib/words.js'
import { Box, source } from './box.js'
import { streamBeside, type Stream } from './stream.js'
import { tableRows, type TableRoute } from './table.js'

const packets = 20_000
const seconds = 5
const churnRate = 100_000
/** Routes that change in turn. */
const churning = 200_000

/** Says so many changes of next hops a second, or as many as are taken; resolves with how many were carried out a second. */
export async function churn(box: Box, table: readonly TableRoute[], rate: number): Promise<number> {
  const routes = table.slice(0, churning).map(({ prefix: text }) => prefix(text))
  const count = routes.length
  const to = [over('198.51.100.220'), over('198.51.100.221'), over('198.51.100.222')]
  const start = performance.now()
  const elapsed = () => (performance.now() - start) / 1000
  let said = 0
  while (elapsed() < seconds) {
    const due = Math.min(rate * elapsed() - said, 4096)
    if (due < 1) {
      await pause(1)
      continue
    }
    const from = said
    said += Math.floor(due)
    const until = said
    box.updates.push((update) => {
      for (let i = from; i < until; i++)
        update.set(source, 0, routes[i % count] as Prefix, to[Math.floor(i / count) % to.length] as NextHop)
    }, until - from)
    await box.updates.room()
    if (rate === Infinity) await pause(0)
  }
  await box.updates.settled()
  return said / elapsed()
}

async function peak(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024
}

function latency(name: string, { p50, p99, longest, lost, reordered }: Stream): readonly Figure[] {
  return [
    single(`${name}-latency-p50`, 'µs', 'lower', [p50]),
    single(`${name}-latency-p99`, 'µs', 'lower', [p99]),
    single(`${name}-latency-max`, 'µs', 'lower', [longest]),
    single(`${name}-lost`, 'packets', 'lower', [lost]),
    single(`${name}-reordered`, 'packets', 'lower', [reordered]),
  ]
}

export async function engineFigures(table: readonly TableRoute[]): Promise<readonly Figure[]> {
  await using box = await Box.open()
  const { router } = box
  const pid = router.dataplane.pid as number
  await box.full([])
  const before = await settledMemory(pid)
  const rows = tableRows(table)
  let finished = 0
  const start = performance.now()
  const whole = await milliseconds(() => box.full(rows, () => (finished = performance.now() - start)))
  const engine = whole - finished
  const memory = await settledMemory(pid)
  const bytes = box.recordBytes
  // Neighbours are found before packets are counted.
  if (!(await router.h1.pings('203.0.113.7'))) throw new Error('h1 does not reach what is behind h2')
  const stream = (work: () => Promise<unknown>) => streamBeside(router, packets, seconds, work)
  const quiet = await stream(async () => undefined)
  let rate = 0
  const busy = await stream(async () => (rate = await churn(box, table, churnRate)))
  const most = await churn(box, table, Infinity)
  let again = 0
  const resync = await stream(async () => (again = await milliseconds(() => box.full(rows))))
  const { statistics } = await router.member.state({ statistics: true })
  const thousands = (time: number) => table.length / time
  return [
    single('rib-to-engine', 'k routes/s', 'higher', [thousands(whole)]),
    single('engine-only', 'k routes/s', 'higher', [thousands(engine)]),
    single('full-again', 'ms', 'lower', [again]),
    single('full-again-routes-touched', 'routes', 'lower', [
      Number((statistics?.routesAdded ?? 0n) + (statistics?.routesRemoved ?? 0n)),
    ]),
    single('churn', 'k updates/s', 'higher', [rate / 1000]),
    single('churn-most', 'k updates/s', 'higher', [most / 1000]),
    ...latency('quiet', quiet),
    ...latency('churn', busy),
    ...latency('full-again', resync),
    single('memory-engine', 'B/route', 'lower', [((memory - before) * 2 ** 20) / table.length]),
    single('memory-engine-peak', 'MB', 'lower', [await peak(pid)]),
    single('memory-records', 'B/route', 'lower', [bytes / table.length]),
  ]
}
