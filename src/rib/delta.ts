/**
 * What a transaction of the RIB does to a FIB, in an order that never leaves a packet without its object: objects are made
 * before the routes that point at them, and taken away after (make before break). All of it is packed already, as members
 * are told it (dataplane/engine/program/records.h).
 */
import type { Operation } from '../../dataplane/client/index.js'
import { formatPrefix } from './address.js'
import type { NativeRecords, NativeResult } from './native.js'

/** Records of one kind: how many, in blocks of whole records. */
export type Records = NativeRecords

/** Records of routes, with the prefixes of the first few. */
export type RouteRecords = NativeResult['routesSet']

/** Members of groups are set before the groups, and deleted after them. */
export type Delta = Omit<NativeResult, 'unresolved' | 'more' | 'examined'>

export const isEmpty = ({ objectsSet, routesSet, routesDeleted, objectsDeleted }: Delta): boolean =>
  objectsSet.count + routesSet.count + routesDeleted.count + objectsDeleted.count === 0

export const operationsOf = ({ blocks }: Records): Operation[] =>
  blocks.map((bytes) => ({ op: 'records', bytes }))

/** All of a delta, in order. */
export const allOperations = (delta: Delta): Operation[] =>
  [delta.objectsSet, delta.routesSet, delta.routesDeleted, delta.objectsDeleted].flatMap(operationsOf)

/** `10.0.0.0/8, 10.1.0.0/16 and 98 more`, for people. */
export function summary({ count, some }: RouteRecords): string {
  const shown = some.map(formatPrefix).join(', ')
  return count > some.length ? `${shown} and ${count - some.length} more` : shown
}
