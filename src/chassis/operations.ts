/** The operations of weft-chassis: what operators do about who is a member. */
import { RefusedError } from '../../dataplane/client/index.js'
import { RequestError } from '../../datastore/index.js'
import { operationPath, type Call, type Operation, type Reply } from '../../netconf/index.js'
import { dateAndTime, leaf } from '../controllers/xml.js'
import type { Membership } from './membership.js'

const namespace = 'urn:weft:params:xml:ns:yang:weft-chassis'
const ok: Reply = { kind: 'ok' }

/** For `NetconfOptions.operations`. */
export function membershipOperations(membership: Membership): readonly Operation[] {
  const operation = (
    name: string,
    run: (membership: Membership, member: string, value: (leaf: string) => string) => Promise<Reply>,
  ): Operation => ({
    ...{ name, namespace },
    async run({ rpc }: Call) {
      const value = (path: string): string => rpc.value(path) ?? ''
      try {
        return await run(membership, value('member'), value)
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error
        throw new RequestError({
          ...({ type: 'application', tag: 'operation-failed' } as const),
          message: error.message,
          path: operationPath(rpc),
        })
      }
    },
  })
  return [
    operation('create-token', async (chassis, member, value) => {
      const { token, expires } = await chassis.createToken(member, Number(value('lifetime')) * 1000)
      return {
        kind: 'content',
        xml: leaf('token', token, namespace) + leaf('expires', dateAndTime(expires), namespace),
      }
    }),
    operation('approve-member', async (chassis, member, value) => {
      await chassis.approve(member, value('key-fingerprint'))
      return ok
    }),
    operation('reject-member', async (chassis, member) => {
      await chassis.reject(member)
      return ok
    }),
    operation('revoke-member', async (chassis, member) => {
      await chassis.revoke(member)
      return ok
    }),
    operation('release-slot', async (chassis, member) => {
      await chassis.release(member)
      return ok
    }),
  ]
}
