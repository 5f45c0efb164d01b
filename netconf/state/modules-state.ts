/** `/ietf-yang-library:modules-state` (RFC 8525, section 3, deprecated): the same modules, for clients from before NMDA. */
import type { Context, ModuleInfo } from 'libyang-js'
import type { StateProvider } from '../../datastore/index.js'
import { element } from '../xml.js'
import { contentId } from './yang-library.js'

const NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-yang-library'

export function modulesState(context: Context): StateProvider {
  const { modules } = context
  const revisions = new Map(
    modules.filter(({ implemented }) => implemented).map(({ name, revision }) => [name, revision]),
  )
  const state = [
    `<modules-state xmlns="${NAMESPACE}">`,
    element('module-set-id', contentId(context)),
    ...modules.map((module) => printModule(module, revisions)),
    '</modules-state>',
  ].join('')
  return {
    path: '/ietf-yang-library:modules-state',
    async *read() {
      yield state
    },
  }
}

function printModule(module: ModuleInfo, revisions: ReadonlyMap<string, string | undefined>): string {
  return [
    '<module>',
    named(module.name, module.revision),
    element('namespace', module.namespace),
    ...module.features.map((feature) => element('feature', feature)),
    ...module.deviations.map((name) => `<deviation>${named(name, revisions.get(name))}</deviation>`),
    element('conformance-type', module.implemented ? 'implement' : 'import'),
    ...module.submodules.map(({ name, revision }) => `<submodule>${named(name, revision)}</submodule>`),
    '</module>',
  ].join('')
}

/** An absent revision is the empty string. */
function named(name: string, revision: string | undefined): string {
  return element('name', name) + element('revision', revision ?? '')
}
