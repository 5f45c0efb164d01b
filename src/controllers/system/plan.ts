/** Users are no affair of members: their plan has no steps, only what can be wrong with them, and their adoption. */
import type { Operation } from '../../../dataplane/client/index.js'
import { type Plan, ConfigError } from '../../../datastore/index.js'
import { isRequested, type Change } from '../context.js'
import { refuse } from '../refuse.js'
import { claim, pathOf, readUsers, type AuthorizedKey, type User, type Users } from './model.js'
import { isClear, problemOf } from './password.js'

export async function planUsers(change: Change, adopt: (users: Users) => void): Promise<Plan<Operation>> {
  const users = await readUsers(change.after)
  if (isRequested(change)) {
    const before = await readUsers(change.before)
    refuse([...check(before, users)], { at: claim })
  }
  return { steps: [], adopt: () => adopt(users) }
}

const canLogIn = ({ hash, keys }: User): boolean => hash !== undefined || keys.length > 0

function* check(before: Users, after: Users): Iterable<ConfigError> {
  for (const user of after.values()) {
    const problem = user.hash === undefined || isClear(user.hash) ? undefined : problemOf(user.hash)
    if (problem !== undefined) yield new ConfigError(pathOf.password(user.name), problem)
    for (const key of user.keys) yield* checkKey(user.name, key)
  }
  if ([...before.values()].some(canLogIn) && ![...after.values()].some(canLogIn)) {
    const message = 'nobody could log in any more: some user needs a password or an authorized-key'
    yield new ConfigError(claim, message, { tag: 'operation-failed' })
  }
}

/** The data begin with the name of their format, which an algorithm of RSA does not repeat (RFC 8332). */
function* checkKey(user: string, { name, algorithm, data }: AuthorizedKey): Iterable<ConfigError> {
  const length = data.length >= 4 ? data.readUInt32BE(0) : 0
  const format = data.subarray(4, 4 + length).toString('latin1')
  if (length === 0 || length > 64 || 4 + length >= data.length || !/^[!-~]+$/.test(format)) {
    const message = 'key-data is not an SSH public key; take the second word of the .pub file as it is'
    yield new ConfigError(pathOf.key(user, name, 'key-data'), message)
  } else if (algorithm !== format && !(format === 'ssh-rsa' && /^rsa-sha2-(256|512)$/.test(algorithm))) {
    const message = `key-data is of algorithm ${format}, not ${algorithm}`
    yield new ConfigError(pathOf.key(user, name, 'algorithm'), message)
  }
}
