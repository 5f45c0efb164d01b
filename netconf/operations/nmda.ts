/** What the operations of NMDA (RFC 8526) have in common: datastores named by identities of ietf-datastores. */
import type { Context, Rpc } from 'libyang-js'
import { RequestError, type ReadOptions } from '../../datastore/index.js'
import { rpcPath } from '../error.js'

export const NMDA_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-netconf-nmda'

export type SourceName = Extract<ReadOptions['source'], string>

/** Is a feature of ietf-netconf on? */
export function offers(context: Context, feature: 'startup' | 'writable-running'): boolean {
  const netconf = context.modules.find(({ name }) => name === 'ietf-netconf')
  return netconf?.features.includes(feature) ?? false
}

/** By the qualified name of the identity. */
const identities: Readonly<Record<string, SourceName>> = {
  'ietf-datastores:running': 'running',
  'ietf-datastores:candidate': 'candidate',
  'ietf-datastores:startup': 'startup',
  'ietf-factory-default:factory-default': 'factory-default',
  'ietf-datastores:intended': 'intended',
  'ietf-datastores:operational': 'operational',
}

/** The parameter in a source or target that names a datastore by its identity; undefined when there is none. */
export function identityOf(rpc: Rpc, parameter: string): string | undefined {
  const parameters = ['ietf-netconf-nmda', 'weft-datastores'].map(
    (module) => `${parameter}/${module}:datastore`,
  )
  return parameters.find((each) => rpc.value(each) !== undefined)
}

/** The datastore that a parameter, which is there, names: one of `among`. */
export function datastoreNamed<T extends SourceName>(rpc: Rpc, parameter: string, among: readonly T[]): T {
  const identity = rpc.value(parameter) ?? ''
  const name = among.find((each) => each === identities[identity])
  if (name !== undefined) return name
  const known = Object.entries(identities).filter(([, each]) => among.some((one) => one === each))
  return refuse(
    rpc,
    parameter,
    `${rpc.operation.name} takes no datastore ${identity}, but ${known.map(([each]) => each).join(', ')}`,
  )
}

/** RFC 8526 gives invalid-value for whatever a parameter asks of a datastore that has it not. */
export function refuse(rpc: Rpc, parameter: string, message: string): never {
  throw new RequestError({
    type: 'protocol',
    tag: 'invalid-value',
    message,
    path: rpcPath(`${rpc.operation.module}:${rpc.operation.name}/${parameter}`),
    info: { 'bad-element': parameter.replace(/^.*[/:]/, '') },
  })
}
