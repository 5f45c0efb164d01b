/** validate (RFC 6241, section 8.6.4.2) of a datastore, a file or an inline configuration. */
import { BASE_NAMESPACE } from '../xml.js'
import { ok } from './operation.js'
import type { Operation } from './operation.js'
import { sourceOf } from './parameters.js'

export const validate: Operation = {
  name: 'validate',
  namespace: BASE_NAMESPACE,
  async run({ rpc, requester, services }) {
    const source = await sourceOf(rpc, services)
    using _content = typeof source === 'string' ? undefined : source
    await services.datastores.validate(requester, source)
    return ok
  },
}
