/** The door of admission: the chassis' authority, its registry of members, and who is let in. */
export { Admission, type AdmissionEvent, type AdmissionSettings, type Pending } from './admission.js'
export { Authority, fingerprintOf } from './authority.js'
export { lastSlot, Registry, type KnownDevice, type KnownMember } from './registry.js'
export { parseToken } from './token.js'
