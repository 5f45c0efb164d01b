/** A FIB that does what operations say and refuses what a real one must never be told. */
import type { DropKind, ForwardingObject, Operation } from '../../dataplane/client/operations.js'
import { allOperations, formatPrefix, type Delta } from '../../src/rib/index.js'

export class ModelFib {
  readonly routes = new Map<string, bigint>()
  readonly objects = new Map<bigint, ForwardingObject>()

  do(delta: Delta): void {
    for (const operation of allOperations(delta)) this.one(operation)
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
        for (const record of decode(operation.bytes)) this.one(record)
        return
      default:
        throw new Error(`a RIB does not say ${operation.op}`)
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
        return object.vrf === 0 ? 'local' : `local ${object.vrf}`
      case 'lookup':
        return `lookup ${object.vrf}`
      case 'drop':
        return object.kind
      case 'resolve':
        return `resolve ${object.kind} ${object.id}`
      case 'group':
        return object.members
          .map((member) => `${this.#word(member.key)}×${member.weight}`)
          .sort()
          .join(' ')
    }
  }
}

/** Objects and routes as dataplane/engine/program/records.h packs them. */
export function* decode(bytes: Uint8Array): Generator<Exclude<Operation, { op: 'records' }>> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const u8 = () => view.getUint8(at++)
  const u16 = () => view.getUint16((at += 2) - 2, true)
  const u32 = () => view.getUint32((at += 4) - 4, true)
  const u64 = () => view.getBigUint64((at += 8) - 8, true)
  const raw = (length: number) => bytes.slice(at, (at += length))
  const address = () => raw(u8() === 4 ? 4 : 16)
  const text = () => new TextDecoder().decode(raw(u16()))
  const object = (): ForwardingObject => {
    switch (u8()) {
      case 1:
        return { type: 'adjacency', interface: text(), nextHop: address() }
      case 2:
        return { type: 'glean', interface: text() }
      case 3:
        return { type: 'local', vrf: u32() }
      case 4:
        return {
          type: 'drop',
          kind: (['blackhole', 'unreachable', 'prohibit'] as DropKind[])[u8()] as DropKind,
        }
      case 5:
        return {
          type: 'group',
          members: Array.from({ length: u16() }, () => ({ key: u64(), weight: u16() })),
        }
      case 7:
        return { type: 'lookup', vrf: u32() }
      default:
        throw new Error('no such type of object')
    }
  }
  while (at < bytes.length) {
    const kind = u8()
    if (kind === 5) yield { op: 'object-set', key: u64(), object: object() }
    else if (kind === 6) yield { op: 'object-delete', key: u64() }
    else if (kind === 7) {
      yield { op: 'route-set', vrf: u32(), prefix: { address: address(), length: u8() }, key: u64() }
    } else if (kind === 8) {
      yield { op: 'route-delete', vrf: u32(), prefix: { address: address(), length: u8() } }
    } else throw new Error(`a RIB does not pack records of kind ${kind}`)
  }
}
