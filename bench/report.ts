/**
 * What a benchmark prints: a readable table, or with `--json` one object
 * `{bench, date, machine, figures: [{name, value, unit, better, peer?, peer_value?, ratio?}]}`.
 * `ratio` is ours over the peer's, measured in pairs in the same run, turned so that above 1 is better for us.
 */
import { cpus, release, totalmem } from 'node:os'

export interface Figure {
  /** kebab-case, stable. */
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly better: 'higher' | 'lower'
  readonly peer?: string
  readonly peer_value?: number
  readonly ratio?: number
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The value below which a share `q` of the values lies, 0 ≤ q ≤ 1. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) return NaN
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * q
  const low = sorted[Math.floor(at)] as number
  const high = sorted[Math.ceil(at)] as number
  return low + (high - low) * (at - Math.floor(at))
}

/** A figure beside a peer's from pairs taken one after the other: medians, and the median of the pairs' ratios. */
export function paired(
  name: string,
  unit: string,
  better: Figure['better'],
  peer: string,
  pairs: readonly { readonly ours: number; readonly peer: number }[],
): Figure {
  const ratios = pairs.map((pair) => (better === 'higher' ? pair.ours / pair.peer : pair.peer / pair.ours))
  return {
    name,
    unit,
    better,
    peer,
    value: round(median(pairs.map((pair) => pair.ours))),
    peer_value: round(median(pairs.map((pair) => pair.peer))),
    ratio: round(median(ratios)),
  }
}

export function single(
  name: string,
  unit: string,
  better: Figure['better'],
  values: readonly number[],
): Figure {
  return { name, unit, better, value: round(median(values)) }
}

/** A figure beside a floor that was measured once in the same run; `ratio` above 1: better than the floor. */
export function beside(
  name: string,
  unit: string,
  better: Figure['better'],
  values: readonly number[],
  peer: string,
  floor: number,
): Figure {
  const value = median(values)
  const ratio = better === 'higher' ? value / floor : floor / value
  return { name, unit, better, peer, value: round(value), peer_value: round(floor), ratio: round(ratio) }
}

function round(value: number): number {
  return value === 0 ? 0 : Number(value.toPrecision(4))
}

/** Says on standard error what has been measured: a bench of many figures takes minutes. Gives the figure back. */
export function tell(bench: string, figure: Figure): Figure {
  const { name, value, unit, peer, peer_value: beside, ratio } = figure
  const next = peer === undefined ? '' : `, ${peer} ${beside} ${unit}, ratio ${ratio}`
  process.stderr.write(`${bench}: ${name} ${value} ${unit}${next}\n`)
  return figure
}

export function report(
  bench: string,
  figures: readonly Figure[],
  notes: readonly string[],
  json: boolean,
): void {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'cpu'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.versions.node}`
  if (json) {
    console.log(JSON.stringify({ bench, date: new Date().toISOString(), machine, figures }))
    return
  }
  console.log(`\n${bench} on ${machine}`)
  for (const note of notes) console.log(`  ${note}`)
  const rows = figures.map((figure) => [
    figure.name,
    `${figure.value} ${figure.unit}`,
    `${figure.better} is better`,
    figure.peer === undefined ? '' : `${figure.peer} ${figure.peer_value} ${figure.unit}`,
    figure.ratio === undefined ? '' : `ratio ${figure.ratio}`,
  ])
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(0, ...rows.map((row) => (row[column] as string).length)),
  )
  for (const row of rows) {
    console.log(
      '  ' +
        row
          .map((cell, column) => cell.padEnd(widths[column] as number))
          .join('  ')
          .trimEnd(),
    )
  }
}
