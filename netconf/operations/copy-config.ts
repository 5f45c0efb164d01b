/** copy-config (RFC 6241, section 7.3): replaces the candidate by another datastore or by an inline configuration. */
import { BASE_NAMESPACE } from '../xml.js'
import { ok } from './operation.js'
import type { Operation } from './operation.js'
import { datastoreOf, invalid, sourceOf } from './parameters.js'

export const copyConfig: Operation = {
  name: 'copy-config',
  namespace: BASE_NAMESPACE,
  async run({ rpc, requester, services }) {
    const target = datastoreOf(rpc, 'target')
    const source = sourceOf(rpc)
    if (source === target) invalid(rpc, 'source', `source and target of copy-config are the same: ${target}`)
    await services.datastores.copy(requester, target, source)
    return ok
  },
}
