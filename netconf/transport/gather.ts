/**
 * Collects the pieces of one message and joins them once. Large pieces are kept as they are, small ones are copied
 * into blocks, so that a message that comes byte by byte costs no object per byte. O(bytes).
 */
const SMALL = 4096
const BLOCK = 64 * 1024

export class Gather {
  private parts: Buffer[] = []
  private block: Buffer = Buffer.alloc(0)
  private used = 0
  private total = 0

  get length(): number {
    return this.total
  }

  append(piece: Buffer): void {
    this.total += piece.length
    if (piece.length >= SMALL) {
      this.closeBlock()
      this.parts.push(piece)
      return
    }
    if (this.block.length - this.used < piece.length) {
      this.closeBlock()
      this.block = Buffer.allocUnsafe(this.total < BLOCK ? SMALL : BLOCK)
    }
    this.used += piece.copy(this.block, this.used)
  }

  /** All of it, and is empty afterwards. */
  take(): Buffer {
    this.closeBlock()
    const [first] = this.parts
    const whole =
      this.parts.length === 1 && first !== undefined ? first : Buffer.concat(this.parts, this.total)
    this.clear()
    return whole
  }

  clear(): void {
    this.parts = []
    this.block = Buffer.alloc(0)
    this.used = 0
    this.total = 0
  }

  private closeBlock(): void {
    if (this.used > 0) this.parts.push(this.block.subarray(0, this.used))
    this.block = this.block.subarray(this.used)
    this.used = 0
  }
}
