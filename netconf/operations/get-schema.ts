/** get-schema (RFC 6022, section 3.1): the source text of a module or submodule of the schema. */
import type { Context } from 'libyang-js'
import { RequestError } from '../../datastore/index.js'
import { escapeXml, MONITORING_NAMESPACE } from '../xml.js'
import type { Operation } from './operation.js'
import { invalid, missing } from './parameters.js'

export const getSchema: Operation = {
  name: 'get-schema',
  namespace: MONITORING_NAMESPACE,
  async run({ rpc, services: { context } }) {
    const identifier =
      rpc.value('identifier') ?? missing(rpc, 'identifier', 'get-schema needs an <identifier>')
    const version = rpc.value('version')
    const format = rpc.value('format')
    if (format !== undefined && !/^(?:ietf-netconf-monitoring:)?yang$/.test(format)) {
      invalid(rpc, 'format', `schemas are given out as yang, not as ${format}`)
    }
    const revisions = revisionsOf(context, identifier)
    if (revisions.size === 0) invalid(rpc, 'identifier', `there is no module or submodule ${identifier}`)
    if (version !== undefined && !revisions.has(version)) {
      const known = [...revisions].map((revision) => revision || 'none').join(', ')
      invalid(rpc, 'version', `${identifier} has no revision ${JSON.stringify(version)}; revisions: ${known}`)
    }
    if (version === undefined && revisions.size > 1) {
      throw new RequestError({
        type: 'application',
        tag: 'operation-failed',
        appTag: 'data-not-unique',
        message: `${identifier} has several revisions: ${[...revisions].join(', ')}; name one as <version>`,
      })
    }
    const revision = version ?? [...revisions][0] ?? ''
    const source = await context.source(identifier, revision === '' ? undefined : revision)
    return { kind: 'content', xml: `<data xmlns="${MONITORING_NAMESPACE}">${escapeXml(source)}</data>` }
  },
}

/** Revisions of the modules and submodules of this name; '' for one without. */
function revisionsOf(context: Context, identifier: string): Set<string> {
  const found = new Set<string>()
  for (const module of context.modules) {
    if (module.name === identifier) found.add(module.revision ?? '')
    for (const { name, revision } of module.submodules) if (name === identifier) found.add(revision ?? '')
  }
  return found
}
