/** The engine's state as a reply of dataplane.proto, whose 64-bit fields are decimal strings. */
import type { ObjectPage, ObjectQuery, StateReply, StateRequest } from '../proto/contract.js'
import { lastObject } from '../proto/contract.js'
import type { Engine } from './engine.js'

/** Objects or addresses of one reply: reading them keeps programming waiting. */
const mostObjects = 4096

type Fields = Record<string, unknown>

function strings(fields: Fields): Fields {
  for (const name in fields) {
    const value = fields[name]
    if (typeof value === 'bigint') fields[name] = value.toString()
  }
  return fields
}

function objectPage(engine: Engine, { key, from, most }: ObjectQuery): ObjectPage {
  const one = key === undefined || key === '0' ? undefined : engine.object(BigInt(key))
  const page = one
    ? { objects: one, next: lastObject }
    : engine.objects(from ?? 0, Math.min(most ?? 0, mostObjects))
  return {
    objects: page.objects.map((object) => ({
      ...strings(object),
      members: (object['members'] as bigint[]).map(String),
    })),
    next: page.next,
  }
}

function bridge(fields: Fields): Fields {
  return { ...strings(fields), moving: (fields['moving'] as Fields[]).map(strings) }
}

export function stateReply(engine: Engine, request: StateRequest): Partial<StateReply> {
  const only = request.interface || undefined
  return {
    id: request.id,
    interfaces: request.interfaces ? engine.interfaces(only).map(strings) : [],
    neighbours: request.neighbours ? engine.neighbours(only) : [],
    ports: request.ports ? engine.ports().map(strings) : [],
    drops: request.drops ? engine.drops().map(strings) : [],
    nodes: request.nodes ? engine.nodes().map(strings) : [],
    objects: request.objects ? objectPage(engine, request.objects) : null,
    acls: request.acls ? engine.acls(request.acl || undefined) : [],
    bridges: request.bridges ? engine.bridges(request.bridge || undefined).map(bridge) : [],
    macs: request.macs
      ? engine.macs(request.macs, request.macs.from, Math.min(request.macs.most, mostObjects))
      : null,
    holds: request.holds ? engine.holds().map(strings) : [],
    punt: request.punt ? engine.punts().map(strings) : [],
    mirrors: request.mirrors ? engine.mirrors().map(strings) : [],
    workers: request.workers ? engine.workers().map(strings) : [],
    statistics: request.statistics ? strings(engine.statistics()) : null,
  }
}
