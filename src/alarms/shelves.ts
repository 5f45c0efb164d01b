/**
 * Which shelf alarms belong into (RFC 8632, section 4.1.1): the first one of which all criteria hold. An XPath expression selects a
 * resource when the resource is a node that it selects, of a tree with what the expression looks at of running and with
 * the resource itself; other state is not there. O(what the expression looks at).
 */
import type { Context, Tree } from 'libyang-js'
import type { Log } from '../log.js'
import type { AlarmKey } from './alarm.js'
import { isDerived } from './inventory.js'
import type { Shelf } from './settings.js'

/** Bounds of one expression. */
const budget = { deadline: 1_000, nodes: 1_000_000 }

const prefixed = /([A-Za-z_][\w.-]*):(?!:)/g
const anyNamespace = 'urn:ietf:params:xml:ns:yang:ietf-alarms'

export interface ShelvesOptions {
  readonly context: Context
  /** Runs `use` on running. */
  readonly running: <T>(use: (tree: Tree) => Promise<T>) => Promise<T>
  readonly log: Log
}

export class Shelves {
  readonly #options: ShelvesOptions
  shelves: readonly Shelf[] = []

  constructor(options: ShelvesOptions) {
    this.#options = options
  }

  /** For each alarm the name of its shelf, if it has one. Never rejects. */
  async sort<Key extends AlarmKey>(keys: readonly Key[]): Promise<ReadonlyMap<Key, string>> {
    const found = new Map<Key, string>()
    for (const { name, types, resources } of this.shelves) {
      const open = keys.filter(
        (key) =>
          !found.has(key) &&
          (types.length === 0 ||
            types.some(({ type, qualifier }) => isDerived(key.type, type) && qualifier.test(key.qualifier))),
      )
      const selected = await this.select(
        resources,
        open.map(({ resource }) => resource),
      )
      for (const key of open) if (resources.length === 0 || selected.has(key.resource)) found.set(key, name)
    }
    return found
  }

  /** Why it can't select a resource, for a person: it is no expression, names no module that there is, or gives no nodes. */
  fault(expression: string): string | undefined {
    // What is no expression is kept as the text that it is, without the namespaces of its prefixes: these are not what is wrong.
    const prefixes = [...expression.matchAll(prefixed)].map(([, prefix = '']) => [prefix, anyNamespace])
    return this.#refused(expression, Object.fromEntries(prefixes)) ?? this.#refused(expression)
  }

  #refused(expression: string, namespaces?: Readonly<Record<string, string>>): string | undefined {
    try {
      this.#options.context.xpathFilter(expression, namespaces)[Symbol.dispose]()
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }

  /** Those of the resources that an expression selects; what is no XPath expression selects none. Never rejects. */
  async select(expressions: readonly string[], resources: readonly string[]): Promise<ReadonlySet<string>> {
    const selected = new Set<string>()
    if (resources.length === 0) return selected
    for (const expression of expressions)
      for (const path of await this.#select(expression, resources)) selected.add(path)
    return selected
  }

  async #select(expression: string, resources: readonly string[]): Promise<readonly string[]> {
    const { context, running, log } = this.#options
    try {
      using filter = context.xpathFilter(expression)
      using tree = await running((whole) => whole.extract(filter, budget))
      using journal = context.journal()
      for (const resource of resources) await tree.set(resource, undefined, journal)
      return await tree.find(expression, budget)
    } catch (error) {
      log.debug(`${expression} selects no resource of an alarm: ${(error as Error).message}`)
      return []
    }
  }
}
