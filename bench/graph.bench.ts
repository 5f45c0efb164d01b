/**
 * `npm run bench -- graph`: nanoseconds that the packet graph takes for a packet, on one core and in memory, with 1,000,000 IPv4
 * and 200,000 IPv6 routes over 500 next hops and a new destination for each packet; with an access list of 1,000 and of 10,000
 * entries; with one destination; in bursts of four and of one. `source`: what making the packets costs, which is part of the
 * others. `object-octets`: memory of a forwarding object, over a million adjacencies. Time is that of the thread, the best of several rounds.
 */
import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { report, single, type Figure } from './report.js'

const program = join(resolve(fileURLToPath(import.meta.url), '../../..'), 'build/engine/graph-bench')
const seconds = 0.3

export async function bench(options: readonly string[]): Promise<void> {
  const { stdout } = await promisify(execFile)(program, [String(seconds)])
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
  const figures = rows
    .filter(([name]) => name !== 'node')
    .map(([name, value]): Figure =>
      single(name as string, name === 'object-octets' ? 'octets' : 'ns', 'lower', [Number(value)]),
    )
  const nodes = rows.filter(([name]) => name === 'node').map(([, name, value]) => `${name} ${value}`)
  report('graph', figures, [`ticks a packet: ${nodes.join(', ')}`], options.includes('--json'))
}
