/** close-session (RFC 6241, section 7.8): locks are given back before the answer, and the channel closes after it. */
import { BASE_NAMESPACE } from '../xml.js'
import type { Operation } from './operation.js'

export const closeSession: Operation = {
  name: 'close-session',
  namespace: BASE_NAMESPACE,
  async run(call) {
    await call.release()
    return { kind: 'ok', thenClose: true }
  },
}
