/**
 * `/ietf-netconf-monitoring:netconf-state` (RFC 6022): capabilities, datastores with their locks, the schemas that
 * get-schema gives out, sessions and statistics, as they are when asked for.
 */
import type { Context } from 'libyang-js'
import type { StateProvider } from '../../datastore/index.js'
import { capabilities, printCapabilities } from '../capabilities.js'
import type { Counters, SessionRegistry } from '../registry.js'
import { element, MONITORING_NAMESPACE } from '../xml.js'

const DATASTORES = ['running', 'candidate'] as const

export function monitoringState(registry: SessionRegistry, context: Context): StateProvider {
  const fixed = printCapabilities(capabilities(context))
  const schemas = printSchemas(context)
  const path = '/ietf-netconf-monitoring:netconf-state'
  return {
    path,
    async *read(wanted) {
      const part = (name: string, print: () => string): string =>
        wanted.mayMatch(`${path}/${name}`) ? print() : ''
      yield [
        `<netconf-state xmlns="${MONITORING_NAMESPACE}">`,
        part('capabilities', () => fixed),
        part('datastores', () => printDatastores(registry)),
        part('schemas', () => schemas),
        part('sessions', () => printSessions(registry)),
        part('statistics', () => printStatistics(registry)),
        '</netconf-state>',
      ].join('')
    },
  }
}

function printDatastores(registry: SessionRegistry): string {
  const items = DATASTORES.map((name) => {
    const lock = registry.locks.get(name)
    const holder =
      lock === undefined
        ? ''
        : `<locks><global-lock>${element('locked-by-session', lock.session)}` +
          `${element('locked-time', timestamp(lock.since))}</global-lock></locks>`
    return `<datastore>${element('name', name)}${holder}</datastore>`
  })
  return `<datastores>${items.join('')}</datastores>`
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
