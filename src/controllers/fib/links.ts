/** Follows the links of interfaces: one that goes down or comes up is a routing update. */
import type { EventBus } from '../../events.js'
import type { RoutingUpdates } from './updates.js'

/** Until disposed. */
export function followLinks(events: EventBus, updates: RoutingUpdates): Disposable {
  return events.on('link', ({ interface: name, up }) => updates.push((update) => update.link(name, up)))
}
