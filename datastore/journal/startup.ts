/**
 * The startup datastore in the store of the journal: the explicit configuration as snapshot text, in chunks under
 * `startup!text!INDEX`, and `startup!header`, which says how much that is and by which modules it was written. Each change
 * is one synced batch, so that there is always a whole one or none.
 */
import { createHash } from 'node:crypto'
import type { Database } from './directory.js'
import { after } from './record.js'
import { del, put, type Write } from './store.js'

export interface StartupHeader {
  readonly format: 1
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly user: string
  readonly moduleSet: string
  /** Of the store: the last migration step that the text needs no more. */
  readonly version: number
  /** It was deleted, and there is no text. */
  readonly deleted?: true
  readonly chunks: number
  /** Hash of the text. */
  readonly hash: string
}

/** How the store is read and written. */
export interface StartupStore {
  reading(): Promise<Database>
  /** One synced batch; `landed` as `Store.write` has it. Rejects with RequestError. */
  write(
    batch: readonly Write[],
    landed: (database: Database) => Promise<boolean>,
    what: string,
  ): Promise<void>
}

const headerKey = 'startup!header'
const textPrefix = 'startup!text!'
const textKey = (index: number): string => textPrefix + String(index).padStart(6, '0')

export class StoredStartup {
  readonly #store: StartupStore

  constructor(store: StartupStore) {
    this.#store = store
  }

  /** Undefined: there never was one. Rejects with an Error when it cannot be read. */
  async header(): Promise<StartupHeader | undefined> {
    return await readHeader(await this.#store.reading())
  }

  /** All of the text, verified; empty when it was deleted. Rejects with an Error that says what is wrong. */
  async text(): Promise<readonly Buffer[]> {
    const database = await this.#store.reading()
    const header = await readHeader(database)
    const range = { gt: textPrefix, lt: after(textPrefix) }
    const chunks = await database.values(range).all()
    if (chunks.length !== (header?.chunks ?? 0) || (header && hashOf(chunks) !== header.hash))
      throw new Error('the stored startup configuration is damaged')
    return chunks
  }

  /** Resolves when it is durable. Rejects with RequestError. */
  async save(
    entry: Omit<StartupHeader, 'format' | 'chunks' | 'hash'>,
    chunks: readonly Buffer[],
  ): Promise<void> {
    const old = await (await this.#store.reading()).keys({ gt: textPrefix, lt: after(textPrefix) }).all()
    const header: StartupHeader = { format: 1, ...entry, chunks: chunks.length, hash: hashOf(chunks) }
    const batch = [
      ...old.slice(chunks.length).map(del),
      ...chunks.map((value, index) => put(textKey(index), value)),
      put(headerKey, JSON.stringify(header)),
    ]
    const landed = async (database: Database) =>
      JSON.stringify(await readHeader(database).catch(() => undefined)) === JSON.stringify(header)
    await this.#store.write(batch, landed, 'startup')
  }
}

async function readHeader(database: Database): Promise<StartupHeader | undefined> {
  const stored = await database.get(headerKey)
  if (stored === undefined) return undefined
  let header: StartupHeader | undefined
  try {
    header = JSON.parse(stored.toString()) as StartupHeader
  } catch {
    // Judged below.
  }
  if (header?.format !== 1 || !Number.isSafeInteger(header.chunks))
    throw new Error('the header of the stored startup configuration cannot be read')
  return header
}

function hashOf(chunks: readonly Buffer[]): string {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}
