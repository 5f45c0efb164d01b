/** delete-config (RFC 6241, sections 7.4 and 8.8.5.3) of startup or of a file. */
import { BASE_NAMESPACE } from '../xml.js'
import { ok } from './operation.js'
import type { Operation } from './operation.js'
import { atParameter, missing, openFiles } from './parameters.js'

export const deleteConfig: Operation = {
  name: 'delete-config',
  namespace: BASE_NAMESPACE,
  async run({ rpc, requester, services: { datastores, files } }) {
    const url = rpc.value('target/url')
    if (url !== undefined) await atParameter(rpc, 'target/url', () => openFiles(files).remove(url))
    else if (rpc.value('target/startup') !== undefined) await datastores.deleteStartup(requester)
    else missing(rpc, 'target', 'delete-config needs a <target> that says what is deleted')
    return ok
  },
}
