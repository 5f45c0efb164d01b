/**
 * A map from prefixes of one family to values, with the prefixes that cover an address in order of their length. One hash
 * table for each length in use: get and set cost one hash, `covering` one for each length.
 */
import type { Address, Prefix } from './address.js'
import { type Family, widthOf } from './address.js'

/** IPv4: the address as a signed number, which takes no memory of its own; IPv6: its bytes as a text. */
type Key = number | string

const scratch = Buffer.alloc(16)

export class PrefixMap<V> {
  readonly family: Family
  readonly #lengths: (Map<Key, V> | undefined)[]
  #size = 0

  constructor(family: Family) {
    this.family = family
    this.#lengths = new Array<Map<Key, V> | undefined>(widthOf(family) + 1).fill(undefined)
  }

  get size(): number {
    return this.#size
  }

  #key(address: Address): Key {
    if (this.family === 4) {
      const [a, b, c, d] = address as unknown as [number, number, number, number]
      return (a << 24) | (b << 16) | (c << 8) | d
    }
    scratch.set(address)
    return scratch.toString('latin1', 0, 16)
  }

  #maskedKey(address: Address, length: number): Key {
    if (this.family === 4) {
      const key = this.#key(address) as number
      return length === 0 ? 0 : key & (-1 << (32 - length))
    }
    const whole = length >> 3
    scratch.set(address)
    if (whole < 16) {
      scratch[whole] = (scratch[whole] as number) & (0xff00 >> (length & 7))
      scratch.fill(0, whole + 1)
    }
    return scratch.toString('latin1', 0, 16)
  }

  get(prefix: Prefix): V | undefined {
    return this.#lengths[prefix.length]?.get(this.#key(prefix.address))
  }

  has(prefix: Prefix): boolean {
    return this.#lengths[prefix.length]?.has(this.#key(prefix.address)) ?? false
  }

  set(prefix: Prefix, value: V): void {
    let map = this.#lengths[prefix.length]
    if (!map) this.#lengths[prefix.length] = map = new Map()
    const before = map.size
    map.set(this.#key(prefix.address), value)
    this.#size += map.size - before
  }

  delete(prefix: Prefix): boolean {
    const map = this.#lengths[prefix.length]
    if (!map?.delete(this.#key(prefix.address))) return false
    this.#size--
    if (map.size === 0) this.#lengths[prefix.length] = undefined
    return true
  }

  /** Lengths in use. */
  inUse(length: number): boolean {
    return this.#lengths[length] !== undefined
  }

  /** The value at the prefix of this length that the address lies in. */
  at(address: Address, length: number): V | undefined {
    const map = this.#lengths[length]
    return map?.get(this.#maskedKey(address, length))
  }

  /** Values of all prefixes that the address lies in, the longest first. */
  *covering(address: Address): IterableIterator<V> {
    for (let length = this.#lengths.length - 1; length >= 0; length--) {
      const value = this.at(address, length)
      if (value !== undefined) yield value
    }
  }

  *values(): IterableIterator<V> {
    for (const map of this.#lengths) if (map) yield* map.values()
  }
}
