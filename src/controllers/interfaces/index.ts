/**
 * The interfaces controller: ietf-interfaces and ietf-ip (RFC 8343, RFC 8344) become interfaces, addresses and static
 * neighbours of a member, and direct routes in the RIB.
 */
import type { Member, Operation } from '../../../dataplane/client/index.js'
import type { Controller } from '../../../datastore/index.js'
import type { Context } from '../context.js'
import { claim as instances } from '../network-instances/model.js'
import { claim, type Interfaces } from './model.js'
import { planInterfaces } from './plan.js'
import { interfaceState } from './state.js'

export function interfacesController(member: () => Member): Controller<Context, Operation> {
  let interfaces: Interfaces = new Map()
  return {
    name: 'interfaces',
    claims: [claim, instances],
    needs: ['vrf'],
    provides: ['interface', 'direct-route'],
    plan: (change, context) =>
      planInterfaces(change, context, (after) => {
        interfaces = after
      }),
    state: [interfaceState(member, () => interfaces)],
  }
}
