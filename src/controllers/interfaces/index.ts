/**
 * The interfaces controller: ietf-interfaces and ietf-ip (RFC 8343, RFC 8344) become interfaces, addresses and static
 * neighbours of a member, and direct routes in the RIB.
 */
import type { Member, Operation } from '../../../dataplane/client/index.js'
import type { Controller } from '../../../datastore/index.js'
import type { Context } from '../context.js'
import { claim as instances } from '../network-instances/model.js'
import { portsClaim } from '../ports/model.js'
import { claim, portOf, type Interfaces } from './model.js'
import { planInterfaces } from './plan.js'
import { interfaceState } from './state.js'

export function interfacesController(member: () => Member): {
  readonly controller: Controller<Context, Operation>
  /** The port below an interface or a circuit on one; undefined: there is none. */
  readonly portBelow: (name: string) => string | undefined
} {
  let interfaces: Interfaces = new Map()
  const controller: Controller<Context, Operation> = {
    name: 'interfaces',
    claims: [claim, instances, portsClaim],
    needs: ['vrf', 'port'],
    provides: ['interface', 'direct-route'],
    plan: (change, context) =>
      planInterfaces(change, context, (after) => {
        interfaces = after
      }),
    state: [interfaceState(member, () => interfaces)],
  }
  return {
    controller,
    portBelow(name) {
      const config = interfaces.get(name)
      const below = config?.circuit ? interfaces.get(config.circuit.parent) : config
      return below && portOf(below)
    },
  }
}
