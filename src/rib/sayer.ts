/** Says routes one by one in a transaction: what many of them name, a source or a next hop, is read once. */
import { familyOf, type Family, type Prefix } from './address.js'
import type { NativeRib } from './native.js'
import type { NextHop, Source } from './route.js'

export interface Sayer {
  /** A source's route to a prefix; takes the place of the one it said before. */
  set(source: Source, vrf: number, prefix: Prefix, nextHop: NextHop): void
  delete(source: Source, vrf: number, prefix: Prefix): void
}

/** `learn`: told of each source once. */
export function sayer(native: NativeRib, transaction: number, learn: (source: Source) => void): Sayer {
  const sources = new Map<Source, number>()
  const nextHops = new Map<string, Map<NextHop, number>>()
  const numberOf = (source: Source): number => {
    let number = sources.get(source)
    if (number === undefined) {
      learn(source)
      sources.set(source, (number = native.source(transaction, source)))
    }
    return number
  }
  const nextHopOf = (vrf: number, family: Family, to: NextHop): number => {
    const table = `${vrf}/${family}`
    let known = nextHops.get(table)
    if (!known) nextHops.set(table, (known = new Map<NextHop, number>()))
    let number = known.get(to)
    if (number === undefined) known.set(to, (number = native.nextHop(transaction, vrf, family, to)))
    return number
  }
  return {
    set: (source, vrf, prefix, to) => {
      const { address, length } = prefix
      const number = nextHopOf(vrf, familyOf(address), to)
      native.set(transaction, numberOf(source), vrf, address, length, number)
    },
    delete: (source, vrf, { address, length }) =>
      native.delete(transaction, numberOf(source), vrf, address, length),
  }
}
