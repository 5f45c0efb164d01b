/**
 * The startup datastore (RFC 6241, section 8.7): the configuration that a new boot of the machine begins with. Running is
 * durable by itself, so a restart of this process alone resumes running. Startup is stored as text; no tree of it is
 * resident, and whoever reads it pays for making one, O(startup).
 *
 * Callers are alone among writers (see `datastores.ts`).
 */
import type { Access, Context, Fragment, Tree } from 'libyang-js'
import { migrate } from './carry.js'
import { RequestError, UnavailableError, why } from './errors.js'
import type { CommitJournal, StartupHeader } from './journal/index.js'
import { versionOf, type Migration } from './migrate/index.js'
import { Replay } from './recover.js'
import type { Log, Requester } from './types.js'

/** Octets of a chunk of its text. */
const chunkBytes = 1 << 20

export interface StartupParts {
  readonly directory: string
  readonly context: Context
  readonly journal: Pick<CommitJournal, 'startup'>
  readonly moduleSet: string
  readonly migrations: readonly Migration[]
  readonly clock: () => number
  readonly log: Log
}

export class Startup {
  readonly #parts: StartupParts

  constructor(parts: StartupParts) {
    this.#parts = parts
  }

  /** Undefined: there never was one. Rejects with an Error when what is stored cannot be read. */
  header(): Promise<StartupHeader | undefined> {
    return this.#parts.journal.startup.header()
  }

  /** The configuration of `tree` becomes startup. */
  async save({ user }: Requester, tree: Tree): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of tree.snapshot(chunkBytes)) chunks.push(chunk)
    await this.#parts.journal.startup.save(this.#entry(user), chunks)
  }

  /** RFC 6241, section 7.4: nothing is left of it. */
  async delete({ user }: Requester): Promise<void> {
    await this.#parts.journal.startup.save({ ...this.#entry(user), deleted: true }, [])
  }

  /** A tree of it, the caller's, with its defaults; an empty one when it was deleted. Rejects with RequestError. */
  async tree(): Promise<Tree> {
    const { context, journal } = this.#parts
    const tree = context.tree()
    try {
      for (const chunk of await journal.startup.text()) await tree.load(chunk)
      using derived = context.journal()
      const errors = await tree.validate(derived)
      if (errors.length > 0) throw new RequestError(errors)
      return tree
    } catch (error) {
      tree[Symbol.dispose]()
      throw new RequestError({
        type: 'application',
        tag: 'operation-failed',
        message: `startup cannot be read: ${why(error)}; copy another configuration to it`,
      })
    }
  }

  /** What a client would send to make a datastore what startup is. Rejects with RequestError: `data-missing` when there is none. */
  async content(access?: Access): Promise<Fragment> {
    const header = await this.header()
    if (!header || header.deleted)
      throw new UnavailableError(
        {
          type: 'application',
          tag: 'data-missing',
          message: 'startup is empty: it was deleted; copy a configuration to it first',
        },
        'startup',
      )
    using tree = await this.tree()
    const pieces: Buffer[] = []
    for await (const piece of tree.print({ format: 'xml', configOnly: true, ...(access && { access }) }))
      pieces.push(piece)
    return this.#parts.context.fragment(Buffer.concat(pieces))
  }

  /** Carries over what was written with other modules. What cannot be carried over stays as it is; that is an error in the log. */
  async carryOver(): Promise<void> {
    const { context, directory, journal, log, migrations, moduleSet } = this.#parts
    try {
      const header = await this.header()
      if (!header || header.deleted || header.moduleSet === moduleSet) return
      using replay = new Replay(context, true)
      const named = { number: 0, time: header.time, user: header.user, moduleSet: header.moduleSet }
      for (const chunk of await journal.startup.text()) await replay.load(named, chunk)
      const due = header.version < versionOf(migrations)
      if (due || replay.refusal || (await replay.validate({ directory, moduleSet })).length > 0)
        await migrate({ context, directory, migrations, moduleSet }, header.version, replay, header.moduleSet)
      await this.save({ session: 0, user: header.user }, replay.tree)
      log.info(`startup was carried over from module set ${header.moduleSet.slice(0, 12)}`)
    } catch (error) {
      log.error(`startup cannot be used: ${why(error)}`)
    }
  }

  #entry(user: string): Pick<StartupHeader, 'time' | 'user' | 'moduleSet' | 'version'> {
    const { clock, moduleSet, migrations } = this.#parts
    return { time: clock(), user, moduleSet, version: versionOf(migrations) }
  }
}
