/**
 * `/ietf-netconf-monitoring:netconf-state` (RFC 6022): capabilities, datastores with their locks, the schemas that
 * get-schema gives out, sessions and statistics, as they are when asked for.
 */
import type { Context } from 'libyang-js'
import type {
  DatastoreName,
  Datastores,
  HeldLocks,
  PartialLock,
  StateProvider,
} from '../../datastore/index.js'
import { capabilities, printCapabilities } from '../capabilities.js'
import { InstancePaths } from '../paths.js'
import type { Counters, SessionRegistry } from '../registry.js'
import { element, escapeXml, MONITORING_NAMESPACE } from '../xml.js'

export function monitoringState(
  registry: SessionRegistry,
  context: Context,
  datastores: () => Pick<Datastores, 'locks'>,
): StateProvider {
  const paths = new InstancePaths(context.modules)
  const fixed = printCapabilities(capabilities(context))
  const schemas = printSchemas(context)
  const startup = context.modules.some(
    ({ name, features }) => name === 'ietf-netconf' && features.includes('startup'),
  )
  const names: readonly DatastoreName[] = ['running', 'candidate', ...(startup ? (['startup'] as const) : [])]
  const path = '/ietf-netconf-monitoring:netconf-state'
  return {
    path,
    async *read(wanted) {
      const part = (name: string, print: () => string): string =>
        wanted.mayMatch(`${path}/${name}`) ? print() : ''
      const locks = wanted.mayMatch(`${path}/datastores`) ? await datastores().locks() : undefined
      yield [
        `<netconf-state xmlns="${MONITORING_NAMESPACE}">`,
        part('capabilities', () => fixed),
        locks === undefined ? '' : printDatastores(locks, names, paths),
        part('schemas', () => schemas),
        part('sessions', () => printSessions(registry)),
        part('statistics', () => printStatistics(registry)),
        '</netconf-state>',
      ].join('')
    },
  }
}

function printDatastores(
  { datastores, partial }: HeldLocks,
  names: readonly DatastoreName[],
  paths: InstancePaths,
): string {
  const items = names.map((name) => {
    const lock = datastores.find(({ datastore }) => datastore === name)
    const parts = name === 'running' ? partial.map((one) => printPartialLock(one, paths)).join('') : ''
    const held = lock === undefined ? parts : `<global-lock>${printHolder(lock)}</global-lock>`
    return `<datastore>${element('name', name)}${held === '' ? '' : `<locks>${held}</locks>`}</datastore>`
  })
  return `<datastores>${items.join('')}</datastores>`
}

function printHolder({ session, since }: { readonly session: number; readonly since: number }): string {
  return `${element('locked-by-session', session)}${element('locked-time', timestamp(new Date(since)))}`
}

function printPartialLock(lock: PartialLock, paths: InstancePaths): string {
  const selects = lock.expressions.map(({ text, namespaces }) => {
    const declared = Object.entries(namespaces)
      .filter(([prefix]) => prefix !== '' && text.includes(`${prefix}:`))
      .map(([prefix, uri]) => ` xmlns:${prefix}="${escapeXml(uri)}"`)
    return `<select${declared.join('')}>${escapeXml(text)}</select>`
  })
  const nodes = lock.nodes.map((node) => paths.element('locked-node', node))
  return `<partial-lock>${element('lock-id', lock.id)}${printHolder(lock)}${selects.join('')}${nodes.join('')}</partial-lock>`
}

function printSchemas(context: Context): string {
  const items: string[] = []
  for (const module of context.modules) {
    items.push(printSchema(module.name, module.revision, module.namespace))
    for (const { name, revision } of module.submodules)
      items.push(printSchema(name, revision, module.namespace))
  }
  return `<schemas>${items.join('')}</schemas>`
}

function printSchema(name: string, revision: string | undefined, namespace: string): string {
  const parts = [
    element('identifier', name),
    element('version', revision ?? ''),
    element('format', 'yang'),
    element('namespace', namespace),
    element('location', 'NETCONF'),
  ]
  return `<schema>${parts.join('')}</schema>`
}

function printSessions(registry: SessionRegistry): string {
  const items = registry.list().map((session) => {
    const parts = [
      element('session-id', session.id),
      element('transport', session.transport),
      element('username', session.user),
      element('source-host', session.peer.address),
      element('login-time', timestamp(session.since)),
      printCounters(session.counters),
    ]
    return `<session>${parts.join('')}</session>`
  })
  return `<sessions>${items.join('')}</sessions>`
}

function printStatistics(registry: SessionRegistry): string {
  const parts = [
    element('netconf-start-time', timestamp(registry.started)),
    element('in-bad-hellos', registry.inBadHellos),
    element('in-sessions', registry.inSessions),
    element('dropped-sessions', registry.droppedSessions),
    printCounters(registry.counters),
  ]
  return `<statistics>${parts.join('')}</statistics>`
}

function printCounters(counters: Readonly<Counters>): string {
  return [
    element('in-rpcs', counters.inRpcs),
    element('in-bad-rpcs', counters.inBadRpcs),
    element('out-rpc-errors', counters.outRpcErrors),
    element('out-notifications', counters.outNotifications),
  ].join('')
}

/** yang:date-and-time. */
function timestamp(date: Date): string {
  return date.toISOString()
}
