/** get (RFC 6241, section 7.7): configuration of running and operational state. */
import { BASE_NAMESPACE } from '../xml.js'
import type { Operation } from './operation.js'
import { readReply } from './read.js'

export const get: Operation = {
  name: 'get',
  namespace: BASE_NAMESPACE,
  async run(call) {
    return readReply(call, { source: 'operational' })
  },
}
