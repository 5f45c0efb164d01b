/**
 * `npm run bench -- acl`: nanoseconds to find the entry of a packet in seeded access lists of 1,000 and 10,000 entries, bursts of
 * 64, and how long it takes to compile them; beside DPDK's rte_acl for IPv4 when the build found Debian's libdpdk-dev, with the
 * same list and headers, in turns. The lowest of many rounds of each, so that others on the machine count less.
 */
import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { report, type Figure } from './report.js'

const program = join(resolve(fileURLToPath(import.meta.url), '../../..'), 'build/engine/acl-bench')
const seconds = 2

type Line = Readonly<Record<string, number>>

function figures(line: Line): readonly Figure[] {
  const name = `ipv${line['family']}-${(line['entries'] ?? 0) / 1000}k`
  // The widest instructions are the last way that is told.
  const ways = Object.keys(line).filter((key) => key.startsWith('ns-') && key !== 'ns-rte-acl')
  const beside = (figure: Figure, peer: number | undefined): Figure =>
    peer === undefined
      ? figure
      : {
          ...figure,
          peer: 'rte_acl',
          peer_value: peer,
          ratio: Math.round((100 * peer) / figure.value) / 100,
        }
  const figure = (what: string, unit: string, value = NaN): Figure => ({
    name: `${name}${what}`,
    value,
    unit,
    better: 'lower',
  })
  return [
    beside(figure('', 'ns/packet', line[ways.at(-1) ?? '']), line['ns-rte-acl']),
    beside(figure('-compile', 'ms', line['compile-ms']), line['rte-acl-compile-ms']),
    figure('-memory', 'KiB', line['kib']),
  ]
}

export async function bench(options: readonly string[]): Promise<void> {
  const { stdout } = await promisify(execFile)(program, [String(seconds)])
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
  report('acl', lines.flatMap(figures), [], options.includes('--json'))
}
