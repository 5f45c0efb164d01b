/**
 * The public shapes of libyang-js. Trees, journals, filters and rpcs are handles of native objects: each
 * is `Disposable`, and disposing twice is harmless. All calls that touch data run on the binding's own
 * threads (one writer, some readers), never on libuv's pool and never on the event loop.
 *
 * Paths are libyang data paths: `/ietf-interfaces:interfaces/interface[name='eth0']/enabled`; the module
 * name stands at the first node and wherever the module changes. Schema paths are the same without keys.
 */
export * from './types/access.js'
export * from './types/context.js'
export * from './types/edit.js'
export * from './types/entries.js'
export * from './types/error.js'
export * from './types/filter.js'
export * from './types/journal.js'
export * from './types/lock-scopes.js'
export * from './types/print.js'
export * from './types/rpc.js'
export * from './types/tree.js'
