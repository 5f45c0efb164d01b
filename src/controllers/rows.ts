/** Reading of list entries in columns (libyang-js `EntryBatch`) where there are few of them. */
import type { EntryBatch, ListQuery } from 'libyang-js'

/** One entry: its leaves by the name of their column, and its nested entries by the number of their query. */
export class Row {
  readonly #batch: EntryBatch
  readonly #columns: readonly string[]
  readonly #row: number
  readonly #query: ListQuery

  constructor(query: ListQuery, batch: EntryBatch, row: number) {
    this.#query = query
    this.#columns = query.columns
    this.#batch = batch
    this.#row = row
  }

  text(column: string): string | undefined {
    return this.#batch.text(this.#columns.indexOf(column), this.#row)
  }

  /** A leaf that every entry has. */
  needed(column: string): string {
    return this.text(column) ?? ''
  }

  number(column: string): number | undefined {
    const text = this.text(column)
    return text === undefined ? undefined : Number(text)
  }

  boolean(column: string): boolean | undefined {
    const text = this.text(column)
    return text === undefined ? undefined : text === 'true'
  }

  children(index: number): Row[] {
    const child = this.#batch.children[index]
    const query = this.#query.children?.[index]
    if (!child || !query) return []
    const rows: Row[] = []
    const [from, to] = [child.starts[this.#row] ?? 0, child.starts[this.#row + 1] ?? 0]
    for (let row = from; row < to; row++) rows.push(new Row(query, child.batch, row))
    return rows
  }
}

export async function* rows(
  query: ListQuery,
  batches: AsyncIterable<EntryBatch>,
): AsyncIterableIterator<Row> {
  for await (const batch of batches)
    for (let row = 0; row < batch.rows; row++) yield new Row(query, batch, row)
}
