/** kill-session (RFC 6241, section 7.9): when it is answered, the other session's locks are gone. */
import { BASE_NAMESPACE } from '../xml.js'
import { ok } from './operation.js'
import type { Operation } from './operation.js'
import { invalid, missing } from './parameters.js'

export const killSession: Operation = {
  name: 'kill-session',
  namespace: BASE_NAMESPACE,
  async run({ rpc, requester, services }) {
    const given = rpc.value('session-id') ?? missing(rpc, 'session-id', 'kill-session needs a <session-id>')
    const id = Number(given)
    if (id === requester.session) invalid(rpc, 'session-id', `${id} is this session; close-session ends it`)
    const session = services.registry.get(id)
    if (session === undefined) return invalid(rpc, 'session-id', `there is no session ${given}`)
    await session.kill(`session ${requester.session} (${requester.user})`)
    return ok
  },
}
