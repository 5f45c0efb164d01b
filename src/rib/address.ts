/**
 * IP addresses and prefixes as values: bytes in network order (RFC 4291, section 2.2; RFC 5952 for text). Text becomes a
 * value at a controller's door and a value becomes text where something is told; nothing in between looks at text.
 */
import type { Address, Prefix } from '../../dataplane/client/index.js'

export type { Address, Prefix }
export type Family = 4 | 6

export const familyOf = (address: Address): Family => (address.length === 4 ? 4 : 6)
/** Number of bits of an address of the family. */
export const widthOf = (family: Family): number => (family === 4 ? 32 : 128)

const slabSize = 8192
let slab = new ArrayBuffer(slabSize)
let used = 0

/** Zeroed bytes out of a shared buffer: many small arrays with a buffer each would take twice the memory and ten times the time. */
function allocate(length: 4 | 16): Address {
  if (used + length > slabSize) {
    slab = new ArrayBuffer(slabSize)
    used = 0
  }
  const address = new Uint8Array(slab, used, length)
  used += length
  return address
}

const DOT = 46
const COLON = 58

/** Dotted quad in `text[start, end)`; undefined when it is none. */
export function parse4(text: Uint8Array, start: number, end: number): Address | undefined {
  const address = allocate(4)
  let index = 0
  let value = -1
  for (let at = start; at < end; at++) {
    const c = text[at] as number
    if (c === DOT) {
      if (value < 0 || index === 3) return undefined
      address[index++] = value
      value = -1
    } else {
      const digit = c - 48
      if (digit < 0 || digit > 9) return undefined
      value = value < 0 ? digit : value * 10 + digit
      if (value > 255) return undefined
    }
  }
  if (index !== 3 || value < 0) return undefined
  address[3] = value
  return address
}

function hex(c: number): number {
  if (c >= 48 && c <= 57) return c - 48
  if (c >= 97 && c <= 102) return c - 87
  if (c >= 65 && c <= 70) return c - 55
  return -1
}

/** IPv6 address in `text[start, end)`, with `::` and an embedded dotted quad at its end; undefined when it is none. */
export function parse6(text: Uint8Array, start: number, end: number): Address | undefined {
  const address = allocate(16)
  let index = 0
  let gap = -1
  let at = start
  if (end - start < 2) return undefined
  if (text[at] === COLON) {
    if (text[at + 1] !== COLON) return undefined
    at++
  }
  while (at < end) {
    if (text[at] === COLON) {
      if (gap >= 0) return undefined
      gap = index
      at++
      continue
    }
    const group = at
    let value = 0
    let digits = 0
    for (; at < end; at++, digits++) {
      const digit = hex(text[at] as number)
      if (digit < 0) break
      value = value * 16 + digit
    }
    if (at < end && text[at] === DOT) {
      const tail = parse4(text, group, end)
      if (!tail || index > 12) return undefined
      address.set(tail, index)
      index += 4
      break
    }
    if (digits === 0 || digits > 4 || index > 14) return undefined
    address[index++] = value >> 8
    address[index++] = value & 255
    if (at === end) break
    if (text[at] !== COLON || ++at === end) return undefined
  }
  if (gap < 0) return index === 16 ? address : undefined
  if (index > 14) return undefined
  address.copyWithin(16 - (index - gap), gap, index)
  address.fill(0, gap, 16 - (index - gap))
  return address
}

const ascii = new TextEncoder()

/** An address of either family; undefined when the text is none. */
export function parseAddress(text: string): Address | undefined {
  const bytes = ascii.encode(text)
  return text.includes(':') ? parse6(bytes, 0, bytes.length) : parse4(bytes, 0, bytes.length)
}

/** `address/length` in `text[start, end)`; host bits are cleared. */
function parsePrefixBytes(text: Uint8Array, start: number, end: number, family: Family): Prefix | undefined {
  let slash = end - 1
  let length = 0
  for (let unit = 1; slash >= start; slash--, unit *= 10) {
    const c = text[slash] as number
    if (c === 47) break
    if (c < 48 || c > 57 || unit > 100) return undefined
    length += (c - 48) * unit
  }
  if (slash < start || slash === end - 1 || length > widthOf(family)) return undefined
  const address = family === 4 ? parse4(text, start, slash) : parse6(text, start, slash)
  return address && { address: maskInPlace(address, length), length }
}

export function parsePrefix(text: string): Prefix | undefined {
  const bytes = ascii.encode(text)
  return parsePrefixBytes(bytes, 0, bytes.length, text.includes(':') ? 6 : 4)
}

function maskInPlace(address: Address, length: number): Address {
  const whole = length >> 3
  if (whole < address.length) {
    address[whole] = (address[whole] as number) & (0xff00 >> (length & 7))
    address.fill(0, whole + 1)
  }
  return address
}

/** The prefix of this length that an address lies in. */
export function prefixOf(address: Address, length: number): Prefix {
  return { address: maskInPlace(address.slice(), length), length }
}

/** The last address of a prefix. */
export function lastOf({ address, length }: Prefix): Address {
  const whole = length >> 3
  return address.map((byte, i) => (i < whole ? byte : i > whole ? 255 : byte | (0xff >> (length & 7))))
}

export function hostPrefix(address: Address): Prefix {
  return { address, length: address.length * 8 }
}

export function sameAddress(a: Address, b: Address): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Does the prefix contain the address? Always false across families. */
export function contains(prefix: Prefix, address: Address): boolean {
  if (prefix.address.length !== address.length) return false
  const whole = prefix.length >> 3
  for (let i = 0; i < whole; i++) if (prefix.address[i] !== address[i]) return false
  const bits = prefix.length & 7
  if (bits === 0) return true
  return (((prefix.address[whole] as number) ^ (address[whole] as number)) & (0xff00 >> bits) & 0xff) === 0
}

export function overlaps(a: Prefix, b: Prefix): boolean {
  return a.length <= b.length ? contains(a, b.address) : contains(b, a.address)
}

export function formatAddress(address: Address): string {
  if (address.length === 4) return `${address[0]}.${address[1]}.${address[2]}.${address[3]}`
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push(((address[i] as number) << 8) | (address[i + 1] as number))
  let best = -1
  let bestLength = 1
  for (let i = 0; i < 8; i++) {
    let j = i
    while (j < 8 && groups[j] === 0) j++
    if (j - i > bestLength) [best, bestLength] = [i, j - i]
    if (j > i) i = j
  }
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  return best < 0 ? text(0, 8) : `${text(0, best)}::${text(best + bestLength, 8)}`
}

export const formatPrefix = (prefix: Prefix): string => `${formatAddress(prefix.address)}/${prefix.length}`

/** What kind of address it is, as far as forwarding treats it differently (RFC 6890). */
export function kindOf(
  address: Address,
): 'unspecified' | 'loopback' | 'multicast' | 'broadcast' | 'link-local' | 'reserved' | 'mapped' | 'unicast' {
  const [a, b] = address as unknown as [number, number]
  if (address.every((byte) => byte === 0)) return 'unspecified'
  if (address.length === 4) {
    if (a === 127) return 'loopback'
    if (a >= 224 && a < 240) return 'multicast'
    if (address.every((byte) => byte === 255)) return 'broadcast'
    if (a >= 240) return 'reserved'
    if (a === 169 && b === 254) return 'link-local'
    return 'unicast'
  }
  if (a === 0xff) return 'multicast'
  if (a === 0xfe && (b & 0xc0) === 0x80) return 'link-local'
  if (address[15] === 1 && address.subarray(0, 15).every((byte) => byte === 0)) return 'loopback'
  const mapped = address[10] === 0xff && address[11] === 0xff
  if (mapped && address.subarray(0, 10).every((byte) => byte === 0)) return 'mapped'
  return 'unicast'
}

/** `0a:1b:…` as bytes, in the form of yang:phys-address; undefined unless it has six octets. */
export function parseMac(text: string): Uint8Array | undefined {
  if (!/^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(text)) return undefined
  return Uint8Array.from(text.split(':'), (octet) => parseInt(octet, 16))
}

export const formatMac = (mac: Uint8Array): string =>
  Array.from(mac, (octet) => octet.toString(16).padStart(2, '0')).join(':')
