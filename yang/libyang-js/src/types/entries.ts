/** List entries in columns, for readers of many. */

/** Names the entries of one list that a reader wants, and the leaves of each. */
export interface ListQuery {
  /** Schema path of the list, through any number of enclosing lists. */
  readonly list: string
  /** Leaves relative to the entry (`next-hop/outgoing-interface`); keys of the enclosing lists as `../../name`. */
  readonly columns: readonly string[]
  /** Lists nested in the entry. */
  readonly children?: readonly ListQuery[]
}

/** What happened to a list entry. */
export const EntryOp = { created: 0, changed: 1, deleted: 2 } as const

/**
 * Some entries of a list, column by column. Text of row r of column c is
 * `bytes.subarray(offsets[r], offsets[r + 1])`; an absent leaf has `present[r] === 0`.
 */
export interface EntryBatch {
  readonly rows: number
  /** One `EntryOp` a row. A deleted entry has its key columns only. */
  readonly ops: Uint8Array
  readonly columns: readonly {
    readonly offsets: Uint32Array
    readonly bytes: Buffer
    readonly present: Uint8Array
  }[]
  /** For each child query: its rows, and `starts[r]..starts[r + 1]` are those of row r. */
  readonly children: readonly { readonly batch: EntryBatch; readonly starts: Uint32Array }[]
  /** Decoded text of one cell. */
  text(column: number, row: number): string | undefined
}
