/**
 * From two states of mirrors to steps. What a filter means is found out here, so that one that means nothing is refused in its
 * place.
 */
import { compileFilter, noFilter, type Operation } from '../../../dataplane/client/index.js'
import { ConfigError, type Plan, type Step } from '../../../datastore/index.js'
import { isRequested, type Change, type Context } from '../context.js'
import { key } from '../path.js'
import { refuse } from '../refuse.js'
import { claim, list, readMirrors, type Mirror } from './model.js'

const same = (a: Mirror | undefined, b: Mirror): boolean => JSON.stringify(a) === JSON.stringify(b)

async function operationOf(name: string, { filter, ...mirror }: Mirror): Promise<Operation> {
  const { ethernet } = filter === undefined ? noFilter : await compileFilter(filter)
  return { op: 'mirror-set', name, ...mirror, filter: ethernet }
}

export async function planMirrors(change: Change, { member }: Context): Promise<Plan<Operation>> {
  const before = change.full ? new Map<string, Mirror>() : await readMirrors(change.before)
  const after = await readMirrors(change.after)
  const gone = [...before.keys()].filter((name) => !after.has(name))
  const set: Operation[] = []
  const errors: ConfigError[] = []
  for (const [name, mirror] of after) {
    if (same(before.get(name), mirror)) continue
    try {
      set.push(await operationOf(name, mirror))
    } catch (error) {
      errors.push(new ConfigError(`${list}${key('name', name)}/filter`, (error as Error).message))
    }
  }
  if (isRequested(change)) refuse(errors, { at: claim })
  const step = (kind: 'create' | 'delete', operations: readonly Operation[]): Step<Operation>[] =>
    operations.length === 0
      ? []
      : [
          {
            kind,
            provides: 'mirror',
            member,
            operations,
            summary: `${kind === 'create' ? 'set' : 'delete'} mirrors ${operations.map((each) => ('name' in each ? each.name : '')).join(', ')}`,
          },
        ]
  return {
    steps: [
      ...step(
        'delete',
        gone.map((name) => ({ op: 'mirror-delete', name }) as const),
      ),
      ...step('create', set),
    ],
  }
}
