/** partial-lock and partial-unlock (RFC 5717): a part of running is locked. Any XPath expression can say which. */
import { InstancePaths } from '../paths.js'
import { PARTIAL_LOCK_NAMESPACE } from '../xml.js'
import { ok } from './operation.js'
import type { Operation } from './operation.js'
import { missing } from './parameters.js'

export const partialLock: Operation = {
  name: 'partial-lock',
  namespace: PARTIAL_LOCK_NAMESPACE,
  async run({ rpc, requester, access, services: { context, datastores, budget } }) {
    const { id, nodes } = await datastores.partialLock(requester, rpc.texts('select'), budget, access)
    const paths = new InstancePaths(context.modules)
    const own = ` xmlns="${PARTIAL_LOCK_NAMESPACE}"`
    const locked = nodes.map((node) => paths.element('locked-node', node, own)).join('')
    return { kind: 'content', xml: `<lock-id${own}>${id}</lock-id>${locked}` }
  },
}

export const partialUnlock: Operation = {
  name: 'partial-unlock',
  namespace: PARTIAL_LOCK_NAMESPACE,
  async run({ rpc, requester, services }) {
    const id = rpc.value('lock-id') ?? missing(rpc, 'lock-id', 'partial-unlock needs a <lock-id>')
    await services.datastores.partialUnlock(requester, Number(id))
    return ok
  },
}
