/**
 * factory-reset (RFC 8808): every datastore of configuration becomes the factory default one, all sessions end, and the
 * appliance starts over without what else it has kept.
 */
import type { Operation } from './operation.js'

export const factoryReset: Operation = {
  name: 'factory-reset',
  namespace: 'urn:ietf:params:xml:ns:yang:ietf-factory-default',
  async run({ requester, services: { datastores, registry, startOver } }) {
    await datastores.reset(requester)
    const others = registry.list().filter(({ id }) => id !== requester.session)
    const by = `the factory reset of session ${requester.session} (${requester.user})`
    await Promise.all(others.map(async ({ id }) => registry.get(id)?.kill(by)))
    await startOver?.()
    return { kind: 'ok', thenClose: true }
  },
}
