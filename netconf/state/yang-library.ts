/**
 * `/ietf-yang-library:yang-library` (RFC 8525) from the modules of a context: one module set, one schema, and the
 * datastores that use it. The content id is a hash over the module set: it changes when, and only when, that does.
 */
import { createHash } from 'node:crypto'
import type { Context, ModuleInfo } from 'libyang-js'
import type { StateProvider } from '../../datastore/index.js'
import { element } from '../xml.js'

const NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-yang-library'
const DATASTORES = 'urn:ietf:params:xml:ns:yang:ietf-datastores'

const known = new WeakMap<Context, string>()

export function contentId(context: Context): string {
  const before = known.get(context)
  if (before !== undefined) return before
  const hash = createHash('sha256').update(printModules(context.modules)).digest('hex').slice(0, 32)
  known.set(context, hash)
  return hash
}

export function yangLibraryState(context: Context): StateProvider {
  const id = contentId(context)
  const datastores = ['running', 'candidate', 'operational'].map(
    (name) =>
      `<datastore><name xmlns:ds="${DATASTORES}">ds:${name}</name><schema>complete</schema></datastore>`,
  )
  const library = [
    `<yang-library xmlns="${NAMESPACE}">`,
    `<module-set><name>complete</name>${printModules(context.modules)}</module-set>`,
    '<schema><name>complete</name><module-set>complete</module-set></schema>',
    ...datastores,
    element('content-id', id),
    '</yang-library>',
  ].join('')
  return {
    path: '/ietf-yang-library:yang-library',
    async *read() {
      yield library
    },
  }
}

function printModules(modules: readonly ModuleInfo[]): string {
  const sorted = [...modules].sort(
    (a, b) => compare(a.name, b.name) || compare(a.revision ?? '', b.revision ?? ''),
  )
  return sorted.map((module) => (module.implemented ? printModule(module) : printImport(module))).join('')
}

function printModule(module: ModuleInfo): string {
  const parts = [
    element('name', module.name),
    ...revision(module.revision),
    element('namespace', module.namespace),
    ...printSubmodules(module),
    ...module.features.map((feature) => element('feature', feature)),
    ...module.deviations.map((name) => element('deviation', name)),
  ]
  return `<module>${parts.join('')}</module>`
}

function printImport(module: ModuleInfo): string {
  const parts = [
    element('name', module.name),
    element('revision', module.revision ?? ''),
    element('namespace', module.namespace),
    ...printSubmodules(module),
  ]
  return `<import-only-module>${parts.join('')}</import-only-module>`
}

function printSubmodules(module: ModuleInfo): string[] {
  return module.submodules.map(({ name, revision: date }) => {
    return `<submodule>${element('name', name)}${revision(date).join('')}</submodule>`
  })
}

function revision(date: string | undefined): string[] {
  return date === undefined ? [] : [element('revision', date)]
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
