/**
 * `npm run bench -- fib [--huge] [--lpm]`: the engine's forwarding tables with 1M IPv4 and 200k IPv6 routes of the Internet's shape and
 * 500 next hops, in one thread: lookups in bursts of 64, of addresses uniform over the routes and zipf; loading all routes in
 * one transaction (`build`), taking away and adding some by the thousand (`churn`) and one by one (`ipv4-changes`,
 * `ipv6-changes`), and memory.
 * Beside DPDK's tables with the same routes and addresses in the same run when Debian's libdpdk-dev was installed at build
 * time: on small pages, as it is without huge ones set aside, or with `--huge` on huge ones as ours are; `--lpm`: beside rte_lpm
 * too, which takes a minute or two to build.
 */
import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { paired, report, single, type Figure } from './report.js'

const program = join(resolve(fileURLToPath(import.meta.url), '../../..'), 'build/engine/fib-bench')

/** A line of fib-bench (bench/native/fib/measure.h). */
interface Measured {
  readonly name: string
  readonly unit: string
  readonly better: Figure['better']
  readonly values?: readonly number[]
  readonly peer?: string
  readonly pairs?: readonly (readonly [number, number])[]
}

function figure({ name, unit, better, values, peer, pairs }: Measured): Figure {
  if (peer === undefined || pairs === undefined) return single(name, unit, better, values ?? [])
  return paired(
    name,
    unit,
    better,
    peer,
    pairs.map(([ours, theirs]) => ({ ours, peer: theirs })),
  )
}

export async function bench(options: readonly string[]): Promise<void> {
  const args = ['--lpm', '--huge'].filter((option) => options.includes(option))
  const { stdout } = await promisify(execFile)(program, args)
  const measured = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Measured)
  const notes = [
    '1M IPv4 and 200k IPv6 routes, 500 next hops; rates by the processor time of one thread; medians',
    measured.some(({ peer }) => peer !== undefined)
      ? `ratios are medians of pairs one right after the other; all engines gave the same answers; DPDK on ${args.includes('--huge') ? 'huge' : 'small'} pages`
      : "without DPDK's tables: Debian's libdpdk-dev was not there when fib-bench was built",
  ]
  report('fib', measured.map(figure), notes, options.includes('--json'))
}
