/** libyang for Node.js: schemas, data trees, NETCONF edits and their journals. See README.md. */
export { createContext } from './context.js'
export { LibyangError } from './error.js'
export * from './types.js'
