/** What get and get-config have in common: a read of a datastore through a filter, within a budget. */
import { RequestError, type ReadOptions } from '../../datastore/index.js'
import type { Call, Reply } from './operation.js'

export function readReply({ rpc, services }: Call, source: ReadOptions['source']): Reply {
  const filter = filterOf(rpc)
  if (filter === undefined) return { kind: 'data', slices: services.datastores.read({ source }) }
  const { budget } = services
  return { kind: 'data', slices: filtered() }

  async function* filtered(): AsyncGenerator<Buffer, void, undefined> {
    using used = filter as NonNullable<typeof filter>
    yield* services.datastores.read({ source, filter: used, budget })
  }
}

function filterOf(rpc: Call['rpc']): ReturnType<Call['rpc']['filter']> {
  try {
    return rpc.filter()
  } catch (error) {
    throw RequestError.from(error)
  }
}
