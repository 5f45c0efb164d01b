/**
 * RFC 8341, sections 3.4.4 and 3.4.5, word for word over plain documents (RFC 7951 JSON): the judge of the compiled rules in
 * the tests. It asks every rule about every node.
 */
import type { AccessOperation, AccessOptions } from '../src/index.js'

/** A data node with all nodes above it, the outermost first. */
export interface Step {
  readonly module: string
  readonly name: string
  /** Of an entry of a list, or `.` of a leaf-list. */
  readonly keys: Readonly<Record<string, string>>
  /** `all` or `write`: marked as denied by default. */
  readonly marked?: 'all' | 'write'
}

export interface Found {
  readonly steps: readonly Step[]
  /** Of a leaf; `''` for what has no value. */
  readonly value: string
}

export const listKeys: Readonly<Record<string, readonly string[]>> = { room: ['floor', 'name'], box: ['id'] }
const marks: Readonly<Record<string, 'all' | 'write'>> = { secret: 'all', plan: 'write' }
const meaningless: readonly string[] = ['vault', 'plan', 'door', 'shelf', 'cellar']

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

export function pathOf(steps: readonly Step[]): string {
  return steps
    .map(({ module, name, keys }, index) => {
      const named = module === steps[index - 1]?.module ? name : `${module}:${name}`
      return `/${named}${Object.entries(keys)
        .map(([key, value]) => `[${key}='${value}']`)
        .join('')}`
    })
    .join('')
}

/** Every node of a document, those above before those below; containers that mean nothing by themselves are left out. */
export function nodesOf(document: Json): Found[] {
  const out: Found[] = []
  const object = (json: Json, above: readonly Step[]): void => {
    for (const [qualified, value] of Object.entries(json as Record<string, Json>)) {
      const [first = '', second] = qualified.split(':')
      const module = second === undefined ? (above.at(-1)?.module ?? '') : first
      const name = second ?? first
      const mark = marks[name]
      for (const one of Array.isArray(value) ? (value as Json[]) : [value]) {
        const inner = typeof one === 'object' && one !== null
        const keys = Array.isArray(value)
          ? inner
            ? Object.fromEntries(
                (listKeys[name] ?? []).map((key) => [key, String((one as Record<string, Json>)[key])]),
              )
            : { '.': String(one) }
          : {}
        const steps = [...above, { module, name, keys, ...(mark && { marked: mark }) }]
        if (!meaningless.includes(name)) out.push({ steps, value: inner ? '' : String(one) })
        if (inner) object(one, steps)
      }
    }
  }
  object(document, [])
  return out
}

interface Wanted {
  readonly module: string | undefined
  readonly name: string
  readonly keys: Readonly<Record<string, string>>
}

function parse(path: string): Wanted[] {
  return [...path.matchAll(/\/(?:([a-z-]+):)?([a-z-]+)((?:\[[^\]]*\])*)/g)].map(
    ([, module, name = '', predicates = '']) => ({
      module,
      name,
      keys: Object.fromEntries(
        [...predicates.matchAll(/\[([^=]+)='([^']*)'\]/g)].map(([, key = '', value = '']) => [key, value]),
      ),
    }),
  )
}

/** The node of the path, or one below. */
function covers(path: string, steps: readonly Step[]): boolean {
  if (path === '/') return true
  const wanted = parse(path)
  return (
    wanted.length <= steps.length &&
    wanted.every(({ name, keys }, index) => {
      const step = steps[index] as Step
      return name === step.name && Object.entries(keys).every(([key, value]) => step.keys[key] === value)
    })
  )
}

/** Steps 6 to 12 of section 3.4.5 for one node, whatever is above it. */
export function permits(options: AccessOptions, operation: AccessOperation, steps: readonly Step[]): boolean {
  const node = steps.at(-1) as Step
  for (const rule of options.rules) {
    if (rule.module !== '*' && rule.module !== node.module) continue
    if (rule.operation !== undefined || rule.notification !== undefined) continue
    if (rule.path !== undefined && !covers(rule.path, steps)) continue
    if (rule.access.includes(operation)) return rule.permit
  }
  const marked = steps.map((step) => step.marked)
  if (marked.includes('all')) return false
  if (marked.includes('write') && operation !== 'read' && operation !== 'exec') return false
  return options.defaults.includes(operation)
}

/** A node that is permitted below others that are, and for entries with their keys. */
export function readable(options: AccessOptions, steps: readonly Step[]): boolean {
  return steps.every((step, index) => {
    const upTo = steps.slice(0, index + 1)
    const keys = (listKeys[step.name] ?? []).map((name) => ({ module: step.module, name, keys: {} }))
    return [upTo, ...keys.map((key) => [...upTo, key])].every((path) => permits(options, 'read', path))
  })
}

/** What is left of a document for a reader. */
export function pruned(options: AccessOptions, document: Json): Json {
  const object = (json: Json, above: readonly Step[]): Json => {
    const out: Record<string, Json> = {}
    for (const [qualified, value] of Object.entries(json as Record<string, Json>)) {
      const [first = '', second] = qualified.split(':')
      const module = second === undefined ? (above.at(-1)?.module ?? '') : first
      const name = second ?? first
      const mark = marks[name]
      const keep = (one: Json, keys: Record<string, string>): Json | undefined => {
        const steps = [...above, { module, name, keys, ...(mark && { marked: mark }) }]
        if (!readable(options, steps)) return undefined
        if (typeof one !== 'object' || one === null) return one
        const inside = object(one, steps)
        return meaningless.includes(name) && Object.keys(inside as object).length === 0 ? undefined : inside
      }
      if (!Array.isArray(value)) {
        const kept = keep(value, {})
        if (kept !== undefined) out[qualified] = kept
        continue
      }
      const entries = (value as Json[]).flatMap((one) => {
        const inner = typeof one === 'object' && one !== null
        const keys = inner
          ? Object.fromEntries(
              (listKeys[name] ?? []).map((key) => [key, String((one as Record<string, Json>)[key])]),
            )
          : { '.': String(one) }
        const kept = keep(one, keys)
        return kept === undefined ? [] : [kept]
      })
      if (entries.length > 0) out[qualified] = entries
    }
    return out
  }
  return object(document, [])
}
