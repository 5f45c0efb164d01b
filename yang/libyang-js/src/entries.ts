import type { NativeBatch, NativeCursor } from './native.js'
import type { EntryBatch } from './types.js'

export class Batch implements EntryBatch {
  readonly rows: number
  readonly ops: Uint8Array
  readonly columns: EntryBatch['columns']
  readonly children: EntryBatch['children']

  constructor(from: NativeBatch) {
    this.rows = from.rows
    this.ops = from.ops
    this.columns = from.columns
    this.children = from.children.map(({ batch, starts }) => ({ batch: new Batch(batch), starts }))
  }

  text(column: number, row: number): string | undefined {
    const { offsets, bytes, present } = this.columns[column] ?? {}
    if (offsets === undefined || bytes === undefined)
      throw new RangeError(`no column ${column} in this batch`)
    if (present?.[row] !== 1) return undefined
    return bytes.toString('utf8', offsets[row], offsets[row + 1])
  }
}

/**
 * The pieces of a cursor; ending the iteration early closes it. Not a generator, which would cost a small read more than its
 * pieces do.
 */
export function pieces<From, To>(
  open: () => NativeCursor<From>,
  convert: (piece: From) => To,
): AsyncIterableIterator<To> {
  let cursor: NativeCursor<From> | undefined
  let ended = false
  const end = (): IteratorReturnResult<undefined> => {
    ended = true
    cursor?.close()
    return { value: undefined, done: true }
  }
  return {
    async next() {
      if (ended) return end()
      try {
        const next = (cursor ??= open()).next()
        const piece = next instanceof Promise ? await next : next
        return piece === undefined ? end() : { value: convert(piece), done: false }
      } catch (error) {
        end()
        throw error
      }
    },
    return: () => Promise.resolve(end()),
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
