/** The door of the controllers: what each part of the configuration means. One line a controller. */
import type { Member, Operation } from '../../dataplane/client/index.js'
import type { Change, Controller } from '../../datastore/index.js'
import type { AlarmControl } from '../alarms/index.js'
import type { AuditControl } from '../audit/index.js'
import type { Rib } from '../rib/index.js'
import { aclController } from './acl/index.js'
import { alarmsController } from './alarms/index.js'
import { auditController } from './audit/index.js'
import { bridgeController } from './bridge/index.js'
import { contextMaker, type Context, type PortInventory } from './context.js'
import { crossConnectsController } from './cross-connects/index.js'
import { fibController } from './fib/index.js'
import { forwardingController } from './forwarding/index.js'
import { interfacesController } from './interfaces/index.js'
import { mirrorsController } from './mirrors/index.js'
import {
  netconfServerController,
  type ManagementServer,
  type ServerSettings,
} from './netconf-server/index.js'
import { networkInstancesController } from './network-instances/index.js'
import { portsController } from './ports/index.js'
import { routingController } from './routing/index.js'
import { systemController, type Authenticator } from './system/index.js'
import { tunnelsController } from './tunnels/index.js'

export { followLinks, RoutingUpdates, type UpdateParts } from './fib/index.js'
export { readPorts } from './ports/index.js'
export { localMember } from './context.js'
export { instanceOfNamespace } from './network-instances/index.js'
export type { Authenticator, Context, PortInventory }

export interface ControllerParts {
  readonly rib: Rib
  readonly ports: PortInventory
  /** The member beside the control plane. */
  readonly member: () => Member
  readonly audit: AuditControl
  readonly alarms: AlarmControl
  /** The NETCONF server; undefined until it has been started. */
  readonly server?: () => ManagementServer | undefined
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

export interface Controllers {
  readonly controllers: readonly Controller<Context, Operation>[]
  readonly createContext: (change: Change) => Context
  readonly authenticator: Authenticator
  /** What the NETCONF server is to be started with; undefined before running has been planned. */
  readonly serverSettings: () => ServerSettings | undefined
}

export function createControllers({
  rib,
  ports,
  member,
  audit,
  alarms,
  server = () => undefined,
  now = Date.now,
}: ControllerParts): Controllers {
  const system = systemController(now)
  const netconfServer = netconfServerController(server)
  return {
    controllers: [
      portsController(member),
      networkInstancesController(rib),
      interfacesController(member),
      crossConnectsController(),
      tunnelsController(member),
      bridgeController(member),
      aclController(member),
      routingController(rib),
      fibController(member),
      forwardingController(member),
      mirrorsController(member),
      system.controller,
      auditController(audit),
      alarmsController(alarms),
      netconfServer.controller,
    ],
    createContext: contextMaker({ rib, ports }),
    authenticator: system.authenticator,
    serverSettings: netconfServer.settings,
  }
}
