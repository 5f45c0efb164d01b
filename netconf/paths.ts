/**
 * Instance paths as XPath 1.0 expressions with prefixes (RFC 7950, section 9.13.1): every step has one, also in predicates,
 * and all are declared on the element that holds the expression.
 */
import type { ModuleInfo } from 'libyang-js'
import { BASE_NAMESPACE, escapeXml } from './xml.js'

interface Step {
  readonly text: string
  /** Modules of its names. */
  readonly used: readonly string[]
  /** What may be the names of modules before values that are identities. */
  readonly values: readonly string[]
  /** Of an element that is no module's: its namespace, which may be ''. */
  readonly namespace?: string
}

/** After a module's name and a colon, or, of an element that is no module's, after its namespace in braces. */
const nameStep = /^(?:([A-Za-z_][\w.-]*):|\{([^{}]*)\})?([^\s/:[\]{}'"]+)/
/** A literal; of a text with both kinds of quotes concat() of some. */
const literal = `'[^']*'|"[^"]*"|concat\\((?:'[^']*'|"[^"]*"|,)*\\)`
const keyPredicate = new RegExp(`^\\[(?:([A-Za-z_][\\w.-]*):)?([A-Za-z_][\\w.-]*)=(${literal})\\]`)
const identityPrefix = /^['"]([A-Za-z_][\w.-]*):[A-Za-z_][\w.-]*['"]$/
const otherPredicate = new RegExp(`^\\[(?:\\.=(?:${literal})|\\d+)\\]`)

/** Prints paths for one schema; module prefixes are made unique once. */
export class InstancePaths {
  private readonly modules = new Map<string, { readonly prefix: string; readonly namespace: string }>()

  constructor(modules: readonly ModuleInfo[]) {
    const taken = new Set<string>(['xml', 'xmlns'])
    for (const { name, prefix, namespace } of modules) {
      const unique = taken.has(prefix) ? name : prefix
      taken.add(unique)
      this.modules.set(name, { prefix: unique, namespace })
    }
    if (!this.modules.has('ietf-netconf'))
      this.modules.set('ietf-netconf', { prefix: 'nc', namespace: BASE_NAMESPACE })
  }

  /** An element with a path of libyang; `attributes` begin with a space. A text that is no path stays as it is. */
  element(name: string, path: string, attributes = ''): string {
    const steps = parsePath(path)
    if (steps === undefined) return `<${name}${attributes}>${escapeXml(path)}</${name}>`
    const declared = new Map<string, string>()
    let expression = ''
    for (const step of steps) {
      if (step.namespace !== undefined) {
        const prefix = step.namespace === '' ? '' : `ns${declared.size}`
        if (prefix !== '') declared.set(prefix, step.namespace)
        expression += `/${prefix === '' ? '' : `${prefix}:`}${step.text}`
        continue
      }
      for (const name of step.used) {
        const module = this.modules.get(name)
        if (module !== undefined) declared.set(module.prefix, module.namespace)
      }
      for (const name of step.values) {
        const module = this.modules.get(name)
        if (module !== undefined && !declared.has(name)) declared.set(name, module.namespace)
      }
      expression += `/${step.text.replace(/\0([^\0]*)\0/g, (_all, name: string) => this.modules.get(name)?.prefix ?? name)}`
    }
    const declarations = [...declared].map(([prefix, uri]) => ` xmlns:${prefix}="${escapeXml(uri)}"`).join('')
    return `<${name}${attributes}${declarations}>${escapeXml(expression)}</${name}>`
  }
}

/** Steps with module names between NULs where a prefix belongs; undefined when it is no instance path. */
function parsePath(path: string): Step[] | undefined {
  const steps: Step[] = []
  let rest = path
  let module = ''
  while (rest !== '') {
    if (!rest.startsWith('/')) return undefined
    const name = nameStep.exec(rest.slice(1))
    if (name === null) return undefined
    const [all, own, namespace, local = ''] = name
    rest = rest.slice(1 + all.length)
    if (namespace !== undefined) {
      steps.push({ text: local, used: [], values: [], namespace })
      continue
    }
    module = own ?? module
    if (module === '') return undefined
    let text = `\0${module}\0:${local}`
    const used = [module]
    const values: string[] = []
    while (rest.startsWith('[')) {
      const key = keyPredicate.exec(rest)
      const predicate = key ?? otherPredicate.exec(rest)
      if (predicate === null) return undefined
      if (key !== null) {
        const keyModule = key[1] ?? module
        used.push(keyModule)
        const prefix = identityPrefix.exec(key[3] ?? '')?.[1]
        if (prefix !== undefined) values.push(prefix)
        text += `[\0${keyModule}\0:${key[2]}=${key[3]?.replaceAll('\0', '')}]`
      } else {
        text += predicate[0].replaceAll('\0', '')
      }
      rest = rest.slice(predicate[0].length)
    }
    steps.push({ text, used, values })
  }
  return steps.length > 0 ? steps : undefined
}
