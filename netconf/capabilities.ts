/**
 * What the server says that it can do (RFC 6241, sections 8 and 10.4; RFC 8525, section 2; RFC 7950, section 5.6.4): derived
 * from the features of ietf-netconf in the schema, so that hello, yang-library and what is understood agree. Implemented
 * modules are listed one by one too, for clients from before yang-library.
 */
import type { Context, ModuleInfo } from 'libyang-js'
import { escapeXml } from './xml.js'
import { contentId } from './state/yang-library.js'

export const BASE_1_0 = 'urn:ietf:params:netconf:base:1.0'
export const BASE_1_1 = 'urn:ietf:params:netconf:base:1.1'

/** A feature of ietf-netconf and the capability that it stands for. */
const features: Readonly<Record<string, string>> = {
  'writable-running': 'urn:ietf:params:netconf:capability:writable-running:1.0',
  candidate: 'urn:ietf:params:netconf:capability:candidate:1.0',
  'confirmed-commit': 'urn:ietf:params:netconf:capability:confirmed-commit:1.1',
  'rollback-on-error': 'urn:ietf:params:netconf:capability:rollback-on-error:1.0',
  startup: 'urn:ietf:params:netconf:capability:startup:1.0',
  url: 'urn:ietf:params:netconf:capability:url:1.0?scheme=file',
  validate: 'urn:ietf:params:netconf:capability:validate:1.1',
  xpath: 'urn:ietf:params:netconf:capability:xpath:1.0',
}

/** Modules that are a capability of their own. */
const ofModules: Readonly<Record<string, string>> = {
  'ietf-netconf-with-defaults':
    'urn:ietf:params:netconf:capability:with-defaults:1.0' +
    '?basic-mode=explicit&also-supported=report-all,report-all-tagged,trim',
  'ietf-netconf-nmda': 'urn:ietf:params:netconf:capability:with-operational-defaults:1.0',
  'ietf-netconf-partial-lock': 'urn:ietf:params:netconf:capability:partial-lock:1.0',
}

export function capabilities(context: Context): readonly string[] {
  const enabled = context.modules.find((module) => module.name === 'ietf-netconf')?.features ?? []
  const list = [BASE_1_0, BASE_1_1]
  for (const [feature, uri] of Object.entries(features)) if (enabled.includes(feature)) list.push(uri)
  for (const [module, uri] of Object.entries(ofModules))
    if (context.modules.some(({ name, implemented }) => name === module && implemented)) list.push(uri)
  const library = context.modules.find((module) => module.name === 'ietf-yang-library' && module.implemented)
  if (library !== undefined) {
    const parameters = `revision=${library.revision ?? ''}&content-id=${contentId(context)}`
    list.push(`urn:ietf:params:netconf:capability:yang-library:1.1?${parameters}`)
  }
  for (const module of context.modules) if (module.implemented) list.push(moduleCapability(module))
  return list
}

function moduleCapability(module: ModuleInfo): string {
  const parameters = [`module=${module.name}`]
  if (module.revision !== undefined) parameters.push(`revision=${module.revision}`)
  if (module.features.length > 0) parameters.push(`features=${module.features.join(',')}`)
  if (module.deviations.length > 0) parameters.push(`deviations=${module.deviations.join(',')}`)
  return `${module.namespace}?${parameters.join('&')}`
}

export function printCapabilities(list: readonly string[]): string {
  const items = list.map((uri) => `<capability>${escapeXml(uri)}</capability>`)
  return `<capabilities>${items.join('')}</capabilities>`
}
