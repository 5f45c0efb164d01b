/**
 * Forwarding objects with identity and reference counts (DESIGN §4, forwarding objects). An object's key is a hash of what
 * it stands for, so that it is the same in all members and after every restart; two meanings under one key are an error.
 */
import { createHash } from 'node:crypto'
import type { DropKind, ForwardingObject, ObjectKey } from '../../dataplane/client/index.js'
import { type Address, formatAddress } from './address.js'

/** An object as the RIB holds it. `references`: routes and groups that point at it; changed by adopted transactions only. */
export interface ObjectRecord {
  readonly key: ObjectKey
  /** What it stands for, in words. */
  readonly identity: string
  readonly object: ForwardingObject
  /** Of a group. */
  readonly members: readonly ObjectRecord[]
  references: number
}

/** First eight bytes of SHA-1 over the identity, as a little-endian number; never 0. */
export function objectKey(identity: string): ObjectKey {
  return createHash('sha1').update(identity).digest().readBigUInt64LE(0) || 1n
}

export interface WeightedObject {
  readonly record: ObjectRecord
  readonly weight: number
}

/** A group has no more members than this, however many ways its next hops have themselves. */
const maxMembers = 256

export class ObjectTable {
  readonly #byIdentity = new Map<string, ObjectRecord>()
  readonly #byKey = new Map<ObjectKey, ObjectRecord>()
  readonly #hash: (identity: string) => ObjectKey

  constructor(hash: (identity: string) => ObjectKey = objectKey) {
    this.#hash = hash
  }

  get size(): number {
    return this.#byIdentity.size
  }

  /** The record of this identity, made when there is none. Throws when another meaning has the same key. */
  #intern(identity: string, object: ForwardingObject, members: readonly ObjectRecord[] = []): ObjectRecord {
    const known = this.#byIdentity.get(identity)
    if (known) return known
    const key = this.#hash(identity)
    const other = this.#byKey.get(key)
    if (other) {
      throw new Error(
        `forwarding objects '${identity}' and '${other.identity}' have the same key ${key.toString(16)}`,
      )
    }
    const record: ObjectRecord = { key, identity, object, members, references: 0 }
    this.#byIdentity.set(identity, record)
    this.#byKey.set(key, record)
    return record
  }

  adjacency(name: string, nextHop: Address): ObjectRecord {
    const identity = `adjacency ${name} ${formatAddress(nextHop)}`
    return this.#intern(identity, { type: 'adjacency', interface: name, nextHop })
  }

  glean(name: string): ObjectRecord {
    return this.#intern(`glean ${name}`, { type: 'glean', interface: name })
  }

  local(vrf: number): ObjectRecord {
    return this.#intern(`local ${vrf}`, { type: 'local', vrf })
  }

  drop(kind: DropKind): ObjectRecord {
    return this.#intern(`drop ${kind}`, { type: 'drop', kind })
  }

  /** A weighted set of others; equal ones are joined, a single one stands for itself. */
  group(ways: readonly WeightedObject[]): ObjectRecord {
    const joined = new Map<ObjectRecord, number>()
    for (const { record, weight } of ways) joined.set(record, (joined.get(record) ?? 0) + weight)
    const first = ways[0]
    if (!first) throw new Error('a group of no objects')
    if (joined.size === 1) return first.record
    const sorted = [...joined].sort(([a], [b]) => (a.identity < b.identity ? -1 : 1)).slice(0, maxMembers)
    const divisor = sorted.reduce((common, [, weight]) => gcd(common, weight), 0)
    const scale = Math.max(1, ...sorted.map(([, weight]) => weight / divisor / 65535))
    const members = sorted.map(
      ([record, weight]) => [record, Math.max(1, Math.floor(weight / divisor / scale))] as const,
    )
    return this.#intern(
      `group ${members.map(([record, weight]) => `${weight}×(${record.identity})`).join(' ')}`,
      { type: 'group', members: members.map(([record, weight]) => ({ key: record.key, weight })) },
      members.map(([record]) => record),
    )
  }

  /** Takes every object as unreferenced; for a state that is counted anew. */
  forgetReferences(): void {
    for (const record of this.#byIdentity.values()) record.references = 0
  }

  /** Forgets the objects that nothing points at. O(objects). */
  forgetUnused(): void {
    for (const record of this.#byIdentity.values()) {
      if (record.references > 0) continue
      this.#byIdentity.delete(record.identity)
      this.#byKey.delete(record.key)
    }
  }
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}
