/**
 * A RIB in this process and an engine in its own, with the two hosts of test/lab/router.ts: the way of routes into the engine
 * without a configuration.
 */
import type { Operation } from '../../dataplane/client/index.js'
import { RoutingUpdates } from '../../src/controllers/index.js'
import {
  allOperations,
  connected,
  direct,
  hostPrefix,
  local,
  Rib,
  staticSource,
  type Delta,
  type RouteRows,
} from '../../src/rib/index.js'
import { address, addresses, Router } from '../../test/lab/router.js'
import { over, prefix } from '../../test/rib/words.js'

export const source = staticSource('static')

/** Where the stream of packets goes: an address behind h2, by a route of its own. */
export const target = '203.0.113.7'

export class Box implements AsyncDisposable {
  readonly router: Router
  readonly rib = new Rib()
  readonly updates: RoutingUpdates
  /** Bytes of records that the last transaction of everything took. */
  recordBytes = 0
  #commit = 1

  private constructor(router: Router) {
    this.router = router
    const broken = (error: unknown): void => {
      throw error
    }
    this.updates = new RoutingUpdates({
      rib: this.rib,
      send: (operations) => this.#send(operations, false),
      lost: broken,
      failed: broken,
    })
  }

  static async open(): Promise<Box> {
    const router = await Router.start()
    await router.h2.ip('addr', 'add', `${target}/32`, 'dev', 'eth0')
    return new Box(router)
  }

  /** Everything anew, as after a reconnect; `sent` is called when the RIB has finished. */
  async full(rows: readonly RouteRows[], finished: () => void = () => undefined): Promise<void> {
    const transaction = this.rib.begin({ full: true })
    await transaction.ready()
    for (const [name, own] of [
      ['p1', addresses.p1[0]],
      ['p2', addresses.p2[0]],
    ] as const) {
      transaction.setInterface({ name, vrf: 0, neighbours: true, ipv4: 'on', ipv6: 'none' })
      transaction.set(direct, 0, prefix(`${own}/24`), connected(name))
      transaction.set(direct, 0, hostPrefix(address(own)), local(name))
    }
    transaction.set(source, 0, prefix('203.0.113.0/24'), over(addresses.h2[0]))
    for (const batch of rows) await transaction.load(batch)
    const { delta, unresolved } = await transaction.finish()
    if (unresolved.length > 0) throw new Error('the table has routes that lead nowhere')
    transaction.adopt()
    finished()
    this.recordBytes = bytesOf(delta)
    const own = this.router.tables.filter(({ op }) => op === 'port-set' || op === 'interface-set')
    await this.#send([...own, ...allOperations(delta)], true)
  }

  async #send(operations: readonly Operation[], full: boolean): Promise<void> {
    const prepared = await this.router.member.prepare(operations, { full, deadline: 60_000 })
    await prepared.apply(this.#commit++)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.updates[Symbol.asyncDispose]()
    await this.router[Symbol.asyncDispose]()
  }
}

function bytesOf(delta: Delta): number {
  return [delta.objectsSet, delta.routesSet].flatMap(({ blocks }) => blocks).reduce((n, b) => n + b.length, 0)
}
