/**
 * What a start reads of a store: the newest snapshot that is whole, the commits after it, and what is wrong with either.
 * Nothing that was acknowledged goes without being said; nothing that cannot be used is deleted. What LevelDB cannot read
 * is copied aside and repaired, once. The cost follows the size of running and of the commits since its snapshot.
 */
import type { CommitRecord, Loss } from '../types.js'
import { asideFor, readChain, setAside, start, type Link, type WholeCommit } from './chain.js'
import { codeOf, repairOpen, type Database, type Opened } from './directory.js'
import { KeptCommits } from './kept.js'
import type { HeldLogs } from './logs.js'
import {
  after,
  commitKey,
  commitPrefix,
  decodeHeader,
  floorKey,
  notePrefix,
  toRecord,
  versionKey,
} from './record.js'
import { Snapshots, type Snapshot } from './snapshots.js'
import { Witness } from './witness.js'

export class Recovery {
  readonly snapshots: Snapshots
  readonly witness: Witness
  readonly kept = new KeptCommits()
  readonly notes = new Map<string, string>()
  /** What was damaged without a commit of running being lost. */
  readonly faults: string[] = []
  /** Snapshots that can be used, the newest first. */
  usable: Snapshot[] = []
  head: CommitRecord | undefined
  /** The highest number that was ever given away. */
  floor = 0
  /** Version of the store; undefined: nobody said, or there is nothing in it. */
  version: number | undefined
  readonly #directory: string
  readonly #database: Database
  readonly #now: number
  readonly #logs: HeldLogs
  #damaged: Opened['damaged']

  constructor(directory: string, { database, damaged, logs }: Opened, now: number) {
    this.#directory = directory
    this.#database = database
    this.#damaged = damaged
    this.#logs = logs
    this.#now = now
    this.snapshots = new Snapshots(directory)
    this.witness = new Witness(directory)
  }

  /** Module set of the last commit that there seems to be; undefined: none. */
  async moduleSet(): Promise<string | undefined> {
    const range = { gt: commitPrefix, lt: after(commitPrefix), reverse: true, limit: 1 }
    const [value] = await this.#readable(() => this.#database.values(range).all())
    const commit = value ? decodeHeader(value) : (await this.snapshots.list()).snapshots[0]?.commit
    return commit?.moduleSet
  }

  /** The newest snapshot that is whole and that the journal does not contradict: `commits` go on after it. */
  async base(): Promise<Snapshot | undefined> {
    const { snapshots, faults } = await this.snapshots.list()
    this.faults.push(...faults)
    this.usable = snapshots
    for (let snapshot = snapshots[0]; snapshot !== undefined; snapshot = snapshots[0]) {
      const { commit } = snapshot
      const stored = await this.#readable(async () => this.#database.get(commitKey(commit.number)))
      const header = stored && decodeHeader(stored)
      const fault =
        header && header.hash !== commit.hash
          ? 'the journal has another commit of that number'
          : await this.snapshots.verify(snapshot)
      if (fault === undefined) {
        this.head = commit
        return snapshot
      }
      this.faults.push(await this.snapshots.discard(commit.number, fault))
      snapshots.shift()
    }
    return undefined
  }

  /** The commits after the base, or all; then what was lost. */
  async *commits(): AsyncGenerator<WholeCommit, readonly Loss[], undefined> {
    const link: Link = this.head ?? start
    const fault = await this.#readable(() => this.kept.read(this.#database, link))
    if (fault !== undefined)
      this.faults.push(`the history before commit ${link.number} has a hole: ${fault}; running is whole`)
    let end = yield* this.#follow()
    if (end?.corrupt && this.#damaged === undefined) {
      await this.#repair(end.reason)
      end = yield* this.#follow()
    }
    const stored = await this.#database.get(floorKey)
    this.floor = Math.max(this.head?.number ?? 0, Number(stored ?? 0))
    const version = await this.#database.get(versionKey)
    if (version !== undefined) this.version = Number(version)
    const lost = await this.#losses(end)
    for await (const [key, value] of this.#database.iterator({ gt: notePrefix, lt: after(notePrefix) }))
      this.notes.set(key.slice(notePrefix.length), value.toString())
    return lost
  }

  async *#follow() {
    const chain = readChain(this.#database, this.head)
    let step = await chain.next()
    for (; !step.done; step = await chain.next()) {
      this.kept.add(step.value.commit)
      this.head = toRecord(step.value.commit)
      yield step.value
    }
    return step.value
  }

  async #losses(
    end: { readonly number: number; readonly reason: string } | undefined,
  ): Promise<readonly Loss[]> {
    const lost: Loss[] = []
    const witnessed = (await this.witness.read())?.number ?? 0
    const next = this.floor + 1
    if (end !== undefined) {
      const keptAs = asideFor(this.#now)
      const aside = await this.#readable(() => setAside(this.#database, end.number, keptAs))
      const last = Math.max(aside, witnessed)
      lost.push({ first: end.number, last, reason: end.reason, keptAs })
    } else if (witnessed >= next) {
      const reason = 'the end of the journal is missing or cannot be read'
      const keptAs = await this.#logs.keep(this.#now)
      lost.push({ first: next, last: witnessed, reason, ...(keptAs !== undefined && { keptAs }) })
    } else if (this.head === undefined && this.floor > 0)
      lost.push({ first: 1, last: this.floor, reason: 'nothing is left of them in the journal' })
    this.floor = Math.max(this.floor, ...lost.map(({ last }) => last))
    if (this.#damaged) {
      const { copy, reason } = this.#damaged
      const [first, last] = [lost[0]?.first ?? next, lost[0]?.last ?? next - 1]
      const said = `the journal was damaged and has been repaired (${reason})`
      lost.push({ first, last, reason: said, keptAs: copy })
    }
    await this.#logs.drop()
    if (lost.length > 0) await this.#database.put(floorKey, Buffer.from(String(this.floor)), { sync: true })
    return lost
  }

  /** Does a task that can be done twice; when LevelDB cannot read something, it is repaired in between. */
  async #readable<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await task()
    } catch (error) {
      if (codeOf(error) !== 'LEVEL_CORRUPTION' || this.#damaged !== undefined) throw error
      await this.#repair((error as Error).message)
      return await task()
    }
  }

  async #repair(reason: string): Promise<void> {
    const copy = await repairOpen(this.#directory, this.#database, this.#now)
    this.#damaged = { copy, reason }
  }
}
