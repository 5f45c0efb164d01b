/**
 * From changes of access lists and attachments to steps: lists that were touched are set as a whole, and the members compile
 * them. Costs what the touched lists are long.
 */
import type { Operation } from '../../../dataplane/client/index.js'
import type { ConfigError, Plan, Step } from '../../../datastore/index.js'
import { isRequested, type Change, type Context } from '../context.js'
import { refuse } from '../refuse.js'
import { checkAcl, checkAttachments } from './check.js'
import { claim, readAcls, readAttachments, readFamilies, specOf, type Attachment } from './model.js'

/** `adopt` is given the names of the lists that there then are. */
export async function planAcls(
  change: Change,
  { member }: Context,
  adopt: (names: ReadonlySet<string>) => void,
): Promise<Plan<Operation>> {
  const { after, before, journal, full } = change
  const errors: ConfigError[] = []
  const create: Operation[] = []
  const remove: Operation[] = []
  const touched = readAcls((query) => (full ? after.entries(query) : after.changes(journal, query)))
  for await (const acl of touched) {
    if ('deleted' in acl) {
      remove.push({ op: 'acl-delete', name: acl.name })
      continue
    }
    errors.push(...checkAcl(acl))
    create.push({ op: 'acl-set', acl: specOf(acl) })
  }
  const families = await readFamilies(after)
  const attachments = await readAttachments(after)
  errors.push(...checkAttachments(attachments, families))
  if (isRequested(change)) refuse(errors, { at: claim })

  const known = byPlace(full ? [] : await readAttachments(before))
  const wanted = byPlace(attachments)
  for (const [place, attachment] of wanted)
    if (known.get(place)?.acl !== attachment.acl) create.push(bind(attachment, attachment.acl))
  // What is attached no more goes before the lists do.
  for (const [place, attachment] of known) if (!wanted.has(place)) remove.unshift(bind(attachment, undefined))
  return {
    steps: [...step('create', create, member), ...step('delete', remove, member)],
    adopt: () => adopt(new Set(families.keys())),
  }
}

function byPlace(attachments: readonly Attachment[]): ReadonlyMap<string, Attachment> {
  return new Map(attachments.map((one) => [`${one.direction} ${one.family} ${one.interface}`, one]))
}

function bind(attachment: Attachment, acl: string | undefined): Operation {
  const { interface: name, direction, family } = attachment
  return { op: 'acl-bind', interface: name, direction, family, acl }
}

function step(
  kind: Step['kind'],
  operations: readonly Operation[],
  member: string,
): readonly Step<Operation>[] {
  if (operations.length === 0) return []
  return [{ kind, provides: 'acl', member, operations, summary: operations.map(summary).join(', ') }]
}

function summary(operation: Operation): string {
  switch (operation.op) {
    case 'acl-set':
      return `set access list ${operation.acl.name} of ${operation.acl.entries.length} entries`
    case 'acl-delete':
      return `delete access list ${operation.name}`
    case 'acl-bind': {
      const { interface: name, direction, family, acl } = operation
      const where = `interface ${name} ${direction} for IPv${family}`
      return acl === undefined ? `detach from ${where}` : `attach access list ${acl} to ${where}`
    }
    default:
      return operation.op
  }
}
