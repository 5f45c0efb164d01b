/**
 * Reads the chain of commits in order and verifies it: each hash covers header, text and the hash of the commit before.
 * It ends at the last whole commit; what comes after is moved to another key prefix, never deleted.
 */
import { codeOf, type Database } from './directory.js'
import {
  after,
  asidePrefix,
  commitKey,
  commitPrefix,
  decodeHeader,
  hashOf,
  textKey,
  textPrefix,
  type StoredCommit,
} from './record.js'

export interface WholeCommit {
  readonly commit: StoredCommit
  readonly chunks: readonly Buffer[]
}

/** Where the chain ends before the journal does. */
export interface Break {
  /** The first commit that is not there whole. */
  readonly number: number
  readonly reason: string
  /** LevelDB itself cannot read on. */
  readonly corrupt?: true
}

/** The commit after which a chain is read; `start`: the first one. */
export interface Link {
  readonly number: number
  readonly hash: string
}
export const start: Link = { number: 0, hash: '' }

const readAhead = { highWaterMarkBytes: 4 << 20 }

/**
 * Yields the whole commits after `link` in order; returns why it ended before the end of what is stored, if it did.
 * Numbers rise, and may skip those that were lost before.
 */
export async function* readChain(
  database: Database,
  link: Link = start,
): AsyncGenerator<WholeCommit, Break | undefined, undefined> {
  const headers = database.iterator({ gt: commitKey(link.number), lt: after(commitPrefix), ...readAhead })
  const texts = database.iterator({ gte: textKey(link.number + 1, 0), lt: after(textPrefix), ...readAhead })
  let previous = link
  try {
    for (;;) {
      const number = previous.number + 1
      const entry = await headers.next()
      if (entry === undefined) {
        const orphan = await texts.next()
        return orphan && { number, reason: `there is text of changes (${orphan[0]}) without a commit` }
      }
      const [key, value] = entry
      const stored = Number(key.slice(commitPrefix.length))
      const commit = decodeHeader(value)
      if (commit === undefined)
        return { number: stored, reason: `the header of commit ${stored} cannot be read` }
      if (commit.previousHash !== previous.hash)
        return { number, reason: missing(number, stored) ?? unchained(stored, previous.number) }
      const chunks: Buffer[] = []
      for (let index = 0; index < commit.chunks; index++) {
        const text = await texts.next()
        if (text?.[0] !== textKey(stored, index))
          return {
            number: stored,
            reason: `part ${index + 1} of ${commit.chunks} of the changes of commit ${stored} is missing`,
          }
        chunks.push(text[1])
      }
      const fault = faultOf(commit, chunks, stored)
      if (fault !== undefined) return { number: stored, reason: fault }
      previous = commit
      yield { commit, chunks }
    }
  } catch (error) {
    if (codeOf(error) !== 'LEVEL_CORRUPTION') throw error
    const number = previous.number + 1
    return { number, reason: `commit ${number} cannot be read: ${(error as Error).message}`, corrupt: true }
  } finally {
    await Promise.all([headers.close(), texts.close()])
  }
}

/** One commit; undefined when there is none of this number. Throws an Error that says how it is damaged. */
export async function readCommit(database: Database, number: number): Promise<WholeCommit | undefined> {
  const value = await database.get(commitKey(number))
  if (value === undefined) return undefined
  const commit = decodeHeader(value)
  if (commit === undefined) throw new Error(`the header of commit ${number} cannot be read`)
  const range = { gte: textKey(number, 0), lt: textKey(number + 1, 0) }
  const chunks = await database.values(range).all()
  const fault = faultOf(commit, chunks, number)
  if (fault !== undefined) throw new Error(fault)
  return { commit, chunks }
}

const missing = (number: number, next: number): string | undefined =>
  next === number ? undefined : `commit ${number} is missing, the next one is ${next}`

const unchained = (number: number, previous: number): string =>
  `commit ${number} does not follow ${previous === 0 ? 'the beginning' : `commit ${previous}`}: its hash of the one before is another`

function faultOf(commit: StoredCommit, chunks: readonly Buffer[], number: number): string | undefined {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  if (commit.length !== length)
    return `the changes of commit ${number} have ${length} octets, its header says ${commit.length}`
  if (commit.number !== number || commit.hash !== hashOf(commit, chunks))
    return `commit ${number} does not match its hash`
  return undefined
}

/** Moves all from commit `number` on under `prefix`, entry by entry: the caller syncs. Returns the highest number among them. */
export async function setAside(database: Database, number: number, prefix: string): Promise<number> {
  let last = number
  const ranges = [
    { gte: commitKey(number), lt: after(commitPrefix) },
    { gte: textKey(number, 0), lt: after(textPrefix) },
  ]
  for (const range of ranges) {
    for await (const [key, value] of database.iterator(range)) {
      last = Math.max(last, Number(key.split('!')[1]))
      const moved = prefix + key
      await database.batch([
        { type: 'put', key: moved, value },
        { type: 'del', key },
      ])
    }
  }
  return last
}

export const asideFor = (now: number): string => `${asidePrefix}${new Date(now).toISOString()}!`
