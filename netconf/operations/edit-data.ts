/** edit-data (RFC 8526, section 3.1.2): an edit of a datastore of configuration, done wholly or not at all. */
import { datastoreNamed, NMDA_NAMESPACE, offers } from './nmda.js'
import { ok } from './operation.js'
import type { Operation } from './operation.js'
import { choiceOf, contentOf, missing } from './parameters.js'

export const editData: Operation = {
  name: 'edit-data',
  namespace: NMDA_NAMESPACE,
  async run({ rpc, requester, services }) {
    const direct = offers(services.context, 'writable-running')
    const target = datastoreNamed(rpc, 'datastore', direct ? ['candidate', 'running'] : ['candidate'])
    const defaultOperation = choiceOf(rpc, 'default-operation', ['merge', 'replace', 'none'])
    using config =
      rpc.value('url') === undefined
        ? (rpc.fragment('config') ?? missing(rpc, 'config', 'edit-data needs a <config>'))
        : await contentOf(rpc, services, 'url')
    await services.datastores.edit(requester, target, config, {
      defaultOperation,
      testOption: 'set',
      errorOption: 'rollback-on-error',
    })
    return ok
  },
}
