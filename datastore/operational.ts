/**
 * Reads of `<operational>` (RFC 8342, section 5.3): running with the state of those providers that the filter may match,
 * each told what the filter is about. State goes into a small tree of its own, and the two are printed as one: running is
 * neither copied nor changed. What is large, such as the routes of a RIB, is streamed from its provider when the print comes to its place.
 * Only a filter that has to be evaluated beforehand, such as an XPath expression with a
 * condition on state, needs one tree of both: then what it can look at of running is copied, within the read's budget.
 *
 * What may not be read is not printed; a provider of nothing else is not asked, and nothing is streamed of which it depends
 * on the instance.
 *
 * A provider that fails or does not answer leaves its part out and is logged: the rest of the state is worth having.
 */
import { setImmediate } from 'node:timers/promises'
import type { Context, Filter, PrintOptions, Tree } from 'libyang-js'
import { everything, type StateProvider, type StateStream, type Wanted } from './controller.js'
import { withDeadline } from './deadline.js'
import { why } from './errors.js'
import type { Trees } from './trees.js'
import type { Log, ReadOptions } from './types.js'

export class Operational {
  readonly #context: Context
  readonly #trees: Trees
  readonly #providers: readonly StateProvider[]
  readonly #log: Log
  readonly #deadline: number

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

  async *read(options: Omit<ReadOptions, 'source'>): AsyncGenerator<Buffer, void, undefined> {
    const { filter, access } = options
    const print = this.#print(options)
    const asked = this.#providers.filter(
      ({ path }) => (filter?.mayMatch(path) ?? true) && !access?.readsNone(path),
    )
    if (asked.length === 0 && !needsPruning(options)) {
      yield* this.#trees.print('running', print)
      return
    }
    if (filter && !filter.onTheWay) yield* this.#whole(print, asked, filter)
    else yield* this.#parts(print, asked, options)
  }

  /** Everything that the filter may look at in one tree. */
  async *#whole(
    { access, ...print }: PrintOptions,
    asked: readonly StateProvider[],
    filter: Filter,
  ): AsyncGenerator<Buffer, void, undefined> {
    using running = await this.#trees.read('running')
    using both = await running.tree.extract(filter, print.budget)
    await this.#merge(both, asked, filter)
    if (access) await both.prune(access)
    // Only origins look at running beside what was copied of it.
    if (!print.origins) running[Symbol.dispose]()
    yield* both.print(print.origins ? { ...print, intended: running.tree } : print)
  }

  /** Running and state as one, and what is large from its provider, unless only a part of it is wanted. */
  async *#parts(
    print: PrintOptions,
    asked: readonly StateProvider[],
    { filter, config, maxDepth, access }: Omit<ReadOptions, 'source'>,
  ): AsyncGenerator<Buffer, void, undefined> {
    const streams = asked
      .flatMap((provider) => provider.streams ?? [])
      .filter(
        ({ path }) => maxDepth === undefined && !filter?.divides(path) && (access?.readsAll(path) ?? true),
      )
    using state = this.#context.tree()
    await this.#merge(state, asked, without(filter ?? everything, streams))
    const holes = config === true ? [] : streams.map(({ path }) => path)
    for await (const slice of this.#trees.print('running', { ...print, beside: state, holes })) {
      yield slice
      const { hole } = slice
      if (hole === undefined) continue
      const schemaPath = hole.replace(/\[[^\]]*='[^']*'\]|\[[^\]]*="[^"]*"\]/g, '')
      const stream = streams.find(({ path }) => path === schemaPath)
      if (stream) yield* this.#stream(stream, hole)
    }
  }

  async *#stream({ path, read }: StateStream, instance: string): AsyncGenerator<Buffer, void, undefined> {
    const pieces = read(instance)[Symbol.asyncIterator]()
    try {
      for (;;) {
        const piece = await withDeadline(pieces.next(), this.#deadline, () => this.#late())
        if (piece.done) return
        if (piece.value.length > 0) yield Buffer.from(piece.value)
        // Others get their turn, however fast the provider is.
        await setImmediate()
      }
    } catch (error) {
      this.#log.error(`state for ${path} is missing from a reply: ${why(error)}`)
    } finally {
      void pieces.return?.().catch(() => undefined)
    }
  }

  #print(options: Omit<ReadOptions, 'source'>): PrintOptions {
    const { filter, budget, access, defaults, config, maxDepth, origins } = options
    const provided = Object.fromEntries(this.#providers.flatMap((each) => Object.entries(each.origins ?? {})))
    return {
      format: 'xml',
      ...(config !== undefined && { configOnly: config, stateOnly: !config }),
      ...(filter && { filter }),
      ...(budget && { budget }),
      ...(access && { access }),
      ...(defaults && { defaults }),
      ...(maxDepth !== undefined && { maxDepth }),
      ...(origins && { origins: { ...origins, provided } }),
    }
  }

  async #merge(tree: Tree, providers: readonly StateProvider[], wanted: Wanted): Promise<void> {
    for (const provider of providers) await this.#fill(tree, provider, wanted)
  }

  #late(): Error {
    return new Error(`its provider did not answer within ${this.#deadline / 1000} s`)
  }

  async #fill(tree: Tree, provider: StateProvider, wanted: Wanted): Promise<void> {
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

/** A filter that has to be evaluated beforehand would look at what may not be read. */
export function needsPruning({ filter, access }: Omit<ReadOptions, 'source'>): boolean {
  return filter !== undefined && access !== undefined && !filter.onTheWay && !access.clears(filter)
}

/** What is wanted but for the content of streams. */
function without(wanted: Wanted, streams: readonly StateStream[]): Wanted {
  const inside = (path: string): boolean => streams.some((stream) => path.startsWith(`${stream.path}/`))
  return {
    mayMatch: (path) => !inside(path) && wanted.mayMatch(path),
    values: (path) => (inside(path) ? [] : wanted.values(path)),
  }
}
