/** The door of the RIB. */
import { addon } from './native.js'

export * from './address.js'
export { allOperations, isEmpty, operationsOf, summary, type Delta, type Records } from './delta.js'
export {
  Rib,
  type Finished,
  type Rejected,
  type RibOptions,
  type RibTransaction,
  type RibUpdate,
  type RouteRows,
  type Unresolved,
} from './rib.js'
export * from './route.js'
export type { Resolution, Tracker, TrackOptions, TrackedWay } from './tracking.js'

/** The number of the VRF that is a network instance: the same for one name at all times; 0: the default one. */
export const vrfNumber = (name: string): number => addon.vrfNumber(name)

/** The key of the forwarding object that stands for this: a hash, the same in all members and after every restart. */
export const objectKey = (identity: string): bigint => addon.objectKey(identity)
