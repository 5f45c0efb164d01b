/** The door of the RIB. */
export * from './address.js'
export { isEmpty, operationsOf, summary, type Delta, type DeltaOperations } from './delta.js'
export { objectKey } from './objects.js'
export { describeRoute, type Failure } from './resolve.js'
export { Rib, type RibOptions, type RibTransaction } from './rib.js'
export * from './route.js'
export type { Entry } from './table.js'
export type { Finished, Unresolved } from './transaction.js'
