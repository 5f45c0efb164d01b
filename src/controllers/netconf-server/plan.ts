/**
 * Settings of the server are no affair of members: their plan has no steps. New endpoints are bound while it is planned, so
 * that a port in use refuses the commit; adopting applies, and abandoning lets go what was bound.
 */
import type { Operation } from '../../../dataplane/client/index.js'
import { type Plan, ConfigError } from '../../../datastore/index.js'
import { isRequested, type Change } from '../context.js'
import { pathOf, readSettings, type ManagementServer, type ServerSettings } from './model.js'

/** `server`: undefined until it has been started, with the settings that were adopted before. */
export async function planSettings(
  change: Change,
  server: ManagementServer | undefined,
  adopt: (settings: ServerSettings) => void,
): Promise<Plan<Operation>> {
  const settings = await readSettings(change.after)
  if (server === undefined) return { steps: [], adopt: () => adopt(settings) }
  const prepared = await server.prepare(settings).catch((error: unknown) => {
    if (isRequested(change)) throw refusal(error)
  })
  if (prepared === undefined) return { steps: [] }
  return {
    steps: [],
    adopt() {
      prepared.apply()
      adopt(settings)
    },
    abandon() {
      void prepared.undo()
    },
  }
}

function refusal(error: unknown): unknown {
  const { endpoint, hostKeys, message } = error as {
    endpoint?: { name: string }
    hostKeys?: readonly string[]
    message: string
  }
  if (endpoint) return new ConfigError(pathOf.endpoint(endpoint.name), message, { tag: 'operation-failed' })
  return hostKeys ? new ConfigError(pathOf.hostKeys, message, { tag: 'operation-failed' }) : error
}
