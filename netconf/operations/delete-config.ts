/** delete-config (RFC 6241, section 7.4): neither running nor the candidate can be deleted, and there is no other. */
import { RequestError } from '../../datastore/index.js'
import { rpcPath } from '../error.js'
import { BASE_NAMESPACE } from '../xml.js'
import type { Operation } from './operation.js'

export const deleteConfig: Operation = {
  name: 'delete-config',
  namespace: BASE_NAMESPACE,
  async run() {
    throw new RequestError({
      type: 'protocol',
      tag: 'operation-not-supported',
      message: 'there is no datastore that can be deleted; discard-changes resets the candidate',
      path: rpcPath('delete-config/target'),
    })
  },
}
