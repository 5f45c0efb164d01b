/** The RIB against a model that knows nothing but definitions: every route anew, by searching through all of them. */
import test from 'ava'
import {
  connected,
  contains,
  direct,
  drop,
  formatPrefix,
  hop,
  hostPrefix,
  local,
  Rib,
  staticSource,
  via,
  type Address,
  type Prefix,
  type RibTransaction,
} from '../../src/rib/index.js'
import { ModelFib } from './model-fib.js'
import { rowsOf, rowVia } from './rows.js'
import { address as a, prefix as p } from './words.js'

/** A source of static routes: its name and preference. */
interface By {
  readonly name: string
  readonly preference: number
}

interface Said {
  readonly prefix: Prefix
  readonly by: By
  /** Of a connected prefix: its interface. Of a static route: its next hops, or 'blackhole'. */
  readonly to: { readonly interface: string } | readonly Address[] | 'blackhole'
}

const preferred = (a: Said, b: Said) =>
  b.prefix.length - a.prefix.length ||
  a.by.preference - b.by.preference ||
  (a.by.name < b.by.name ? -1 : a.by.name > b.by.name ? 1 : 0)

/** Where packets go that follow what is said: `interface:neighbour`, with shares of the whole. */
function lead(all: readonly Said[], said: Said, down: ReadonlySet<string>): Map<string, number> | undefined {
  const { to } = said
  if (to === 'blackhole') return new Map([['blackhole', 1]])
  if ('interface' in to) return down.has(to.interface) ? undefined : new Map([[`glean ${to.interface}`, 1]])
  const ways: Map<string, number>[] = []
  for (const address of to) {
    const candidates = all
      .filter((one) => contains(one.prefix, address))
      .filter((one) => one.prefix.length > 0 || (one.to !== 'blackhole' && 'interface' in one.to))
      .sort(preferred)
    for (const candidate of candidates) {
      const found = lead(all, candidate, down)
      if (!found) continue
      const near = candidate.to !== 'blackhole' && 'interface' in candidate.to && candidate.to.interface
      ways.push(near ? new Map([[`${near}:${[...address].join('.')}`, 1]]) : found)
      break
    }
  }
  if (ways.length === 0) return undefined
  const shares = new Map<string, number>()
  for (const way of ways)
    for (const [to, part] of way) shares.set(to, (shares.get(to) ?? 0) + part / ways.length)
  return shares
}

/** The same of the FIB's words: `a×1 b×2` are a third and two thirds. */
function sharesOf(text: string): Map<string, number> {
  const ways = text.split(' ').filter((way) => way.includes('×'))
  if (ways.length === 0) return new Map([[text, 1]])
  const weights = ways.map((way) => way.split('×') as [string, string])
  const total = weights.reduce((sum, [, weight]) => sum + Number(weight), 0)
  return new Map(weights.map(([to, weight]) => [to, Number(weight) / total]))
}

const rounded = (shares: Map<string, number>) =>
  [...shares].map(([to, part]) => `${to} ${part.toFixed(3)}`).sort()

for (const seed of [11, 12, 13, 14, 15, 16]) {
  test(`routes lead where their definition says, whatever links do (seed ${seed})`, async (t) => {
    let state = seed
    const next = (bound: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * bound)
    }
    const rib = new Rib()
    const fib = new ModelFib()
    const names = ['a', 'main', 'z']
    const ports = [0, 1, 2].map((i): Said => ({
      prefix: p(`10.0.${i}.0/24`),
      by: { name: 'direct', preference: 0 },
      to: { interface: `p${i}` },
    }))
    const first = rib.begin()
    for (const [i, { prefix }] of ports.entries()) {
      const name = `p${i}`
      first.setInterface({ name, vrf: 0, neighbours: true, ipv4: 'on', ipv6: 'none' })
      first.set(direct, 0, prefix, connected(name))
      first.set(direct, 0, hostPrefix(a(`10.0.${i}.1`)), local(name))
    }
    const { delta } = await first.finish()
    first.adopt()
    fib.do(delta)
    const statics = new Map<string, Said>()
    const down = new Set<string>()
    // Routes of layer n have next hops in layers below it, so that no model need know what a circle is.
    const someAddress = (layer: number) =>
      layer === 0
        ? a(`10.0.${next(3)}.${next(100) + 20}`)
        : a(`${10 + layer * 10}.${next(3)}.${next(3)}.${next(250) + 1}`)
    const drafted = () => new Map(statics)
    /** Says the same in one of the ways there are: a route at a time, or many in columns. */
    const say = async (x: RibTransaction, changes: readonly (Said | { prefix: Prefix; by: By })[]) => {
      if (next(2) === 0) {
        for (const one of changes) {
          const source = { ...staticSource(one.by.name), preference: one.by.preference }
          if (!('to' in one)) x.delete(source, 0, one.prefix)
          else if (one.to === 'blackhole') x.set(source, 0, one.prefix, drop('blackhole'))
          else x.set(source, 0, one.prefix, via((one.to as Address[]).map((address) => hop({ address }))))
        }
        return
      }
      for (const one of changes) {
        const rows = rowsOf([
          !('to' in one)
            ? { prefix: formatPrefix(one.prefix), name: one.by.name, deleted: true }
            : one.to === 'blackhole'
              ? { prefix: formatPrefix(one.prefix), name: one.by.name, special: 'blackhole' }
              : rowVia(one.prefix, one.to as Address[], one.by.name),
        ])
        const sourceOf = (name: string) => ({ ...staticSource(name), preference: one.by.preference })
        t.deepEqual(await x.load({ ...rows, sourceOf }), { rejected: [], more: 0 })
      }
    }
    for (let round = 0; round < 80; round++) {
      const transaction = rib.begin()
      const said = drafted()
      const changes: (Said | { prefix: Prefix; by: By })[] = []
      for (let i = next(6); i >= 0; i--) {
        const layer = 1 + next(3)
        const length = [0, 8, 16, 24, 32][next(5)] as number
        const prefix = p(formatPrefix({ address: someAddress(layer), length }))
        const by = { name: names[next(3)] as string, preference: 1 + next(2) }
        const key = `${by.name} ${formatPrefix(prefix)}`
        if (next(3) === 0) {
          changes.push({ prefix, by })
          said.delete(key)
        } else {
          const hops = Array.from({ length: 1 + next(3) }, () => someAddress(next(layer)))
          const one: Said = { prefix, by, to: next(8) === 0 ? 'blackhole' : hops }
          changes.push(one)
          said.set(key, one)
        }
      }
      await say(transaction, changes)
      const finished = await transaction.finish()
      if (next(5) === 0) transaction.abandon()
      else {
        transaction.adopt()
        fib.do(finished.delta)
        statics.clear()
        for (const [key, one] of said) statics.set(key, one)
      }
      if (next(3) === 0) {
        const name = `p${next(3)}`
        const up = down.delete(name)
        if (!up) down.add(name)
        const changed = await rib.update((x) => x.link(name, up))
        if (changed) fib.do(changed.delta)
      }
      const all = [...ports, ...statics.values()]
      const lookup = fib.lookup()
      const best = new Map<string, Map<string, number>>()
      for (const one of all.toSorted(preferred)) {
        const text = formatPrefix(one.prefix)
        const way = best.has(text) ? undefined : lead(all, one, down)
        if (way) best.set(text, way)
      }
      for (const one of all) {
        const prefix = formatPrefix(one.prefix)
        const text = lookup[`0 ${prefix}`]
        const expected = best.get(prefix)
        t.deepEqual(
          text && rounded(sharesOf(text)),
          expected && rounded(expected),
          `round ${round} ${prefix}`,
        )
        const entry = rib.entry(0, 4, one.prefix)
        const told = entry?.routes.map(({ source }) => `${source.preference} ${source.name}`)
        const same = all.filter((other) => formatPrefix(other.prefix) === prefix).sort(preferred)
        t.deepEqual(
          told,
          same.map(({ by }) => `${by.preference} ${by.name}`),
        )
        t.is((entry?.active ?? -1) >= 0, expected !== undefined)
      }
      const locals = Object.values(lookup).filter((text) => text === 'local').length
      t.is(Object.keys(lookup).length, best.size + locals)
      t.is(rib.sizes.prefixes, new Set(all.map(({ prefix }) => formatPrefix(prefix))).size + 3)
    }
  })
}
