/**
 * Reads of the datastores (RFC 8342, section 5). Running and the candidate are printed as they are; of a candidate that was
 * edited without being validated, defaults that hang on a `when` are derived for the time that a print takes to begin, and
 * taken back: what is printed is what a validation would make of it, and a read changes nothing.
 */
import type { PrintOptions } from 'libyang-js'
import type { Candidate } from './candidate.js'
import { RequestError } from './errors.js'
import type { Gate } from './gate.js'
import type { Operational } from './operational.js'
import type { Trees } from './trees.js'
import type { ReadOptions } from './types.js'

export class Reads {
  constructor(
    private readonly trees: Trees,
    private readonly candidate: Candidate,
    private readonly operational: Operational,
    private readonly writers: Gate,
  ) {}

  async *read(options: ReadOptions): AsyncGenerator<Buffer, void, undefined> {
    try {
      const { source } = options
      if (source === 'operational') yield* this.operational.read(options)
      else if (source === 'candidate') yield* await this.#candidate(printOptions(options))
      else yield* this.trees.print(source, printOptions(options))
    } catch (error) {
      throw RequestError.from(error)
    }
  }

  async #candidate(print: PrintOptions): Promise<AsyncIterable<Buffer>> {
    const shown = print.defaults === 'report-all' || print.defaults === 'report-all-tagged'
    if (!shown || this.candidate.derived) return this.trees.print('candidate', print)
    return await this.writers.alone(() => this.candidate.printDerived(print))
  }
}

/** Of a datastore of configuration. */
function printOptions({ filter, budget, defaults }: ReadOptions): PrintOptions {
  return {
    format: 'xml',
    configOnly: true,
    ...(filter && { filter }),
    ...(budget && { budget }),
    ...(defaults && { defaults }),
  }
}
