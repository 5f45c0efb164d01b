/** factory-reset (RFC 8808): every datastore of configuration becomes the factory default one, and all sessions end. */
import type { Operation } from './operation.js'

export const factoryReset: Operation = {
  name: 'factory-reset',
  namespace: 'urn:ietf:params:xml:ns:yang:ietf-factory-default',
  async run({ requester, services: { datastores, registry } }) {
    await datastores.reset(requester)
    const others = registry.list().filter(({ id }) => id !== requester.session)
    const by = `the factory reset of session ${requester.session} (${requester.user})`
    await Promise.all(others.map(async ({ id }) => registry.get(id)?.kill(by)))
    return { kind: 'ok', thenClose: true }
  },
}
