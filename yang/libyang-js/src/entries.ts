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

/** The pieces of a cursor; ending the iteration early closes it. */
export async function* pieces<From, To>(
  open: () => NativeCursor<From>,
  convert: (piece: From) => To,
): AsyncGenerator<To, undefined, undefined> {
  const cursor = open()
  try {
    for (let piece = await cursor.next(); piece !== undefined; piece = await cursor.next())
      yield convert(piece)
  } finally {
    cursor.close()
  }
}
