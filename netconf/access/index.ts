/** Access control of RFC 8341 over the protocol and, as a guard, over what clients write. */
export { AccessControl, EVERYONE } from './control.js'
export type { AccessControlOptions, Admission, Denials } from './control.js'
export { discreet } from './discreet.js'
export { accessState } from './state.js'
