/**
 * `npm run bench -- program`: how fast routes come into the engine, and what packets notice of it. The seeded table of 1,000,000
 * IPv4 routes: committed over NETCONF, from the RIB into the engine (`rib-to-engine`; `engine-only`: of that the part after the
 * RIB), and again as after a reconnect (`full-again`), beside `ip -batch` into Linux of 200,000 of them. Packets at 20,000 a
 * second through veth pairs: with nothing else, with 100,000 changes of routes a second, and while everything comes again.
 */
import { engineFigures } from './program/engine.js'
import { linuxRate } from './program/linux.js'
import { netconfFigures } from './program/netconf.js'
import { readTable } from './program/table.js'
import { report } from './report.js'

export async function bench(options: readonly string[]): Promise<void> {
  const table = await readTable(1_000_000)
  const linux = await linuxRate(table.filter((_, i) => i % 5 === 0))
  const engine = await engineFigures(table)
  const netconf = await netconfFigures(table, linux)
  report(
    'program',
    [...netconf, ...engine],
    [
      'memory-weftd: configuration tree, RIB and what Node keeps; memory-journal: on disk; memory-records: in flight to the engine',
      'latency: from sendmmsg of the sender to recvmmsg of the receiver, on one machine with all that programs',
    ],
    options.includes('--json'),
  )
}
