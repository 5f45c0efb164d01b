/**
 * Snapshots of running, beside LevelDB in plain files, so that writing one neither stalls commits nor is written again by
 * LevelDB's compaction. `snapshots/NUMBER.text` is running as of that commit in the words of the journal;
 * `snapshots/NUMBER.json` is its header: the commit, the octets of each chunk, and a hash over text and header. The header
 * is written last, when the text is durable: text without a header was never finished and is swept. What is found damaged
 * is kept under another name. O(text); memory of one chunk.
 */
import { createHash, type Hash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CommitRecord } from '../types.js'

export interface Snapshot {
  /** Version of this layout. */
  readonly format: 1
  /** Running as of this commit. */
  readonly commit: CommitRecord
  /** Octets of each chunk of the text. */
  readonly chunks: readonly number[]
  readonly hash: string
}

export const octetsOf = ({ chunks }: Pick<Snapshot, 'chunks'>): number =>
  chunks.reduce((sum, octets) => sum + octets, 0)

/** So much is written between two syncs, so that the sync of a commit does not have to wait for all of it. */
const syncOctets = 4 << 20

export class Snapshots {
  readonly #folder: string

  constructor(directory: string) {
    this.#folder = join(directory, 'snapshots')
  }

  /** The newest first, and which cannot be used and why. What was never finished is removed. */
  async list(): Promise<{ readonly snapshots: Snapshot[]; readonly faults: string[] }> {
    const files = await readdir(this.#folder).catch((): string[] => [])
    const finished = new Set(files.filter((name) => /^\d{12}\.json$/.test(name)).map(stem))
    const left = files.filter((name) => /^\d{12}\.(text|json\.new)$/.test(name) && !finished.has(stem(name)))
    await Promise.all(left.map((name) => rm(join(this.#folder, name), { force: true })))
    const snapshots: Snapshot[] = []
    const faults: string[] = []
    for (const number of [...finished].map(Number).sort((a, b) => b - a)) {
      const header = decode(await readFile(this.#path(number, 'json'), 'utf8').catch(() => ''))
      if (header?.commit.number === number) snapshots.push(header)
      else faults.push(await this.discard(number, 'its header cannot be read'))
    }
    return { snapshots, faults }
  }

  /** Reads all of a snapshot once. Returns what is wrong with it. */
  async verify(snapshot: Snapshot): Promise<string | undefined> {
    const hash = createHash('sha256')
    try {
      for await (const chunk of this.text(snapshot)) hash.update(chunk)
    } catch (error) {
      return (error as Error).message
    }
    return finish(hash, snapshot) === snapshot.hash ? undefined : 'it does not match its hash'
  }

  /** The chunks of the text, not verified. */
  async *text({ commit, chunks }: Snapshot): AsyncGenerator<Buffer, void, undefined> {
    await using file = await open(this.#path(commit.number, 'text'))
    for (const octets of chunks) {
      const chunk = Buffer.allocUnsafe(octets)
      let filled = 0
      while (filled < octets) {
        const { bytesRead } = await file.read(chunk, filled, octets - filled)
        if (bytesRead === 0) throw new Error('its text ends before it should')
        filled += bytesRead
      }
      yield chunk
    }
  }

  /** Durable when this resolves. When it rejects (with the signal's reason, if that gave it up), nothing of it is left. */
  async write(commit: CommitRecord, text: AsyncIterable<Buffer>, signal: AbortSignal): Promise<Snapshot> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    try {
      const hash = createHash('sha256')
      const chunks = await this.#writeText(commit.number, text, hash, signal)
      const unsigned = { format: 1, commit, chunks } as const
      const snapshot: Snapshot = { ...unsigned, hash: finish(hash, unsigned) }
      await this.#writeHeader(snapshot)
      return snapshot
    } catch (error) {
      await this.remove(commit.number)
      throw error
    }
  }

  async remove(number: number): Promise<void> {
    for (const kind of ['json', 'json.new', 'text']) await rm(this.#path(number, kind), { force: true })
  }

  /** Keeps a snapshot that cannot be used under another name. Returns what to say of it. */
  async discard(number: number, reason: string): Promise<string> {
    const aside = this.#path(number, 'damaged')
    await rename(this.#path(number, 'text'), aside).catch(() => undefined)
    await this.remove(number)
    return `the snapshot of commit ${number} cannot be used (${reason}); it is kept as ${aside}`
  }

  async #writeText(
    number: number,
    text: AsyncIterable<Buffer>,
    hash: Hash,
    signal: AbortSignal,
  ): Promise<number[]> {
    const chunks: number[] = []
    await using file = await open(this.#path(number, 'text'), 'w', 0o600)
    let unsynced = 0
    for await (const chunk of text) {
      signal.throwIfAborted()
      await file.appendFile(chunk)
      hash.update(chunk)
      chunks.push(chunk.length)
      unsynced += chunk.length
      if (unsynced < syncOctets) continue
      await file.datasync()
      unsynced = 0
    }
    signal.throwIfAborted()
    await file.sync()
    return chunks
  }

  async #writeHeader(snapshot: Snapshot): Promise<void> {
    const path = this.#path(snapshot.commit.number, 'json')
    {
      await using file = await open(`${path}.new`, 'w', 0o600)
      await file.writeFile(JSON.stringify(snapshot))
      await file.sync()
    }
    await rename(`${path}.new`, path)
    await using folder = await open(this.#folder)
    await folder.sync()
  }

  #path(number: number, kind: string): string {
    return join(this.#folder, `${String(number).padStart(12, '0')}.${kind}`)
  }
}

const stem = (name: string): string => name.slice(0, 12)

function finish(text: Hash, { format, commit, chunks }: Omit<Snapshot, 'hash'>): string {
  const { number, time, user, session, comment, moduleSet, previousHash, hash } = commit
  const header = [format, number, time, user, session, comment, moduleSet, previousHash, hash, chunks]
  return text.update(JSON.stringify(header)).digest('hex')
}

/** Undefined when it is not a header of ours. */
function decode(text: string): Snapshot | undefined {
  try {
    const header = JSON.parse(text) as Partial<Snapshot> | null
    const { format, commit, chunks, hash } = header ?? {}
    const sound =
      format === 1 &&
      typeof hash === 'string' &&
      typeof commit?.hash === 'string' &&
      Array.isArray(chunks) &&
      chunks.every((octets) => Number.isSafeInteger(octets) && octets > 0)
    return sound ? (header as Snapshot) : undefined
  } catch {
    return undefined
  }
}
