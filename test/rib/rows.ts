/** Routes in the columns in which configuration brings them. */
import {
  formatAddress,
  formatPrefix,
  staticSource,
  type Prefix,
  type RouteRows,
} from '../../src/rib/index.js'
import type { TextColumn } from '../../src/rib/native.js'

export function column(texts: readonly (string | undefined)[]): TextColumn {
  const offsets = [0]
  for (const text of texts) offsets.push((offsets.at(-1) ?? 0) + Buffer.byteLength(text ?? ''))
  return {
    offsets: Uint32Array.from(offsets),
    bytes: Buffer.from(texts.map((text) => text ?? '').join('')),
    present: Uint8Array.from(texts, (text) => (text === undefined ? 0 : 1)),
  }
}

/** A hop in words, as the configuration has them. */
export interface HopText {
  readonly address?: string
  readonly interface?: string
}

export interface RowText {
  readonly prefix: string
  readonly name?: string
  readonly deleted?: boolean
  readonly address?: string
  readonly interface?: string
  readonly special?: string
  readonly instance?: string
  readonly hops?: readonly HopText[]
}

export function rowsOf(rows: readonly RowText[], family: 4 | 6 = 4): RouteRows {
  const hops = rows.flatMap((row) => row.hops ?? [])
  const starts = [0]
  for (const row of rows) starts.push((starts.at(-1) ?? 0) + (row.hops?.length ?? 0))
  return {
    vrf: 0,
    family,
    sourceOf: staticSource,
    rows: rows.length,
    ops: Uint8Array.from(rows, ({ deleted }) => (deleted ? 2 : 0)),
    prefix: column(rows.map(({ prefix }) => prefix)),
    name: column(rows.map(({ name }) => name ?? 'main')),
    address: column(rows.map(({ address }) => address)),
    interface: column(rows.map((row) => row.interface)),
    special: column(rows.map(({ special }) => special)),
    instance: column(rows.map(({ instance }) => instance)),
    starts: Uint32Array.from(starts),
    label: column(rows.flatMap((row) => (row.hops ?? []).map((_, i) => `${i + 1}`))),
    hopAddress: column(hops.map(({ address }) => address)),
    hopInterface: column(hops.map((hop) => hop.interface)),
  }
}

/** A route over some addresses as a row. */
export const rowVia = (prefix: Prefix, to: readonly Uint8Array[], name: string): RowText => ({
  prefix: formatPrefix(prefix),
  name,
  ...(to.length === 1
    ? { address: formatAddress(to[0] as Uint8Array) }
    : { hops: to.map((address) => ({ address: formatAddress(address) })) }),
})
