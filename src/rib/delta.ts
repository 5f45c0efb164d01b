/**
 * What a transaction of the RIB does to a FIB, in an order that never leaves a packet without its object: objects are made
 * before the routes that point at them, and taken away after (make before break). Many routes are packed at once.
 */
import type { Operation } from '../../dataplane/client/index.js'
import { type Prefix, formatPrefix } from './address.js'
import type { ObjectRecord } from './objects.js'

/** A route to set, or to delete when it has no object. */
export interface RouteChange {
  readonly vrf: number
  readonly prefix: Prefix
  readonly object: ObjectRecord | undefined
}

export interface Delta {
  /** Members of groups before the groups. */
  readonly objectsSet: readonly ObjectRecord[]
  readonly routesSet: readonly RouteChange[]
  readonly routesDeleted: readonly RouteChange[]
  /** Groups before their members. */
  readonly objectsDeleted: readonly ObjectRecord[]
}

export const isEmpty = (delta: Delta): boolean =>
  delta.objectsSet.length +
    delta.routesSet.length +
    delta.routesDeleted.length +
    delta.objectsDeleted.length ===
  0

/** Past this number, routes travel as packed records. */
const packFrom = 1000
/** Routes in one block: some 300 KB of IPv4, well under what one gRPC message may hold. */
const blockRoutes = 16384

const ROUTE_SET = 7
const ROUTE_DELETE = 8

/** Records of dataplane/engine/program/records.h: u8 kind, u32 vrf, u8 family, address, u8 length [, u64 key]; little endian. */
function pack(changes: readonly RouteChange[], from: number, to: number): Uint8Array {
  const bytes = new Uint8Array((to - from) * 31)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (let i = from; i < to; i++) {
    const { vrf, prefix, object } = changes[i] as RouteChange
    const { address, length } = prefix
    bytes[at] = object ? ROUTE_SET : ROUTE_DELETE
    view.setUint32(at + 1, vrf, true)
    bytes[at + 5] = address.length === 4 ? 4 : 6
    for (let b = 0; b < address.length; b++) bytes[at + 6 + b] = address[b] as number
    at += 6 + address.length
    bytes[at++] = length
    if (object) {
      view.setBigUint64(at, object.key, true)
      at += 8
    }
  }
  return bytes.subarray(0, at)
}

function routeOperations(changes: readonly RouteChange[]): Operation[] {
  if (changes.length > packFrom) {
    const blocks: Operation[] = []
    for (let from = 0; from < changes.length; from += blockRoutes) {
      blocks.push({ op: 'records', bytes: pack(changes, from, Math.min(from + blockRoutes, changes.length)) })
    }
    return blocks
  }
  return changes.map(({ vrf, prefix, object }) =>
    object ? { op: 'route-set', vrf, prefix, key: object.key } : { op: 'route-delete', vrf, prefix },
  )
}

/** The delta as operations, by the kind of step they belong to; done in the order of these fields. */
export interface DeltaOperations {
  readonly objectsSet: readonly Operation[]
  readonly routesSet: readonly Operation[]
  readonly routesDeleted: readonly Operation[]
  readonly objectsDeleted: readonly Operation[]
}

export function operationsOf(delta: Delta): DeltaOperations {
  return {
    objectsSet: delta.objectsSet.map(({ key, object }) => ({ op: 'object-set', key, object })),
    routesSet: routeOperations(delta.routesSet),
    routesDeleted: routeOperations(delta.routesDeleted),
    objectsDeleted: delta.objectsDeleted.map(({ key }) => ({ op: 'object-delete', key })),
  }
}

/** `10.0.0.0/8, 10.1.0.0/16 and 98 more`, for people. */
export function summary(prefixes: readonly { readonly prefix: Prefix }[]): string {
  const shown = prefixes.slice(0, 3).map(({ prefix }) => formatPrefix(prefix))
  return prefixes.length > 3 ? `${shown.join(', ')} and ${prefixes.length - 3} more` : shown.join(', ')
}
