/**
 * Reads of `<operational>` (RFC 8342, section 5.3): running with the state of those providers that the filter may match.
 * When there are none, running itself is printed. Otherwise a copy of what the filter may match of it is made, O(what is
 * copied), the providers' state is merged into the copy, and running is free again before the first byte goes out.
 *
 * A provider that fails or does not answer leaves its part out and is logged: the rest of the state is worth having.
 */
import type { Context, Filter, Tree } from 'libyang-js'
import { everything, type StateProvider, type Wanted } from './controller.js'
import { withDeadline } from './deadline.js'
import { why } from './errors.js'
import { Gate } from './gate.js'
import type { Trees } from './trees.js'
import type { Log, ReadOptions } from './types.js'

export class Operational {
  readonly #context: Context
  readonly #trees: Trees
  readonly #providers: readonly StateProvider[]
  readonly #log: Log
  readonly #deadline: number
  /** Copies are made one at a time: they take a reader thread each. */
  readonly #copying = new Gate()

  constructor(
    context: Context,
    trees: Trees,
    providers: readonly StateProvider[],
    log: Log,
    deadline: number,
  ) {
    this.#context = context
    this.#trees = trees
    this.#providers = providers
    this.#log = log
    this.#deadline = deadline
  }

  async *read({ filter, budget }: Omit<ReadOptions, 'source'>): AsyncGenerator<Buffer, void, undefined> {
    const print = {
      format: 'xml',
      configOnly: false,
      ...(filter && { filter }),
      ...(budget && { budget }),
    } as const
    const asked = this.#providers.filter(({ path }) => filter?.mayMatch(path) ?? true)
    if (asked.length === 0) {
      using running = await this.#trees.read('running')
      yield* running.tree.print(print)
      return
    }
    using tree = await this.#make(asked, filter)
    yield* tree.print(print)
  }

  async #make(providers: readonly StateProvider[], filter: Filter | undefined): Promise<Tree> {
    const tree = await this.#copying.alone(() => this.#configuration(filter))
    try {
      for (const provider of providers) await this.#merge(tree, provider, filter ?? everything)
      return tree
    } catch (error) {
      tree[Symbol.dispose]()
      throw error
    }
  }

  /** A copy of running: of those of its top-level nodes that the filter may match. */
  async #configuration(filter: Filter | undefined): Promise<Tree> {
    using running = await this.#trees.read('running')
    if (filter === undefined) return await running.tree.copy()
    const tops = (await running.tree.find('/*')).map((path) => path.replace(/\[.*$/s, ''))
    const matching = [...new Set(tops)].filter((path) => filter.mayMatch(path))
    return matching.length === 0 ? this.#context.tree() : await running.tree.copy(matching)
  }

  #late(): Error {
    return new Error(`its provider did not answer within ${this.#deadline / 1000} s`)
  }

  async #merge(tree: Tree, provider: StateProvider, wanted: Wanted): Promise<void> {
    const pieces = provider.read(wanted)[Symbol.asyncIterator]()
    const end = performance.now() + this.#deadline
    try {
      for (;;) {
        const piece = await withDeadline(pieces.next(), Math.max(0, end - performance.now()), () =>
          this.#late(),
        )
        if (piece.done) return
        using state = this.#context.fragment(piece.value)
        const result = await tree.edit(state, {
          defaultOperation: 'merge',
          errorOption: 'continue-on-error',
          state: true,
        })
        result.journal[Symbol.dispose]()
        for (const { path, message } of result.errors)
          this.#log.error(`state for ${provider.path} does not fit the schema: ${path ?? ''} ${message}`)
      }
    } catch (error) {
      void pieces.return?.().catch(() => undefined)
      this.#log.error(`state for ${provider.path} is missing from a reply: ${why(error)}`)
    }
  }
}
