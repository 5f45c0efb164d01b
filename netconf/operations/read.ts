/** What operations that read have in common: a read of a datastore through a filter, within a budget. */
import type { DefaultsMode } from 'libyang-js'
import { RequestError, type ReadOptions } from '../../datastore/index.js'
import type { Call, Reply } from './operation.js'
import { parameterPath } from './parameters.js'

/** `given.defaults` comes before the parameter; `namespace`: of the `<data>`, the base namespace when absent. */
export function readReply(
  { rpc, services, access }: Call,
  given: Omit<ReadOptions, 'filter' | 'budget'>,
  namespace?: string,
): Reply {
  const filter = filterOf(rpc)
  const defaults = given.defaults ?? defaultsOf(rpc)
  const { source, config, maxDepth, origins } = given
  const budget = filter && services.budget
  const options = { source, filter, budget, access, defaults, config, maxDepth, origins }
  return { kind: 'data', namespace, slices: services.datastores.read(options) }
}

/** The parameter with-defaults (RFC 6243, section 4.5.1). */
export function defaultsOf(rpc: Call['rpc']): DefaultsMode | undefined {
  const given = rpc.value('ietf-netconf-with-defaults:with-defaults') ?? rpc.value('with-defaults')
  return modes.find((mode) => mode === given)
}

const modes: readonly DefaultsMode[] = ['explicit', 'trim', 'report-all', 'report-all-tagged']

export function filterOf(rpc: Call['rpc']): ReturnType<Call['rpc']['filter']> {
  try {
    return rpc.filter()
  } catch (thrown) {
    const filter = filters.find((each) => rpc.value(each) !== undefined) ?? 'filter'
    const path = parameterPath(rpc, filter)
    throw new RequestError(
      RequestError.from(thrown).errors.map((error) =>
        error.type === 'protocol'
          ? { ...error, path, info: { 'bad-element': filter, ...error.info } }
          : error,
      ),
    )
  }
}

/** Of the base namespace and of RFC 8526. */
const filters = ['filter', 'subtree-filter', 'xpath-filter']
