/**
 * The controller of the NETCONF server itself: weft-netconf-server becomes endpoints, algorithms and limits of the server
 * that the commit came by. Its sessions live on whatever changes.
 */
import type { Operation } from '../../../dataplane/client/index.js'
import type { Controller } from '../../../datastore/index.js'
import type { Context } from '../context.js'
import { claim, type ManagementServer, type ServerSettings } from './model.js'
import { planSettings } from './plan.js'
import { serverState } from './state.js'

export type { ManagementServer, ServerSettings }

export function netconfServerController(server: () => ManagementServer | undefined): {
  readonly controller: Controller<Context, Operation>
  /** Those adopted last; undefined before the first. */
  readonly settings: () => ServerSettings | undefined
} {
  let settings: ServerSettings | undefined
  return {
    controller: {
      name: 'netconf-server',
      claims: [claim],
      needs: [],
      provides: [],
      plan: (change) =>
        planSettings(change, server(), (adopted) => {
          settings = adopted
        }),
      state: [serverState(server)],
    },
    settings: () => settings,
  }
}
