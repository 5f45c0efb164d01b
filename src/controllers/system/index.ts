/**
 * The system controller: ietf-system (RFC 7317) becomes the table of users that may log in. Clear passwords are hashed before
 * anything is journaled; contact and location are configuration that is kept and shown.
 */
import type { Journal, Tree } from 'libyang-js'
import type { Operation } from '../../../dataplane/client/index.js'
import { type Controller, ConfigError } from '../../../datastore/index.js'
import type { Context } from '../context.js'
import { SystemAuthenticator, type Authenticator } from './authenticator.js'
import { claim, pathOf, readUsers, type Users } from './model.js'
import { hashed, isClear, isEmpty } from './password.js'
import { planUsers } from './plan.js'
import { systemState } from './state.js'

export type { Authenticator }

export function systemController(now: () => number): {
  readonly controller: Controller<Context, Operation>
  readonly authenticator: Authenticator
} {
  let users: Users = new Map()
  return {
    controller: {
      name: 'system',
      claims: [claim],
      needs: [],
      provides: [],
      plan: (change) =>
        planUsers(change, (adopted) => {
          users = adopted
        }),
      normalize,
      state: [systemState(now)],
    },
    authenticator: new SystemAuthenticator(() => users),
  }
}

async function normalize(tree: Tree, journal: Journal): Promise<void> {
  for (const { name, hash } of (await readUsers(tree)).values()) {
    if (hash === undefined || !isClear(hash)) continue
    if (isEmpty(hash)) throw new ConfigError(pathOf.password(name), 'the password is empty: put it after $0$')
    await tree.set(pathOf.password(name), hashed(hash), journal)
  }
}
