/**
 * compare (RFC 9144): what leads from one datastore to another, as a YANG Patch with source values. Between the candidate,
 * running and what running was after a commit, the changes are known, and the cost follows them. Where a filter is given
 * and for every other datastore, what is selected of both is read as by get-data, and the two are compared, O(selected).
 */
import type { Context, Journal, Rpc, Tree } from 'libyang-js'
import { RequestError, type ReadOptions, type Revision } from '../../datastore/index.js'
import { element, NMDA_COMPARE_NAMESPACE } from '../xml.js'
import { datastoreNamed, offers, refuse, type SourceName } from './nmda.js'
import type { Call, Operation, Reply } from './operation.js'
import { atAsked } from './parameters.js'
import { filterOf } from './read.js'

const names: readonly SourceName[] = ['running', 'candidate', 'intended', 'operational', 'factory-default']

/** The most edits of one answer. */
const mostEdits = 100_000

interface Side {
  readonly name: SourceName
  readonly commit: number | undefined
}

export const nmdaCompare: Operation = {
  name: 'compare',
  namespace: NMDA_COMPARE_NAMESPACE,
  async run(call) {
    const { rpc, services } = call
    const source = sideOf(rpc, services.context, 'source')
    const target = sideOf(rpc, services.context, 'target')
    return await atAsked(
      rpc,
      { 'weft-compare:source-commit': source.commit, 'weft-compare:target-commit': target.commit },
      () => compared(call, source, target),
    )
  },
}

async function compared(call: Call, source: Side, target: Side): Promise<Reply> {
  const { rpc, access, services } = call
  const [from, to] = [revisionOf(source), revisionOf(target)]
  using filter = filterOf(rpc)
  if (!filter && from !== undefined && to !== undefined) {
    using changes = await services.datastores.changes(from, to)
    using seen = access && (await changes.visible(access))
    return answer(source, target, await patchOf(seen ?? changes))
  }
  const reading = readingOf(rpc, source, target)
  using before = await treeOf(call, source, { ...reading, ...(filter && { filter }) })
  using after = await treeOf(call, target, { ...reading, ...(filter && { filter }) })
  if (filter && (await isEmpty(before)) && (await isEmpty(after)))
    return { kind: 'content', xml: `<no-matches xmlns="${NMDA_COMPARE_NAMESPACE}"/>` }
  using changes = await before.difference(after)
  return answer(source, target, await patchOf(changes))
}

function sideOf(rpc: Rpc, context: Context, parameter: 'source' | 'target'): Side {
  const name = datastoreNamed(rpc, parameter, offers(context, 'startup') ? [...names, 'startup'] : names)
  const leaf = `weft-compare:${parameter}-commit`
  const commit = rpc.value(leaf)
  if (commit !== undefined && name !== 'running')
    refuse(
      rpc,
      leaf,
      `a commit is a state of running: with ${parameter}-commit, ${parameter} must be running`,
    )
  return { name, commit: commit === undefined ? undefined : Number(commit) }
}

/** Of which the changes are known; intended is running, while nothing is expanded from it. */
function revisionOf({ name, commit }: Side): Revision | undefined {
  if (name === 'candidate') return name
  return name === 'running' || name === 'intended' ? (commit ?? 'running') : undefined
}

/** Beside operational, in which defaults in use are part, the other datastore is read with its defaults too. */
function readingOf(rpc: Rpc, source: Side, target: Side): Omit<ReadOptions, 'source'> {
  const [one, two] = [source.name === 'operational', target.name === 'operational']
  if (!one && !two) return {}
  const all = rpc.value('all') !== undefined || one === two
  const shown = rpc.value('report-origin') !== undefined
  return { defaults: 'report-all', ...(!all && { config: true }), ...(shown && { origins: { shown } }) }
}

async function treeOf(
  { access, services }: Call,
  { name, commit }: Side,
  { origins, ...options }: Omit<ReadOptions, 'source'>,
): Promise<Tree> {
  const { context, datastores, budget } = services
  const slices: Buffer[] = []
  for await (const slice of datastores.read({
    ...options,
    source: commit === undefined ? name : { commit },
    ...(name === 'operational' && origins && { origins }),
    ...(options.filter && { budget }),
    ...(access && { access }),
  }))
    slices.push(slice)
  return await context.parse(Buffer.concat(slices), 'xml')
}

async function isEmpty(tree: Tree): Promise<boolean> {
  return (await tree.find('/*')).length === 0
}

async function patchOf(changes: Journal): Promise<readonly string[]> {
  const edits = await changes.patch(mostEdits)
  if (edits.length > mostEdits)
    throw new RequestError({
      type: 'application',
      tag: 'resource-denied',
      message: `there are more than ${mostEdits} differences; compare a part with a filter`,
    })
  return edits
}

function answer(source: Side, target: Side, edits: readonly string[]): { kind: 'content'; xml: string } {
  const [from, to] = [labelOf(source), labelOf(target)]
  const head =
    element('patch-id', `${from} to ${to}`) +
    element('comment', `what leads from ${from} (source) to ${to} (target)`)
  return {
    kind: 'content',
    xml: `<differences xmlns="${NMDA_COMPARE_NAMESPACE}"><yang-patch>${head}${edits.join('')}</yang-patch></differences>`,
  }
}

function labelOf({ name, commit }: Side): string {
  return commit === undefined ? name : `${name} after commit ${commit}`
}
