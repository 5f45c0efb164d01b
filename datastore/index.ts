/** The door of the datastore. */
export type { Timers } from './confirmed.js'
export type * from './controller.js'
export { stateBefore } from './history.js'
export { ConfigError, RequestError } from './errors.js'
export type { CommitGuard } from './guard.js'
export { DirectoryError } from './journal/index.js'
export { moduleSetOf, openDatastores, type DatastoreOptions } from './open.js'
export type * from './types.js'
