/**
 * A commit as the journal stores it: a header under `commit!NUMBER`, and the text of its changes in chunks under
 * `text!NUMBER!INDEX`. Numbers are padded, so that keys sort as numbers do. The hash covers all of the header, the hash of
 * the commit before among it, and the text: a chain in which nothing can be missing or changed unnoticed.
 *
 * Other key prefixes: `aside!` for what a recovery could not use, `note!` for small values that are written with commits,
 * `meta!` for what the journal knows of itself.
 */
import { createHash } from 'node:crypto'
import type { CommitRecord } from '../types.js'

export interface StoredCommit extends Omit<CommitRecord, 'size'> {
  /** Version of this layout: 2 with `whole`. */
  readonly format: 1 | 2
  /** The text is all of running and not changes: the configuration was carried over from another module set. */
  readonly whole?: true
  readonly chunks: number
  /** Octets of all chunks. */
  readonly length: number
}

export const commitPrefix = 'commit!'
export const textPrefix = 'text!'
export const asidePrefix = 'aside!'
export const notePrefix = 'note!'
/** The highest number that was ever given away, when no commit has it any more: numbers are not used again. */
export const floorKey = 'meta!floor'
/** The version of the store: the last migration step that it needs no more. */
export const versionKey = 'meta!version'

const numberDigits = 12
const indexDigits = 6

export const commitKey = (number: number): string => commitPrefix + String(number).padStart(numberDigits, '0')
export const textKey = (number: number, index: number): string =>
  `${textPrefix}${String(number).padStart(numberDigits, '0')}!${String(index).padStart(indexDigits, '0')}`

export const noteKey = (name: string): string => notePrefix + name

/** First key after all those that begin with `prefix`. */
export const after = (prefix: string): string => prefix.slice(0, -1) + '"'

/** Hash of a commit, its own hash left out. */
export function hashOf(commit: Omit<StoredCommit, 'hash'>, chunks: readonly Buffer[]): string {
  const { format, number, time, user, session, comment, moduleSet, previousHash, length } = commit
  const header = [
    format,
    number,
    time,
    user,
    session,
    comment,
    moduleSet,
    previousHash,
    commit.chunks,
    length,
    ...(commit.whole ? ['whole'] : []),
  ]
  const hash = createHash('sha256').update(JSON.stringify(header)).update('\n')
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

export function encodeHeader(commit: StoredCommit): Buffer {
  return Buffer.from(JSON.stringify(commit))
}

/** Stored by a version of Weft that this one does not know; it is not for this one to judge it broken. */
export class LaterVersionError extends Error {
  constructor(number: number) {
    super(
      `commit ${number} of the journal was stored by a later version of Weft: start that version, or restore a backup`,
    )
    this.name = 'LaterVersionError'
  }
}

/** Undefined when it is not a header of ours. Throws LaterVersionError. */
export function decodeHeader(value: Buffer): StoredCommit | undefined {
  let read: unknown
  try {
    read = JSON.parse(value.toString())
  } catch {
    return undefined
  }
  if (typeof read !== 'object' || read === null) return undefined
  const header = read as Record<string, unknown>
  if (Number(header['format']) > 2) throw new LaterVersionError(Number(header['number']))
  const numbers = ['number', 'time', 'session', 'chunks', 'length']
  const texts = ['user', 'comment', 'moduleSet', 'previousHash', 'hash']
  const sound =
    (header['format'] === 1 || (header['format'] === 2 && header['whole'] === true)) &&
    numbers.every((name) => Number.isSafeInteger(header[name])) &&
    texts.every((name) => typeof header[name] === 'string')
  return sound ? (read as StoredCommit) : undefined
}

export function toRecord(commit: StoredCommit): CommitRecord {
  const { number, time, user, session, comment, length, moduleSet, previousHash, hash } = commit
  return { number, time, user, session, comment, size: length, moduleSet, previousHash, hash }
}
