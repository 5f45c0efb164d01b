/** The engine's state as a reply of dataplane.proto, whose 64-bit fields are decimal strings. */
import type { StateReply, StateRequest } from '../proto/contract.js'
import type { Engine } from './engine.js'

type Fields = Record<string, unknown>

function strings(fields: Fields): Fields {
  for (const name in fields) {
    const value = fields[name]
    if (typeof value === 'bigint') fields[name] = value.toString()
  }
  return fields
}

export function stateReply(engine: Engine, request: StateRequest): Partial<StateReply> {
  const only = request.interface || undefined
  return {
    id: request.id,
    interfaces: request.interfaces ? engine.interfaces(only).map(strings) : [],
    neighbours: request.neighbours ? engine.neighbours(only) : [],
    ports: request.ports ? engine.ports().map(strings) : [],
    drops: request.drops ? engine.drops().map(strings) : [],
    holds: request.holds ? engine.holds().map(strings) : [],
    punt: request.punt ? engine.punts().map(strings) : [],
    statistics: request.statistics ? strings(engine.statistics()) : null,
  }
}
