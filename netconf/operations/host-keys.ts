/**
 * generate-host-key and remove-host-key of weft-netconf-server. What they change holds for connections that begin afterwards;
 * nothing of it is configuration, so that no private key ever stands in a datastore.
 */
import { RequestError } from '../../datastore/index.js'
import { offered, type AlgorithmLists } from '../transport/algorithms.js'
import type { HostKeys } from '../transport/host-key-store.js'
import type { HostKey } from '../transport/host-keys.js'
import { SERVER_NAMESPACE } from '../xml.js'
import { ok, type Call, type Operation } from './operation.js'
import { choiceOf, invalid } from './parameters.js'

/** What the operations change, and on whom it has effect. */
export interface HostKeyHolder {
  readonly keys: HostKeys
  /** Those of the running server. */
  readonly algorithms: AlgorithmLists
  /** Offers the keys as they are now. */
  offer(): void
}

export function hostKeyOperations(holder: HostKeyHolder): readonly Operation[] {
  return [
    {
      name: 'generate-host-key',
      namespace: SERVER_NAMESPACE,
      async run({ rpc }) {
        const type = typeOf(rpc)
        const bits = rpc.value('bits')
        if (bits !== undefined && type !== 'ssh-rsa')
          invalid(rpc, 'bits', `bits are for a key of type ssh-rsa; the size of ${type} is fixed`)
        const key = await holder.keys.generate(type, bits === undefined ? undefined : Number(bits))
        holder.offer()
        const xml = `<fingerprint xmlns="${SERVER_NAMESPACE}">${key.fingerprint}</fingerprint>`
        return { kind: 'content', xml }
      },
    },
    {
      name: 'remove-host-key',
      namespace: SERVER_NAMESPACE,
      async run({ rpc }) {
        const type = typeOf(rpc)
        const { keys, algorithms } = holder
        if (!keys.keys.some((key) => key.type === type))
          throw new RequestError({
            type: 'application',
            tag: 'data-missing',
            message: `there is no host key of type ${type}`,
          })
        const left = keys.keys.filter((key) => key.type !== type)
        if (offered(left, algorithms).length === 0)
          throw new RequestError({
            type: 'application',
            tag: 'operation-failed',
            message: `${type} is the only host key that is offered: make or offer another one first`,
          })
        await keys.remove(type)
        holder.offer()
        return ok
      },
    },
  ]
}

const typeOf = (rpc: Call['rpc']): HostKey['type'] =>
  choiceOf(rpc, 'type', ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa'])
