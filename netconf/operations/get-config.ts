/** get-config (RFC 6241, section 7.1): configuration of one datastore. */
import { BASE_NAMESPACE } from '../xml.js'
import type { Operation } from './operation.js'
import { datastoreOf } from './parameters.js'
import { readReply } from './read.js'

export const getConfig: Operation = {
  name: 'get-config',
  namespace: BASE_NAMESPACE,
  async run(call) {
    return readReply(call, { source: datastoreOf(call.rpc, 'source') })
  },
}
