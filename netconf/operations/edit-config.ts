/** edit-config (RFC 6241, section 7.2), with test-option (section 8.6.4.1) and error-option. */
import { BASE_NAMESPACE } from '../xml.js'
import { ok } from './operation.js'
import type { Operation } from './operation.js'
import { choiceOf, contentOf, datastoreOf, missing } from './parameters.js'

export const editConfig: Operation = {
  name: 'edit-config',
  namespace: BASE_NAMESPACE,
  async run({ rpc, requester, services }) {
    const target = datastoreOf(rpc, 'target')
    const defaultOperation = choiceOf(rpc, 'default-operation', ['merge', 'replace', 'none'])
    const testOption = choiceOf(rpc, 'test-option', ['test-then-set', 'set', 'test-only'])
    const errorOption = choiceOf(rpc, 'error-option', [
      'stop-on-error',
      'continue-on-error',
      'rollback-on-error',
    ])
    using config =
      rpc.value('url') === undefined
        ? (rpc.fragment('config') ?? missing(rpc, 'config', 'edit-config needs a <config>'))
        : await contentOf(rpc, services, 'url')
    await services.datastores.edit(requester, target, config, { defaultOperation, testOption, errorOption })
    return ok
  },
}
