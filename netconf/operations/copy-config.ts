/**
 * copy-config (RFC 6241, sections 7.3 and 8.8.5.2): a datastore, a file or an inline configuration in place of all of another
 * datastore or file.
 */
import { BASE_NAMESPACE } from '../xml.js'
import { identityOf } from './nmda.js'
import { ok } from './operation.js'
import type { Operation } from './operation.js'
import { atAsked, atParameter, invalid, openFiles, sourceOf, targetOf } from './parameters.js'
import { defaultsOf } from './read.js'

export const copyConfig: Operation = {
  name: 'copy-config',
  namespace: BASE_NAMESPACE,
  async run({ rpc, requester, access, services }) {
    const { datastores, files } = services
    const target = targetOf(rpc)
    const source = await sourceOf(rpc, services, access)
    using _content = typeof source === 'string' ? undefined : source
    if (typeof target === 'string') {
      if (source === target)
        invalid(rpc, 'source', `source and target of copy-config are the same: ${target}`)
      await atAsked(
        rpc,
        { [identityOf(rpc, 'source') ?? 'source/startup']: source === 'startup' ? source : undefined },
        () => datastores.copy(requester, target, source, access),
      )
    } else
      await atParameter(rpc, 'target/url', async () => {
        const folder = openFiles(files)
        if (typeof source !== 'string' && source.url !== undefined && folder.same(source.url, target.url))
          invalid(rpc, 'source', `source and target of copy-config are the same: ${target.url}`)
        const defaults = defaultsOf(rpc)
        const content =
          typeof source === 'string'
            ? datastores.read({ source, ...(defaults && { defaults }), ...(access && { access }) })
            : datastores.print(source)
        await folder.write(target.url, content)
      })
    return ok
  },
}
