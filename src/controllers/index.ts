/** The door of the controllers: what each part of the configuration means. One line a controller. */
import type { Member, Operation } from '../../dataplane/client/index.js'
import type { Change, Controller } from '../../datastore/index.js'
import type { AuditControl } from '../audit/index.js'
import type { Rib } from '../rib/index.js'
import { auditController } from './audit/index.js'
import { contextMaker, type Context, type PortInventory } from './context.js'
import { fibController } from './fib/index.js'
import { interfacesController } from './interfaces/index.js'
import { routingController } from './routing/index.js'
import { systemController, type Authenticator } from './system/index.js'

export { followLinks, type LinkParts } from './fib/index.js'
export { localMember } from './context.js'
export type { Authenticator, Context, PortInventory }

export interface ControllerParts {
  readonly rib: Rib
  readonly ports: PortInventory
  /** The member beside the control plane. */
  readonly member: () => Member
  readonly audit: AuditControl
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

export interface Controllers {
  readonly controllers: readonly Controller<Context, Operation>[]
  readonly createContext: (change: Change) => Context
  readonly authenticator: Authenticator
}

export function createControllers({
  rib,
  ports,
  member,
  audit,
  now = Date.now,
}: ControllerParts): Controllers {
  const system = systemController(now)
  return {
    controllers: [
      interfacesController(member),
      routingController(rib),
      fibController(member),
      system.controller,
      auditController(audit),
    ],
    createContext: contextMaker({ rib, ports }),
    authenticator: system.authenticator,
  }
}
