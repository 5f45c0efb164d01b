/** The words in which tests and benchmarks talk of routes. */
import {
  hop,
  parseAddress,
  parsePrefix,
  via,
  type Address,
  type NextHop,
  type Prefix,
} from '../../src/rib/index.js'

/** A prefix by its text. Throws when it is none. */
export function prefix(text: string): Prefix {
  const parsed = parsePrefix(text)
  if (!parsed) throw new Error(`${text} is no prefix`)
  return parsed
}

/** An address by its text. Throws when it is none. */
export function address(text: string): Address {
  const parsed = parseAddress(text)
  if (!parsed) throw new Error(`${text} is no address`)
  return parsed
}

/** Next hops of one weight. */
export function over(...addresses: string[]): NextHop {
  return via(addresses.map((text) => hop({ address: address(text) })))
}
