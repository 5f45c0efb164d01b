/**
 * `/ietf-yang-library:yang-library` (RFC 8525) from the modules of a context: one module set, one schema, and the
 * datastores that use it. The content id is a hash over all of that: it changes when, and only when, the library does.
 */
import { createHash } from 'node:crypto'
import type { Context, ModuleInfo } from 'libyang-js'
import type { StateProvider } from '../../datastore/index.js'
import { element } from '../xml.js'

const NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-yang-library'
const DATASTORES = 'urn:ietf:params:xml:ns:yang:ietf-datastores'
const FACTORY_DEFAULT = 'urn:ietf:params:xml:ns:yang:ietf-factory-default'

const known = new WeakMap<Context, string>()

export function contentId(context: Context): string {
  const before = known.get(context)
  if (before !== undefined) return before
  const hash = createHash('sha256').update(printLibrary(context)).digest('hex').slice(0, 32)
  known.set(context, hash)
  return hash
}

/** All but the content id. */
function printLibrary({ modules }: Context): string {
  const datastores = datastoresOf(modules).map(
    ([prefix, namespace, name]) =>
      `<datastore><name xmlns:${prefix}="${namespace}">${prefix}:${name}</name><schema>complete</schema></datastore>`,
  )
  return [
    `<module-set><name>complete</name>${printModules(modules)}</module-set>`,
    '<schema><name>complete</name><module-set>complete</module-set></schema>',
    ...datastores,
  ].join('')
}

type Identity = readonly [prefix: string, namespace: string, name: string]

function datastoresOf(modules: readonly ModuleInfo[]): readonly Identity[] {
  const features = (module: string): readonly string[] | undefined =>
    modules.find(({ name, implemented }) => implemented && name === module)?.features
  const names = ['running', 'candidate']
  if (features('ietf-netconf')?.includes('startup')) names.push('startup')
  if (features('ietf-netconf-nmda')) names.push('intended', 'operational')
  const own: Identity[] = features('ietf-factory-default')?.includes('factory-default-datastore')
    ? [['fd', FACTORY_DEFAULT, 'factory-default']]
    : []
  return [...names.map((name): Identity => ['ds', DATASTORES, name]), ...own]
}

export function yangLibraryState(context: Context): StateProvider {
  const id = element('content-id', contentId(context))
  const library = `<yang-library xmlns="${NAMESPACE}">${printLibrary(context)}${id}</yang-library>`
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
