/**
 * Which commits the journal still has, and which of them may go. It keeps the history that was asked for, and of what is
 * older only what the next start may need: all commits after the older of two snapshots, so that either may be damaged.
 * Costs some words of memory a commit.
 */
import type { Database } from './directory.js'
import { commitKey, commitPrefix, decodeHeader, textKey } from './record.js'
import { del, type Write } from './store.js'

export interface HistoryLimits {
  /** Commits kept. */
  readonly commits: number
  /** Octets of their text kept. */
  readonly octets: number
}

interface Kept {
  readonly number: number
  readonly chunks: number
  readonly octets: number
}

/** One batch deletes no more than this many entries. */
const batchEntries = 256

export class KeptCommits {
  #commits: Kept[] = []
  #octets = 0

  /** The oldest from which the chain has no hole; undefined when there is none. */
  get oldest(): number | undefined {
    return this.#commits[0]?.number
  }

  /** Reads the headers up to a commit. Returns what is wrong with the history before it; what lies before the fault is forgotten. */
  async read(
    database: Database,
    last: { readonly number: number; readonly hash: string },
  ): Promise<string | undefined> {
    let previousHash: string | undefined
    let fault: string | undefined
    const breakAt = (reason: string) => {
      fault = reason
      this.#commits = []
      this.#octets = 0
    }
    for await (const [key, value] of database.iterator({ gt: commitPrefix, lte: commitKey(last.number) })) {
      const number = Number(key.slice(commitPrefix.length))
      const header = decodeHeader(value)
      if (header === undefined) {
        breakAt(`the header of commit ${number} cannot be read`)
        previousHash = undefined
        continue
      }
      if (previousHash !== undefined && header.previousHash !== previousHash)
        breakAt(`commit ${number} does not follow the one before it in the journal`)
      previousHash = header.hash
      this.add(header)
    }
    if (last.number > 0 && previousHash !== last.hash) breakAt(`commit ${last.number} is missing`)
    return fault
  }

  add({
    number,
    chunks,
    length,
  }: {
    readonly number: number
    readonly chunks: number
    readonly length: number
  }): void {
    this.#commits.push({ number, chunks, octets: length })
    this.#octets += length
  }

  /** Octets of text, and the number of commits, after a commit. */
  after(number: number): { readonly octets: number; readonly commits: number } {
    let octets = 0
    let commits = 0
    for (let index = this.#commits.length - 1; index >= 0; index--) {
      const commit = this.#commits[index] as Kept
      if (commit.number <= number) break
      octets += commit.octets
      commits++
    }
    return { octets, commits }
  }

  /** Takes the oldest commits that are neither asked for nor newer than `needed` off, and returns what deletes them: one batch, empty when there are none. */
  trim({ commits, octets }: HistoryLimits, needed: number): Write[] {
    const batch: Write[] = []
    for (let oldest = this.#commits[0]; oldest !== undefined; oldest = this.#commits[0]) {
      const spare = this.#commits.length > commits || this.#octets > octets
      if (!spare || oldest.number > needed) break
      if (batch.length > 0 && batch.length + oldest.chunks > batchEntries) break
      this.#commits.shift()
      this.#octets -= oldest.octets
      batch.push(del(commitKey(oldest.number)))
      for (let index = 0; index < oldest.chunks; index++) batch.push(del(textKey(oldest.number, index)))
    }
    return batch
  }
}
