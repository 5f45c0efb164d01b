/**
 * Static routes as values, from the columns of ietf-routing and its unicast modules (RFC 8349). Reading is by columns and
 * without an object a cell: next hops that many routes share are decoded once.
 */
import { EntryOp, type EntryBatch, type ListQuery } from 'libyang-js'
import type { DropKind } from '../../../dataplane/client/index.js'
import {
  drop,
  formatPrefix,
  hop,
  local,
  parseAddress,
  parsePrefixBytes,
  staticSource,
  via,
  type Family,
  type Hop,
  type NextHop,
  type Prefix,
  type Source,
} from '../../rib/index.js'
import { key } from '../path.js'

export const claim = '/ietf-routing:routing'
export const protocols = `${claim}/control-plane-protocols/control-plane-protocol`
export const staticType = 'ietf-routing:static'

const listOf = (family: Family) =>
  `${protocols}/static-routes/ietf-ipv${family}-unicast-routing:ipv${family}/route`

const PREFIX = 0
const NAME = 1
const ADDRESS = 2
const INTERFACE = 3
const SPECIAL = 4

export const routeQuery = (family: Family): ListQuery => ({
  list: listOf(family),
  columns: [
    'destination-prefix',
    '../../../name',
    'next-hop/next-hop-address',
    'next-hop/outgoing-interface',
    'next-hop/special-next-hop',
  ],
  children: [
    {
      list: `${listOf(family)}/next-hop/next-hop-list/next-hop`,
      columns: ['index', 'next-hop-address', 'outgoing-interface'],
    },
  ],
})

/** Flows are spread evenly enough over this many. */
export const maxHops = 64

/** A next hop that is not right in itself. */
export interface BadHop {
  readonly bad: string
}

export type StaticRoute = {
  readonly source: Source
  readonly prefix: Prefix
} & ({ readonly deleted: true } | { readonly deleted: false; readonly nextHop: NextHop | BadHop })

/** Path of a static route, and of one of its next hops. */
function routePath(name: string, prefix: Prefix): string {
  const family = prefix.address.length === 4 ? 4 : 6
  return (
    `${protocols}[type='${staticType}']${key('name', name)}/static-routes/` +
    `ietf-ipv${family}-unicast-routing:ipv${family}/route[destination-prefix='${formatPrefix(prefix)}']`
  )
}

function where(name: string): (prefix: Prefix, one?: Hop) => string {
  return (prefix, one) => {
    const route = routePath(name, prefix)
    if (!one) return route
    const of = one.label === undefined ? '' : `/next-hop-list/next-hop${key('index', one.label)}`
    return `${route}/next-hop${of}/${one.address ? 'next-hop-address' : 'outgoing-interface'}`
  }
}

/** Decodes batches of one family; keeps what they share. */
export class RouteDecoder {
  readonly #family: Family
  readonly #sources = new TextMap<Source>()
  /** Of routes with an address and nothing else, which are most. */
  readonly #byAddress = new TextMap<NextHop | BadHop>()
  readonly #nextHops = new Map<string, NextHop | BadHop>()

  constructor(family: Family) {
    this.#family = family
  }

  decode(batch: EntryBatch): StaticRoute[] {
    const prefixes = batch.columns[PREFIX] as Column
    const routes: StaticRoute[] = []
    for (let row = 0; row < batch.rows; row++) {
      const from = prefixes.offsets[row] as number
      const to = prefixes.offsets[row + 1] as number
      const prefix = parsePrefixBytes(prefixes.bytes, from, to, this.#family)
      if (!prefix) throw new Error(`not an IPv${this.#family} prefix: ${batch.text(PREFIX, row)}`)
      const source = this.#source(batch, row)
      if (batch.ops[row] === EntryOp.deleted) routes.push({ source, prefix, deleted: true })
      else routes.push({ source, prefix, deleted: false, nextHop: this.#nextHop(batch, row) })
    }
    return routes
  }

  #source(batch: EntryBatch, row: number): Source {
    return this.#sources.get(batch.columns[NAME] as Column, row, (name) => ({
      ...staticSource(name),
      where: where(name),
    }))
  }

  #nextHop(batch: EntryBatch, row: number): NextHop | BadHop {
    const addresses = batch.columns[ADDRESS] as Column
    if (batch.columns[INTERFACE]?.present[row] !== 1) {
      if (addresses.present[row] !== 1) return special(batch, row) ?? list(batch, row)
      return this.#byAddress.get(addresses, row, (address) => nextHopOf(address, undefined))
    }
    const address = cell(batch, ADDRESS, row)
    const name = cell(batch, INTERFACE, row)
    const id = `${address ?? ''} ${name}`
    let nextHop = this.#nextHops.get(id)
    if (!nextHop) this.#nextHops.set(id, (nextHop = nextHopOf(address, name)))
    return nextHop
  }
}

function nextHopOf(address: string | undefined, name: string | undefined): NextHop | BadHop {
  const one = oneHop(address, name, undefined)
  return 'bad' in one ? one : via([one])
}

type Column = EntryBatch['columns'][number]

/** Values by the text of a cell, found without making the text. */
class TextMap<V> {
  readonly #buckets = new Map<number, { readonly text: Uint8Array; readonly value: V }[]>()

  get({ bytes, offsets }: Column, row: number, make: (text: string) => V): V {
    const from = offsets[row] as number
    const to = offsets[row + 1] as number
    let hash = to - from
    for (let i = from; i < to; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0
    let bucket = this.#buckets.get(hash)
    if (!bucket) this.#buckets.set(hash, (bucket = []))
    for (const { text, value } of bucket) {
      if (text.length !== to - from) continue
      let i = 0
      while (i < text.length && text[i] === bytes[from + i]) i++
      if (i === text.length) return value
    }
    const value = make(bytes.toString('utf8', from, to))
    bucket.push({ text: Uint8Array.prototype.slice.call(bytes, from, to), value })
    return value
  }
}

function cell(batch: EntryBatch, column: number, row: number): string | undefined {
  const { present, offsets, bytes } = batch.columns[column] as EntryBatch['columns'][number]
  return present[row] === 1 ? bytes.toString('utf8', offsets[row], offsets[row + 1]) : undefined
}

function special(batch: EntryBatch, row: number): NextHop | undefined {
  const kind = cell(batch, SPECIAL, row)
  if (kind === undefined) return undefined
  return kind === 'receive' ? local() : drop(kind as DropKind)
}

function list(batch: EntryBatch, row: number): NextHop | BadHop {
  const child = batch.children[0]
  const count = (child?.starts[row + 1] ?? 0) - (child?.starts[row] ?? 0)
  if (count > maxHops) return { bad: `the route has ${count} next hops; it can have at most ${maxHops}` }
  const hops: Hop[] = []
  for (let at = child?.starts[row] ?? 0; at < (child?.starts[row + 1] ?? 0); at++) {
    const of = (child as NonNullable<typeof child>).batch
    const one = oneHop(cell(of, 1, at), cell(of, 2, at), cell(of, 0, at))
    if ('bad' in one) return one
    hops.push(one)
  }
  return hops.length > 0
    ? via(hops)
    : { bad: 'the route has no next hop; it needs an address, an interface or both' }
}

/** An address may name its interface in its zone (RFC 6991, section 4). */
function oneHop(text: string | undefined, name: string | undefined, label: string | undefined): Hop | BadHop {
  const named = label === undefined ? {} : { label }
  if (text === undefined) {
    if (name !== undefined) return hop({ interface: name, ...named })
    return { bad: `next hop ${label ?? ''} needs an address, an interface or both` }
  }
  const [ip = '', zone] = text.split('%')
  const address = parseAddress(ip)
  if (!address) return { bad: `'${text}' is not an IP address` }
  if (zone !== undefined && name !== undefined && zone !== name) {
    return { bad: `next hop ${text} names interface ${zone}, but outgoing-interface is ${name}` }
  }
  const way = name ?? zone
  return hop({ address, ...(way === undefined ? {} : { interface: way }), ...named })
}
