/**
 * Message framing of NETCONF over a byte stream (RFC 6242, section 4): end-of-message for base:1.0 and for every
 * `<hello>`, chunks for base:1.1. The decoder is incremental and its cost is linear in the bytes, however they are cut;
 * a message is copied once. It never looks into a message.
 */
import { Gather } from './gather.js'

export type Framing = 'end-of-message' | 'chunked'

/** The peer broke the framing: the session must end, and nothing can be answered (RFC 6242, section 4.2). */
export class FramingError extends Error {}

/** `tooBig`: the message went past the limit and was skipped; `bytes` is its head. */
export interface Message {
  readonly bytes: Buffer
  readonly tooBig: boolean
}

const END = Buffer.from(']]>]]>')
const MAX_CHUNK = 4294967295
const LONGEST_HEADER = '\n#4294967295\n'.length
const HEAD_KEPT = 64 * 1024

const LF = 10
const HASH = 35

export class Decoder {
  /** May be changed between two messages: the rest of the bytes is read in the new way. */
  framing: Framing = 'end-of-message'
  private readonly body = new Gather()
  private tooBig = false
  /** end-of-message: a start of the delimiter at the end of the last piece. */
  private held = 0
  /** chunked: bytes left of the chunk, and the header read so far. */
  private left = 0
  private chunks = 0
  private header = ''

  constructor(private limit: number) {}

  set messageLimit(bytes: number) {
    this.limit = bytes
  }

  /** Whether the peer is in the middle of a message. */
  get partial(): boolean {
    return this.body.length > 0 || this.tooBig || this.held > 0 || this.header !== '' || this.chunks > 0
  }

  /** The messages that these bytes complete. Throws FramingError. */
  *push(bytes: Buffer): Generator<Message, void, undefined> {
    let rest = bytes
    while (rest.length > 0) {
      const next = this.framing === 'chunked' ? this.chunked(rest) : this.delimited(rest)
      rest = rest.subarray(next.taken)
      if (next.message !== undefined) yield next.message
    }
  }

  private delimited(bytes: Buffer): { taken: number; message?: Message } {
    if (this.held > 0) return this.resumeDelimiter(bytes)
    const at = bytes.indexOf(END)
    if (at >= 0) {
      this.add(bytes.subarray(0, at))
      return { taken: at + END.length, message: this.finish() }
    }
    let tail = Math.min(END.length - 1, bytes.length)
    while (tail > 0 && bytes.compare(END, 0, tail, bytes.length - tail) !== 0) tail--
    this.add(bytes.subarray(0, bytes.length - tail))
    this.held = tail
    return { taken: bytes.length }
  }

  /** The bytes begin where `held` bytes of a delimiter have been seen. */
  private resumeDelimiter(bytes: Buffer): { taken: number; message?: Message } {
    if (bytes[0] === END[this.held]) {
      this.held++
      if (this.held < END.length) return { taken: 1 }
      this.held = 0
      return { taken: 1, message: this.finish() }
    }
    // Not the delimiter: give back what cannot begin one. `]]>]]` may still, with a shorter start.
    const seen = END.subarray(0, this.held)
    let keep = this.held - 1
    while (keep > 0 && seen.compare(END, 0, keep, this.held - keep) !== 0) keep--
    this.add(seen.subarray(0, this.held - keep))
    this.held = keep
    return { taken: 0 }
  }

  private chunked(bytes: Buffer): { taken: number; message?: Message } {
    if (this.left > 0) {
      const piece = bytes.subarray(0, this.left)
      this.add(piece)
      this.left -= piece.length
      return { taken: piece.length }
    }
    let taken = 0
    while (taken < bytes.length) {
      const byte = bytes[taken++] ?? 0
      this.header += String.fromCharCode(byte)
      const position = this.header.length - 1
      if (position === 0 ? byte !== LF : position === 1 ? byte !== HASH : false) this.breakHeader()
      if (position >= 2 && byte === LF) {
        const message = this.endHeader()
        return message === undefined ? { taken } : { taken, message }
      }
      if (position >= 2 && !this.headerMayGoOn(byte, position)) this.breakHeader()
    }
    return { taken }
  }

  private headerMayGoOn(byte: number, position: number): boolean {
    if (this.header.length >= LONGEST_HEADER) return false
    if (byte === HASH) return position === 2
    if (this.header[2] === '#') return false
    return position === 2 ? byte >= 49 && byte <= 57 : byte >= 48 && byte <= 57
  }

  private endHeader(): Message | undefined {
    const size = this.header.slice(2, -1)
    if (size === '#') {
      if (this.chunks === 0) this.breakHeader()
      this.header = ''
      this.chunks = 0
      return this.finish()
    }
    const length = Number(size)
    if (size === '' || length > MAX_CHUNK) this.breakHeader()
    this.header = ''
    this.left = length
    this.chunks++
    return undefined
  }

  private breakHeader(): never {
    const expected =
      this.chunks === 0 ? '"\\n#SIZE\\n" with SIZE 1 to 4294967295' : '"\\n#SIZE\\n" or "\\n##\\n"'
    throw new FramingError(`chunk header expected: ${expected}; received ${JSON.stringify(this.header)}`)
  }

  private add(piece: Buffer): void {
    if (piece.length === 0) return
    if (!this.tooBig) {
      if (this.body.length + piece.length <= this.limit) {
        this.body.append(piece)
        return
      }
      this.tooBig = true
      this.body.append(piece.subarray(0, Math.max(0, HEAD_KEPT - this.body.length)))
      const head = Buffer.from(this.body.take().subarray(0, HEAD_KEPT))
      this.body.append(head)
    }
  }

  private finish(): Message {
    const message = { bytes: this.body.take(), tooBig: this.tooBig }
    this.tooBig = false
    return message
  }
}

/** Pieces from this size on are not joined with others. */
const LARGE = 64 * 1024
const CHUNK_GOAL = 256 * 1024
const CHUNK_LIMIT = 1024 * 1024
const END_OF_CHUNKS = Buffer.from('\n##\n')

/**
 * Writes one message: small pieces are joined and large ones cut, so that every chunk but the last is between 64 KiB and
 * 1 MiB. (Some clients take seconds to scan larger chunks, and each smaller one costs a packet.)
 */
export class MessageWriter {
  private pieces: Buffer[] = []
  private size = 0

  /** `sink` answers false when nothing more can be sent. */
  constructor(
    private readonly framing: Framing,
    private readonly sink: (bytes: Buffer) => Promise<boolean>,
  ) {}

  /** False when nothing more can be sent. */
  async write(piece: Buffer | string): Promise<boolean> {
    let rest = typeof piece === 'string' ? Buffer.from(piece) : piece
    while (this.size + rest.length > CHUNK_LIMIT) {
      const cut = CHUNK_LIMIT - this.size
      this.push(rest.subarray(0, cut))
      rest = rest.subarray(cut)
      if (!(await this.flush(false))) return false
    }
    this.push(rest)
    return this.size < CHUNK_GOAL || this.flush(false)
  }

  async end(piece: Buffer | string): Promise<boolean> {
    return (await this.write(piece)) && this.flush(true)
  }

  private push(piece: Buffer): void {
    if (piece.length > 0) this.pieces.push(piece)
    this.size += piece.length
  }

  /** Large pieces go as they are: a copy of each would be garbage that stops everything when it is collected. */
  private async flush(last: boolean): Promise<boolean> {
    const pieces = this.pieces
    if (this.framing === 'chunked' && this.size > 0) pieces.unshift(Buffer.from(`\n#${this.size}\n`))
    if (last) pieces.push(this.framing === 'chunked' ? END_OF_CHUNKS : END)
    this.pieces = []
    this.size = 0
    for (const part of joined(pieces)) if (!(await this.sink(part))) return false
    return true
  }
}

function joined(pieces: readonly Buffer[]): readonly Buffer[] {
  const parts: Buffer[] = []
  let small: Buffer[] = []
  const join = (): void => {
    if (small.length > 0) parts.push(Buffer.concat(small))
    small = []
  }
  for (const piece of pieces) {
    if (piece.length < LARGE) {
      small.push(piece)
      continue
    }
    join()
    parts.push(piece)
  }
  join()
  return parts
}
