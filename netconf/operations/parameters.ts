/** Reading the parameters of an rpc: what is missing or not supported is an error with its place in the request. */
import type { Fragment, Rpc } from 'libyang-js'
import { RequestError, type DatastoreName } from '../../datastore/index.js'
import { rpcPath } from '../error.js'

const datastores: readonly DatastoreName[] = ['running', 'candidate']

/** The datastore that a `source` or `target` names; undefined when it holds something else or is not there. */
function named(rpc: Rpc, parameter: string): DatastoreName | undefined {
  return datastores.find((name) => rpc.value(`${parameter}/${name}`) !== undefined)
}

export function datastoreOf(rpc: Rpc, parameter: 'source' | 'target'): DatastoreName {
  return named(rpc, parameter) ?? refuse(rpc, parameter)
}

/** A datastore, or the inline `<config>`. */
export function sourceOf(rpc: Rpc): DatastoreName | Fragment {
  return named(rpc, 'source') ?? rpc.fragment('source/config') ?? refuse(rpc, 'source')
}

/** Some datastores are known to the schema and not to us. */
function refuse(rpc: Rpc, parameter: string): never {
  for (const other of ['startup', 'url']) {
    if (rpc.value(`${parameter}/${other}`) !== undefined) {
      throw new RequestError({
        type: 'protocol',
        tag: 'operation-not-supported',
        message: `${rpc.operation.name} does not support ${other} as its ${parameter}`,
        path: rpcPath(`${rpc.operation.name}/${parameter}/${other}`),
      })
    }
  }
  return missing(
    rpc,
    parameter,
    `${rpc.operation.name} needs a <${parameter}> that holds <candidate/> or <running/>`,
  )
}

export function missing(rpc: Rpc, element: string, message: string): never {
  throw new RequestError({
    type: 'protocol',
    tag: 'missing-element',
    message,
    path: rpcPath(`${rpc.operation.name}/${element}`),
    info: { 'bad-element': element },
  })
}

export function invalid(rpc: Rpc, element: string, message: string): never {
  throw new RequestError({
    type: 'protocol',
    tag: 'invalid-value',
    message,
    path: rpcPath(`${rpc.operation.name}/${element}`),
    info: { 'bad-element': element },
  })
}

/** One of the values that an enumerated parameter may have, or its default. */
export function choiceOf<T extends string>(rpc: Rpc, element: string, values: readonly [T, ...T[]]): T {
  const given = rpc.value(element)
  if (given === undefined) return values[0]
  const found = values.find((value) => value === given)
  return (
    found ?? invalid(rpc, element, `${element} must be ${values.join(', ')}, not ${JSON.stringify(given)}`)
  )
}
