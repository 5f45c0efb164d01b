/** The door of captures: what they are, what clients may ask of them, and how they are shown. */
export { Captures } from './captures.js'
export { captureOperations } from './operations.js'
export { captureState } from './state.js'
