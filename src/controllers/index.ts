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
import { chassisController, type ChassisControl, type ChassisSettings } from './chassis/index.js'
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
export { noKeys, type Keys } from './chassis/index.js'
export type { MemberStatus } from './chassis/index.js'
export type { Authenticator, ChassisControl, ChassisSettings, Context, PortInventory }

export interface ControllerParts {
  readonly rib: Rib
  readonly ports: PortInventory
  /** What tells the state of the chassis. */
  readonly member: () => Member
  /** Each member by itself; `member` alone when left out. */
  readonly members?: () => readonly Member[]
  readonly audit: AuditControl
  readonly alarms: AlarmControl
  /** The NETCONF server; undefined until it has been started. */
  readonly server?: () => ManagementServer | undefined
  /** What has the members of other machines; undefined until it has been started. */
  readonly chassis?: () => ChassisControl | undefined
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

export interface Controllers {
  readonly controllers: readonly Controller<Context, Operation>[]
  readonly createContext: (change: Change) => Context
  readonly authenticator: Authenticator
  /** What the NETCONF server is to be started with; undefined before running has been planned. */
  readonly serverSettings: () => ServerSettings | undefined
  /** What the chassis is to be started with, likewise. */
  readonly chassisSettings: () => ChassisSettings | undefined
  /** The port below an interface of running; undefined: there is none. */
  readonly portBelow: (interfaceName: string) => string | undefined
}

export function createControllers({
  rib,
  ports,
  member,
  members = () => [member()],
  audit,
  alarms,
  server = () => undefined,
  chassis = () => undefined,
  now = Date.now,
}: ControllerParts): Controllers {
  const system = systemController(now)
  const interfaces = interfacesController(member)
  const netconfServer = netconfServerController(server)
  const chassisOf = chassisController(chassis)
  return {
    controllers: [
      portsController(members),
      networkInstancesController(rib),
      interfaces.controller,
      crossConnectsController(),
      tunnelsController(member),
      bridgeController(member),
      aclController(member),
      routingController(rib),
      fibController(members),
      forwardingController(members),
      mirrorsController(member),
      system.controller,
      auditController(audit),
      alarmsController(alarms),
      netconfServer.controller,
      chassisOf.controller,
    ],
    createContext: contextMaker({ rib, ports }),
    authenticator: system.authenticator,
    serverSettings: netconfServer.settings,
    chassisSettings: chassisOf.settings,
    portBelow: interfaces.portBelow,
  }
}
