/**
 * Reads of the datastores (RFC 8342, section 5). Running and the candidate are printed as they are; of a candidate that was
 * edited without being validated, defaults that hang on a `when` are derived for the time that a print takes to begin, and
 * taken back: what is printed is what a validation would make of it, and a read changes nothing.
 */
import type { PrintOptions, Tree } from 'libyang-js'
import type { Candidate } from './candidate.js'
import { RequestError } from './errors.js'
import type { Gate } from './gate.js'
import type { Operational } from './operational.js'
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
}

export class Reads {
  constructor(private readonly parts: ReadParts) {}

  async *read(options: ReadOptions): AsyncGenerator<Buffer, void, undefined> {
    try {
      const { source } = options
      const { trees, operational, startup, factoryDefault } = this.parts
      if (source === 'operational') yield* operational.read(options)
      else if (source === 'candidate') yield* await this.#candidate(printOptions(options))
      else if (source === 'startup' || source === 'factory-default') {
        using stored = await (source === 'startup' ? startup() : factoryDefault())
        yield* stored.print(printOptions(options))
      } else yield* trees.print(source === 'intended' ? 'running' : source, printOptions(options))
    } catch (error) {
      throw RequestError.from(error)
    }
  }

  async #candidate(print: PrintOptions): Promise<AsyncIterable<Buffer>> {
    const shown = print.defaults === 'report-all' || print.defaults === 'report-all-tagged'
    const { trees, candidate, writers } = this.parts
    if (!shown || candidate.derived) return trees.print('candidate', print)
    return await writers.alone(() => candidate.printDerived(print))
  }
}

/** Of a datastore of configuration. */
function printOptions({ filter, budget, defaults, config, maxDepth }: ReadOptions): PrintOptions {
  return {
    format: 'xml',
    configOnly: true,
    ...(config === false && { stateOnly: true }),
    ...(maxDepth !== undefined && { maxDepth }),
    ...(filter && { filter }),
    ...(budget && { budget }),
    ...(defaults && { defaults }),
  }
}
