/**
 * Reads the chain of commits in order and verifies it: numbers without a gap, each hash over header, text and the hash
 * before. It ends at the last whole commit; what comes after is moved to another key prefix, never deleted.
 */
import type { Database } from './directory.js'
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
}

const readAhead = { highWaterMarkBytes: 4 << 20 }

/** Yields whole commits in order; returns why it ended before the end of what is stored, if it did. */
export async function* readChain(
  database: Database,
): AsyncGenerator<WholeCommit, Break | undefined, undefined> {
  const headers = database.iterator({ gt: commitPrefix, lt: after(commitPrefix), ...readAhead })
  const texts = database.iterator({ gt: textPrefix, lt: after(textPrefix), ...readAhead })
  let number = 1
  let previousHash = ''
  try {
    for (; ; number++) {
      const entry = await headers.next()
      if (entry === undefined) {
        const orphan = await texts.next()
        return orphan && { number, reason: `there is text of changes (${orphan[0]}) without a commit` }
      }
      const [key, value] = entry
      if (key !== commitKey(number))
        return {
          number,
          reason: `commit ${number} is missing, the next one is ${Number(key.slice(commitPrefix.length))}`,
        }
      const commit = decodeHeader(value)
      if (commit === undefined) return { number, reason: `the header of commit ${number} cannot be read` }
      const chunks: Buffer[] = []
      for (let index = 0; index < commit.chunks; index++) {
        const text = await texts.next()
        if (text?.[0] !== textKey(number, index))
          return {
            number,
            reason: `part ${index + 1} of ${commit.chunks} of the changes of commit ${number} is missing`,
          }
        chunks.push(text[1])
      }
      const fault = faultOf(commit, chunks, number, previousHash)
      if (fault !== undefined) return { number, reason: fault }
      previousHash = commit.hash
      yield { commit, chunks }
    }
  } catch (error) {
    if ((error as { code?: string }).code !== 'LEVEL_CORRUPTION') throw error
    return { number, reason: `commit ${number} cannot be read: ${(error as Error).message}` }
  } finally {
    await Promise.all([headers.close(), texts.close()])
  }
}

function faultOf(
  commit: StoredCommit,
  chunks: readonly Buffer[],
  number: number,
  previousHash: string,
): string | undefined {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  if (commit.length !== length)
    return `the changes of commit ${number} have ${length} octets, its header says ${commit.length}`
  if (commit.number !== number || commit.hash !== hashOf(commit, chunks))
    return `commit ${number} does not match its hash`
  if (commit.previousHash !== previousHash)
    return `commit ${number} does not follow commit ${number - 1}: its hash of the one before is another`
  return undefined
}

/** Moves all from commit `number` on under `prefix`. Returns the highest number among them. */
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
  await database.batch([{ type: 'put', key: `${prefix}done`, value: Buffer.alloc(0) }], { sync: true })
  return last
}

export const asideFor = (now: number): string => `${asidePrefix}${new Date(now).toISOString()}!`
