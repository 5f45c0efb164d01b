/** The RIB against a model that knows nothing but definitions: every route anew, by searching through all of them. */
import test from 'ava'
import {
  connected,
  contains,
  direct,
  formatPrefix,
  hop,
  hostPrefix,
  local,
  parseAddress,
  parsePrefix,
  Rib,
  staticSource,
  via,
  type Address,
  type Prefix,
} from '../../src/rib/index.js'
import { ModelFib } from './model-fib.js'

const p = (text: string): Prefix => parsePrefix(text) as Prefix
const a = (text: string): Address => parseAddress(text) as Address

interface Said {
  readonly prefix: Prefix
  /** Of a connected prefix: its interface. Of a static route: its next hops. */
  readonly to: string | readonly Address[]
}

/** Where packets to an address of the prefix of a route go: `interface:neighbour`, with shares of the whole. */
function lead(all: readonly Said[], said: Said, down: ReadonlySet<string>): Map<string, number> | undefined {
  if (typeof said.to === 'string') return down.has(said.to) ? undefined : new Map([[`glean ${said.to}`, 1]])
  const ways: Map<string, number>[] = []
  for (const address of said.to) {
    const candidates = all
      .filter(({ prefix, to }) => contains(prefix, address) && (typeof to === 'string' || prefix.length > 0))
      .sort((x, y) => y.prefix.length - x.prefix.length)
    for (const candidate of candidates) {
      const found = lead(all, candidate, down)
      if (!found) continue
      ways.push(
        typeof candidate.to === 'string'
          ? new Map([[`${candidate.to}:${[...address].join('.')}`, 1]])
          : found,
      )
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

for (const seed of [11, 12, 13, 14]) {
  test(`routes lead where their definition says, whatever links do (seed ${seed})`, async (t) => {
    let state = seed
    const next = (bound: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return Math.floor((state / 2 ** 32) * bound)
    }
    const rib = new Rib()
    const fib = new ModelFib()
    const main = staticSource('main')
    const ports = [0, 1, 2].map((i): Said => ({ prefix: p(`10.0.${i}.0/24`), to: `p${i}` }))
    const first = rib.begin()
    for (const { prefix, to } of ports) {
      const name = to as string
      first.setInterface({ name, vrf: 0, neighbours: true, ipv4: 'on', ipv6: 'none' })
      first.set(direct, 0, prefix, connected(name))
      first.set(direct, 0, hostPrefix(a(`10.0.${name.slice(1)}.1`)), local(name))
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
    for (let round = 0; round < 80; round++) {
      const transaction = rib.begin()
      for (let i = next(4); i >= 0; i--) {
        const layer = 1 + next(3)
        const prefix = p(
          formatPrefix({ address: someAddress(layer), length: [8, 16, 24][next(3)] as number }),
        )
        if (next(3) === 0) {
          transaction.delete(main, 0, prefix)
          statics.delete(formatPrefix(prefix))
        } else {
          const to = Array.from({ length: 1 + next(3) }, () => someAddress(next(layer)))
          transaction.set(main, 0, prefix, via(to.map((address) => hop({ address }))))
          statics.set(formatPrefix(prefix), { prefix, to })
        }
      }
      const finished = await transaction.finish()
      transaction.adopt()
      fib.do(finished.delta)
      if (next(3) === 0) {
        const name = `p${next(3)}`
        const up = down.delete(name)
        if (!up) down.add(name)
        const changed = await rib.interfaceUp(name, up)
        if (changed) fib.do(changed.delta)
      }
      const all = [...ports, ...statics.values()]
      const lookup = fib.lookup()
      for (const said of all) {
        const text = lookup[`0 ${formatPrefix(said.prefix)}`]
        const expected = lead(all, said, down)
        t.deepEqual(text && rounded(sharesOf(text)), expected && rounded(expected), formatPrefix(said.prefix))
      }
      const locals = Object.values(lookup).filter((text) => text === 'local').length
      t.is(Object.keys(lookup).length, all.filter((said) => lead(all, said, down)).length + locals)
    }
  })
}
