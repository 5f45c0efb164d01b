/** The access list controller: weft-acl becomes compiled lists in the members, and what they count becomes state. */
import type { Member, Operation } from '../../../dataplane/client/index.js'
import type { Controller } from '../../../datastore/index.js'
import type { Context } from '../context.js'
import { claim, protocols } from './model.js'
import { planAcls } from './plan.js'
import { aclState } from './state.js'

export { protocols }

export function aclController(member: () => Member): Controller<Context, Operation> {
  let names: ReadonlySet<string> = new Set()
  return {
    name: 'acl',
    claims: [claim],
    needs: ['interface'],
    provides: ['acl'],
    plan: (change, context) =>
      planAcls(change, context, (after) => {
        names = after
      }),
    state: [aclState(member, () => names)],
  }
}
