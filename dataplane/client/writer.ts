/** Fields of packed records: integers little-endian, texts behind their length. Throws RangeError at what has no room. */
import type { Address } from './operations.js'

function check(value: number, most: number): void {
  if (!(value >= 0 && value <= most)) throw new RangeError(`${value} is not a number from 0 to ${most}`)
}

export class Writer {
  readonly bytes: Buffer
  readonly #view: DataView
  at = 0

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size)
    this.#view = new DataView(this.bytes.buffer)
  }

  u8(value: number): void {
    check(value, 0xff)
    this.#view.setUint8(this.at, value)
    this.at += 1
  }
  u16(value: number): void {
    check(value, 0xffff)
    this.#view.setUint16(this.at, value, true)
    this.at += 2
  }
  u32(value: number): void {
    check(value, 0xffffffff)
    this.#view.setUint32(this.at, value, true)
    this.at += 4
  }
  key(value: bigint): void {
    this.#view.setBigUint64(this.at, value, true)
    this.at += 8
  }
  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at)
    this.at += bytes.length
  }
  text(value: string): void {
    const length = Buffer.byteLength(value)
    if (length > 0xffff) throw new RangeError(`a name has at most 65535 bytes, this one has ${length}`)
    this.u16(length)
    this.at += this.bytes.write(value, this.at)
  }
  address(address: Address): void {
    if (address.length !== 4 && address.length !== 16) {
      throw new RangeError(`an address has 4 or 16 bytes, not ${address.length}`)
    }
    this.u8(address.length === 4 ? 4 : 6)
    // A loop beats set() on so few bytes.
    for (let i = 0; i < address.length; i++) this.bytes[this.at + i] = address[i] as number
    this.at += address.length
  }
  mac(mac: Uint8Array): void {
    if (mac.length !== 6) throw new RangeError(`a MAC address has 6 bytes, not ${mac.length}`)
    this.raw(mac)
  }
}
