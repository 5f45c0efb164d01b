/**
 * Reads of the datastores (RFC 8342, section 5). Running and the candidate are printed as they are; of a candidate that was
 * edited without being validated, defaults that hang on a `when` are derived for the time that a print takes to begin, and
 * taken back: what is printed is what a validation would make of it, and a read changes nothing.
 *
 * What may not be read is left out by the print. A filter that has to be evaluated beforehand, and could look at it, is
 * evaluated over a copy that was pruned, of what it can look at.
 */
import type { Budget, Filter, PrintOptions, Tree } from 'libyang-js'
import type { Candidate } from './candidate.js'
import { RequestError } from './errors.js'
import type { Gate } from './gate.js'
import { needsPruning, type Operational } from './operational.js'
import { Slices } from './slices.js'
import type { Trees } from './trees.js'
import type { ReadOptions } from './types.js'

export interface ReadParts {
  readonly trees: Trees
  readonly candidate: Candidate
  readonly operational: Operational
  readonly writers: Gate
  /** A tree of startup, the caller's. */
  readonly startup: () => Promise<Tree>
  /** As startup. */
  readonly factoryDefault: () => Promise<Tree>
  /** As startup: what running was after a commit. */
  readonly commit: (commit: number) => Promise<Tree>
}

type Stored = Exclude<ReadOptions['source'], 'running' | 'candidate' | 'intended' | 'operational'>

export class Reads {
  constructor(private readonly parts: ReadParts) {}

  read(options: ReadOptions): AsyncIterableIterator<Buffer> {
    const { source, access, filter } = options
    const pruned = filter !== undefined && access !== undefined && needsPruning(options)
    if ((source === 'running' || source === 'intended') && !pruned)
      return new Slices(() => this.parts.trees.begin('running', printOptions(options)))
    return this.#read(options)
  }

  async *#read(options: ReadOptions): AsyncGenerator<Buffer, void, undefined> {
    try {
      const { source, access, filter, budget } = options
      const { operational } = this.parts
      if (source === 'operational') yield* operational.read(options)
      else if (filter && access && needsPruning(options)) {
        using part = await this.#extract(options, filter, budget)
        await part.prune(access)
        yield* part.print(printOptions(options))
      } else if (source === 'candidate') yield* await this.#candidate(printOptions(options))
      else if (source !== 'running' && source !== 'intended') {
        using stored = await this.#stored(source)
        yield* stored.print(printOptions(options))
      }
    } catch (error) {
      throw RequestError.from(error)
    }
  }

  async #extract(options: ReadOptions, filter: Filter, budget: Budget | undefined): Promise<Tree> {
    const { trees, candidate, writers } = this.parts
    const { source } = options
    if (source === 'candidate' && showsDefaults(options))
      return await writers.alone(() => candidate.asDerived((tree) => tree.extract(filter, budget)))
    if (source === 'startup' || source === 'factory-default' || typeof source === 'object') {
      using stored = await this.#stored(source)
      return await stored.extract(filter, budget)
    }
    using lease = await trees.read(source === 'candidate' ? source : 'running')
    return await lease.tree.extract(filter, budget)
  }

  /** What is no resident tree. */
  async #stored(source: Stored): Promise<Tree> {
    const { startup, factoryDefault, commit } = this.parts
    if (typeof source === 'object') return await commit(source.commit)
    return await (source === 'startup' ? startup() : factoryDefault())
  }

  async #candidate(print: PrintOptions): Promise<AsyncIterable<Buffer>> {
    const { trees, candidate, writers } = this.parts
    const slices = await trees.begin('candidate', print)
    // What it is about to show has not been edited since nothing followed any more.
    if (!showsDefaults(print) || candidate.derived) return slices
    await slices.return?.()
    return await writers.alone(() =>
      candidate.asDerived(async (tree) => {
        const slices = tree.print(print)
        await slices.begin()
        return slices
      }),
    )
  }
}

function showsDefaults({ defaults }: Pick<ReadOptions, 'defaults'>): boolean {
  return defaults === 'report-all' || defaults === 'report-all-tagged'
}

/** Of a datastore of configuration. */
function printOptions(options: ReadOptions): PrintOptions {
  const { filter, budget, defaults, config, maxDepth, access } = options
  return {
    format: 'xml',
    configOnly: true,
    stateOnly: config === false ? true : undefined,
    maxDepth,
    filter,
    budget,
    access: access && !needsPruning(options) ? access : undefined,
    defaults,
  }
}
