/** A FIB that does what operations say and refuses what a real one must never be told. */
import type { ForwardingObject, Operation } from '../../dataplane/client/types.js'
import { formatPrefix, operationsOf, type Delta } from '../../src/rib/index.js'

export class ModelFib {
  readonly routes = new Map<string, bigint>()
  readonly objects = new Map<bigint, ForwardingObject>()

  do(delta: Delta): void {
    const { objectsSet, routesSet, routesDeleted, objectsDeleted } = operationsOf(delta)
    for (const operation of [...objectsSet, ...routesSet, ...routesDeleted, ...objectsDeleted])
      this.one(operation)
  }

  one(operation: Operation): void {
    switch (operation.op) {
      case 'object-set':
        if (operation.object.type === 'group') {
          for (const { key } of operation.object.members) this.#needs(key, 'a group')
        }
        this.objects.set(operation.key, operation.object)
        return
      case 'object-delete':
        this.#unused(operation.key)
        this.objects.delete(operation.key)
        return
      case 'route-set':
        this.#needs(operation.key, formatPrefix(operation.prefix))
        this.routes.set(`${operation.vrf} ${formatPrefix(operation.prefix)}`, operation.key)
        return
      case 'route-delete':
        if (!this.routes.delete(`${operation.vrf} ${formatPrefix(operation.prefix)}`)) {
          throw new Error(`no route ${formatPrefix(operation.prefix)} to delete`)
        }
        return
      case 'records':
        this.#records(operation.bytes)
        return
      default:
        throw new Error(`a RIB does not say ${operation.op}`)
    }
  }

  /** Routes as dataplane/engine/program/records.h packs them. */
  #records(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0; at < bytes.length;) {
      const kind = bytes[at]
      const vrf = view.getUint32(at + 1, true)
      const width = bytes[at + 5] === 4 ? 4 : 16
      const address = bytes.slice(at + 6, at + 6 + width)
      const prefix = { address, length: bytes[at + 6 + width] as number }
      at += 7 + width
      if (kind === 8) this.one({ op: 'route-delete', vrf, prefix })
      else if (kind === 7) {
        this.one({ op: 'route-set', vrf, prefix, key: view.getBigUint64(at, true) })
        at += 8
      } else throw new Error(`no record of kind ${kind}`)
    }
  }

  #needs(key: bigint, who: string): void {
    if (!this.objects.has(key)) throw new Error(`${who} needs object ${key}, which is not there`)
  }

  #unused(key: bigint): void {
    for (const [prefix, used] of this.routes)
      if (used === key) throw new Error(`${prefix} still uses object ${key}`)
    for (const object of this.objects.values()) {
      if (object.type === 'group' && object.members.some((member) => member.key === key)) {
        throw new Error(`a group still uses object ${key}`)
      }
    }
  }

  /** Where each prefix leads, in words. */
  lookup(): Record<string, string> {
    return Object.fromEntries(
      [...this.routes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([p, key]) => [p, this.#word(key)]),
    )
  }

  #word(key: bigint): string {
    const object = this.objects.get(key)
    if (!object) throw new Error(`object ${key} is gone`)
    switch (object.type) {
      case 'adjacency':
        return `${object.interface}:${[...object.nextHop].join('.')}`
      case 'glean':
        return `glean ${object.interface}`
      case 'local':
        return 'local'
      case 'drop':
        return object.kind
      case 'group':
        return object.members
          .map((member) => `${this.#word(member.key)}×${member.weight}`)
          .sort()
          .join(' ')
    }
  }
}
