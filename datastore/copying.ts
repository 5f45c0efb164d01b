/**
 * Replacing a whole datastore (RFC 6241, sections 7.3 and 7.4): each source to each target. What arrives is judged as the
 * target demands: the candidate takes what fits the models, running and startup only what is valid (RFC 7950,
 * section 8.3.3).
 *
 * Callers are alone among writers (see `datastores.ts`), and have seen to locks.
 */
import type { Access, Context, Fragment, Tree } from 'libyang-js'
import type { Candidate } from './candidate.js'
import { replaceRunning } from './direct.js'
import { RequestError } from './errors.js'
import { admit, admitAsked, admitEdit, type CommitGuard } from './guard.js'
import { normalize, type Normalizing } from './normalize.js'
import type { Startup } from './startup.js'
import type { Transactions } from './transaction.js'
import type { Trees } from './trees.js'
import type { DatastoreName, Requester, ResidentName } from './types.js'

export interface CopyParts {
  readonly context: Context
  readonly trees: Trees
  readonly candidate: Candidate
  readonly transactions: Pick<Transactions<never>, 'commit' | 'commitBeside' | 'rehearseBeside'>
  readonly startup: Startup
  readonly normalizing: Normalizing
  readonly guards: readonly CommitGuard[]
}

const whole = { defaultOperation: 'replace', errorOption: 'rollback-on-error' } as const

/**
 * `source` differs from `target`. With `access`, what it hides of a source that is a datastore is as if it were not there, and
 * so goes from the target; running becomes startup whole (RFC 8341, section 3.2.6).
 */
export async function copyTo(
  parts: CopyParts,
  requester: Requester,
  target: DatastoreName,
  source: DatastoreName | Fragment,
  access?: Access,
): Promise<void> {
  const { candidate, transactions, startup, guards } = parts
  const sent = typeof source !== 'string'
  if (sent) await admitAsked(guards, requester, source, 'replace')
  const hides = access && !access.readsAll() && !(source === 'running' && target === 'startup')
  using part = !sent && hides ? await readable(parts, source, access) : undefined
  if (target === 'startup') await copyToStartup(parts, requester, part ?? source)
  else if (source === 'running' && !part) await candidate.discard(admitEdit(guards, requester, false))
  else if (source === 'candidate' && !part) await transactions.commit(requester, {})
  else {
    using stored = source === 'startup' && !part ? await startup.content() : undefined
    const config = part ?? stored ?? (source as Fragment)
    if (target === 'running') await replaceRunning(parts, requester, config)
    else await candidate.edit(config, { ...whole, testOption: 'set' }, admitEdit(guards, requester, sent))
  }
}

/** What of a datastore may be read. */
async function readable(
  { context, trees, startup }: CopyParts,
  source: DatastoreName,
  access: Access,
): Promise<Fragment> {
  if (source === 'startup') return await startup.content(access)
  using lease = await trees.read(source)
  return context.fragment(await printed(lease.tree, access))
}

/** A configuration that is no datastore's, as a tree of its own: the caller's. Rejects with what does not fit the models. */
export async function treeOf(
  { context, normalizing }: Pick<CopyParts, 'context' | 'normalizing'>,
  config: Fragment,
): Promise<Tree> {
  const tree = context.tree()
  try {
    const { journal, errors } = await tree.edit(config, {
      defaultOperation: 'merge',
      errorOption: 'continue-on-error',
    })
    using changes = journal
    if (errors.length > 0) throw new RequestError(errors)
    await normalize(normalizing, tree, changes)
    return tree
  } catch (error) {
    tree[Symbol.dispose]()
    throw RequestError.from(error)
  }
}

/** Who may execute the copy of running needs no other right (RFC 8341, section 3.2.6). */
async function copyToStartup(
  parts: CopyParts,
  requester: Requester,
  source: ResidentName | 'startup' | Fragment,
): Promise<void> {
  const { trees, candidate, startup } = parts
  if (source === 'running') {
    using running = await trees.read('running')
    await startup.save(requester, running.tree)
    return
  }
  if (source === 'candidate') {
    using _derived = await candidate.validate()
    using pending = await trees.read('candidate')
    await admitToStartup(parts, requester, pending.tree)
    await startup.save(requester, pending.tree)
    return
  }
  using tree = await treeOf(parts, source as Fragment)
  using derived = parts.context.journal()
  const errors = await tree.validate(derived)
  if (errors.length > 0) throw new RequestError(errors)
  await admitToStartup(parts, requester, tree)
  await startup.save(requester, tree)
}

/** The guards of clients see what would change of startup. */
async function admitToStartup(parts: CopyParts, requester: Requester, next: Tree): Promise<void> {
  const { context, guards, startup } = parts
  if (guards.length === 0) return
  using before = await startup.tree()
  using after = await before.copy()
  using config = context.fragment(await printed(next))
  const { journal, errors } = await after.edit(config, whole)
  using changes = journal
  if (errors.length > 0) throw new RequestError(errors)
  await changes.net()
  await admit(guards, requester, changes, before, after)
}

async function printed(tree: Tree, access?: Access): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of tree.print({ format: 'xml', configOnly: true, ...(access && { access }) }))
    pieces.push(piece)
  return Buffer.concat(pieces)
}
