/** What the tests of edits share: a schema with every kind of constraint, and short ways to edit and to look. */
import { createContext } from '../src/index.js'
import type { Context, EditOptions, Journal, Tree, YangError } from '../src/index.js'
import { ietf, modules, text } from './helpers.js'

export function workshop(): Promise<Context> {
  return createContext({
    searchDirs: [modules, ...ietf],
    modules: [{ name: 'ietf-netconf' }, { name: 'workshop' }],
  })
}

const plain: EditOptions = { defaultOperation: 'merge', errorOption: 'rollback-on-error' }
const namespaces =
  'xmlns="urn:libyang-js:workshop" xmlns:w="urn:libyang-js:workshop" ' +
  'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" xmlns:yang="urn:ietf:params:xml:ns:yang:1"'

/** Elements of the workshop with all prefixes declared: `op="delete"` is short for the operation attribute. */
export function config(xml: string): string {
  const attributes = xml.replaceAll(' op="', ' nc:operation="').replaceAll(' insert="', ' yang:insert="')
  return attributes.replace(/<(motto|mode|box|item|queue|need|state)(?=[ >/])/g, `<$1 ${namespaces}`)
}

export async function edit(
  context: Context,
  tree: Tree,
  xml: string,
  options: Partial<EditOptions> = {},
): Promise<{ journal: Journal; errors: readonly YangError[] }> {
  using fragment = context.fragment(config(xml))
  return tree.edit(fragment, { ...plain, ...options })
}

/** Edits, which must succeed. */
export async function done(
  context: Context,
  tree: Tree,
  xml: string,
  options: Partial<EditOptions> = {},
): Promise<Journal> {
  const { journal, errors } = await edit(context, tree, xml, options)
  if (errors.length > 0) throw new Error(`${xml}: ${JSON.stringify(errors)}`)
  return journal
}

/** What a tree holds, in an order that only lists `ordered` by the user can change: what was set, and what is there. */
export async function whole(tree: Tree, ordered: ReadonlySet<string> = ofWorkshop): Promise<unknown> {
  const set = sorted(JSON.parse((await text(tree, { format: 'json' })) || '{}'), '', ordered)
  return { set, there: [...(await tree.find('//*'))].sort() }
}

const ofWorkshop: ReadonlySet<string> = new Set(['number', 'step', 'queue'])

function sorted(value: unknown, name: string, ordered: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) {
    const entries = value.map((entry) => sorted(entry, '', ordered))
    if (ordered.has(name.replace(/^.*:/, ''))) return entries
    return entries.map((entry) => JSON.stringify(entry)).sort()
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner, key, ordered)]),
  )
}

/** Draws numbers that a seed decides. */
export function dice(seed: number): (sides: number) => number {
  let state = (seed + 1) * 2654435761
  return (sides) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0
    const mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39)
    return ((mixed ^ (mixed >>> 15)) >>> 0) % sides
  }
}
