/**
 * What the appliance lends to all plans of one transaction: the RIB's transaction that they write into, the ports that there
 * are, and the member that carries steps out.
 */
import type { Operation } from '../../dataplane/client/index.js'
import type { Change } from '../../datastore/index.js'
import type { Rib, RibTransaction } from '../rib/index.js'

/** The ports of the chassis; what they are made of is the appliance's affair. */
export interface PortInventory {
  readonly names: readonly string[]
  /** Octets of layer 3 that the port carries; undefined when not known. */
  mtu(name: string): number | undefined
}

export interface Context {
  readonly rib: RibTransaction
  readonly ports: PortInventory
  /** Name of the member that steps are for. */
  readonly member: string
}

/** Name of the member beside the control plane. */
export const localMember = '0'

/** For `createContext(change)` of the datastore. */
export function contextMaker(parts: {
  readonly rib: Rib
  readonly ports: PortInventory
}): (change: Change) => Context {
  return (change) => ({
    rib: parts.rib.begin({ full: change.full }),
    ports: parts.ports,
    member: localMember,
  })
}

/**
 * Does a client ask for this change, so that what is wrong is to be refused? Otherwise running is programmed anew, and what
 * does not work any more (a port that is gone) must not keep the rest from working.
 */
export const isRequested = (change: Change): boolean => !change.full || change.journal.size > 0

export type { Change, Operation }
