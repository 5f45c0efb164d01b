/**
 * `<rpc-error>` (RFC 6241, section 4.3 and appendix A; RFC 7950, section 15). Errors arrive complete; this file only
 * gives them their XML form: the instance path becomes an XPath expression whose prefixes are declared on `<error-path>`.
 */
import type { ModuleInfo, YangError } from 'libyang-js'
import { InstancePaths } from './paths.js'
import { element, escapeXml, YANG_NAMESPACE } from './xml.js'

export type NetconfError = YangError

/** Prints errors for one schema. */
export class ErrorPrinter {
  private readonly paths: InstancePaths

  constructor(modules: readonly ModuleInfo[]) {
    this.paths = new InstancePaths(modules)
  }

  /** `prefix`: of the base namespace where the error will stand, '' or `nc:`. */
  print(error: YangError, prefix = ''): string {
    const p = prefix
    let xml = `<${p}rpc-error>${element(`${p}error-type`, error.type)}${element(`${p}error-tag`, error.tag)}`
    xml += `<${p}error-severity>error</${p}error-severity>`
    if (error.appTag !== undefined) xml += element(`${p}error-app-tag`, error.appTag)
    if (error.path !== undefined) xml += this.paths.element(`${p}error-path`, error.path)
    xml += `<${p}error-message xml:lang="en">${escapeXml(error.message)}</${p}error-message>`
    const info = Object.entries(error.info ?? {}).flatMap(([name, values]) =>
      [values].flat().map((value) => this.info(name, value, p)),
    )
    if (info.length > 0) xml += `<${p}error-info>${info.join('')}</${p}error-info>`
    return `${xml}</${p}rpc-error>`
  }

  private info(name: string, value: string, p: string): string {
    const yang = ` xmlns="${YANG_NAMESPACE}"`
    if (name === 'missing-choice') return `<${name}${yang}>${escapeXml(value)}</${name}>`
    if (name === 'non-unique') return this.paths.element(name, value, yang)
    return element(`${p}${name}`, value)
  }
}

/** Where a part of a request stands: `rpcPath('ietf-netconf:lock/target')` for error-path. */
export function rpcPath(parameter: string): string {
  return parameter === '' ? '/ietf-netconf:rpc' : `/ietf-netconf:rpc/${parameter}`
}
