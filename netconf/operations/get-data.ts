/**
 * get-data (RFC 8526, section 3.1.1): configuration, or the operational state with what is in use of it and where that comes
 * from. Depth counts from the nodes that subtree-filter or xpath-filter select, or from the top level; config-filter and
 * the filters of origins take from what is so selected.
 */
import type { Origin, Rpc } from 'libyang-js'
import type { ReadOptions } from '../../datastore/index.js'
import { datastoreNamed, NMDA_NAMESPACE, offers, type SourceName } from './nmda.js'
import type { Operation } from './operation.js'
import { defaultsOf, readReply } from './read.js'

const sources: readonly SourceName[] = ['running', 'candidate', 'intended', 'operational', 'factory-default']
const origins: readonly Origin[] = ['intended', 'dynamic', 'system', 'learned', 'default', 'unknown']

export const getData: Operation = {
  name: 'get-data',
  namespace: NMDA_NAMESPACE,
  async run(call) {
    const { rpc, services } = call
    const startup = offers(services.context, 'startup')
    const source = datastoreNamed(rpc, 'datastore', startup ? [...sources, 'startup'] : sources)
    return readReply(call, { source, ...selectionOf(rpc), ...originsOf(rpc, source) }, NMDA_NAMESPACE)
  },
}

function selectionOf(rpc: Rpc): Pick<ReadOptions, 'config' | 'maxDepth'> {
  const config = rpc.value('config-filter')
  const depth = rpc.value('max-depth')
  return {
    ...(config !== undefined && { config: config === 'true' }),
    ...(depth !== undefined && depth !== 'unbounded' && { maxDepth: Number(depth) }),
  }
}

/** Of operational, defaults in use are part (RFC 8342, section 5.3), for `explicit` too (RFC 8526, section 3.1.1.2). */
function originsOf(rpc: Rpc, source: SourceName): Pick<ReadOptions, 'origins' | 'defaults'> {
  const shown = rpc.value('with-origin') !== undefined
  const only = rpc.values('origin-filter').map(withoutModule)
  const never = rpc.values('negated-origin-filter').map(withoutModule)
  if (source === 'operational') {
    const asked = defaultsOf(rpc)
    return {
      defaults: asked === undefined || asked === 'explicit' ? 'report-all' : asked,
      ...((shown || only.length > 0 || never.length > 0) && {
        origins: {
          shown,
          ...(only.length > 0 && { only: origins.filter((each) => only.includes(each)) }),
          ...(never.length > 0 && { only: origins.filter((each) => !never.includes(each)) }),
        },
      }),
    }
  }
  return {}
}

function withoutModule(identity: string): string {
  return identity.slice(identity.indexOf(':') + 1)
}
