/**
 * `<rpc-error>` (RFC 6241, section 4.3 and appendix A; RFC 7950, section 15). Errors arrive complete; this file only
 * gives them their XML form: the instance path becomes an XPath expression whose prefixes are declared on `<error-path>`.
 */
import type { ModuleInfo, YangError } from 'libyang-js'
import { BASE_NAMESPACE, element, escapeXml, YANG_NAMESPACE } from './xml.js'

export type NetconfError = YangError

interface Step {
  readonly module: string
  readonly text: string
  readonly used: readonly string[]
}

const nameStep = /^(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*|\*)/
const keyPredicate = /^\[(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)=('[^']*'|"[^"]*")\]/
const otherPredicate = /^\[(?:\.=(?:'[^']*'|"[^"]*")|\d+)\]/

/** Prints errors for one schema; module prefixes are made unique once. */
export class ErrorPrinter {
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

  /** `prefix`: of the base namespace where the error will stand, '' or `nc:`. */
  print(error: YangError, prefix = ''): string {
    const p = prefix
    let xml = `<${p}rpc-error>${element(`${p}error-type`, error.type)}${element(`${p}error-tag`, error.tag)}`
    xml += `<${p}error-severity>error</${p}error-severity>`
    if (error.appTag !== undefined) xml += element(`${p}error-app-tag`, error.appTag)
    if (error.path !== undefined) xml += this.path(`${p}error-path`, '', error.path)
    xml += `<${p}error-message xml:lang="en">${escapeXml(error.message)}</${p}error-message>`
    const info = Object.entries(error.info ?? {}).flatMap(([name, values]) =>
      [values].flat().map((value) => this.info(name, value, p)),
    )
    if (info.length > 0) xml += `<${p}error-info>${info.join('')}</${p}error-info>`
    return `${xml}</${p}rpc-error>`
  }

  /** An instance path of libyang as XPath: every step has a prefix, also in predicates. */
  private path(name: string, attributes: string, path: string): string {
    const steps = parsePath(path)
    if (steps === undefined) return `<${name}${attributes}>${escapeXml(path)}</${name}>`
    const declared = new Map<string, string>()
    let expression = ''
    for (const step of steps) {
      for (const name of step.used) {
        const module = this.modules.get(name)
        if (module !== undefined) declared.set(module.prefix, module.namespace)
      }
      expression += `/${step.text.replace(/\0([^\0]*)\0/g, (_all, name: string) => this.modules.get(name)?.prefix ?? name)}`
    }
    const declarations = [...declared].map(([prefix, uri]) => ` xmlns:${prefix}="${escapeXml(uri)}"`).join('')
    return `<${name}${attributes}${declarations}>${escapeXml(expression)}</${name}>`
  }

  private info(name: string, value: string, p: string): string {
    const yang = ` xmlns="${YANG_NAMESPACE}"`
    if (name === 'missing-choice') return `<${name}${yang}>${escapeXml(value)}</${name}>`
    if (name === 'non-unique') return this.path(name, yang, value)
    return element(`${p}${name}`, value)
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
    module = name[1] ?? module
    if (module === '') return undefined
    rest = rest.slice(1 + name[0].length)
    let text = `\0${module}\0:${name[2]}`
    const used = [module]
    while (rest.startsWith('[')) {
      const key = keyPredicate.exec(rest)
      const predicate = key ?? otherPredicate.exec(rest)
      if (predicate === null) return undefined
      if (key !== null) {
        const keyModule = key[1] ?? module
        used.push(keyModule)
        text += `[\0${keyModule}\0:${key[2]}=${key[3]?.replaceAll('\0', '')}]`
      } else {
        text += predicate[0].replaceAll('\0', '')
      }
      rest = rest.slice(predicate[0].length)
    }
    steps.push({ module, text, used })
  }
  return steps.length > 0 ? steps : undefined
}

/** Where a part of a request stands: `rpcPath('lock/target')` for error-path. */
export function rpcPath(parameter: string): string {
  return parameter === '' ? '/ietf-netconf:rpc' : `/ietf-netconf:rpc/${parameter}`
}
