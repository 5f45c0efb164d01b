/**
 * From two states of workers and ports to steps: what is different is set, and a port that is listed no more goes back to what
 * it is without. They come before interfaces, which sit on ports.
 */
import type { Operation } from '../../../dataplane/client/index.js'
import { ConfigError, type Plan, type Step } from '../../../datastore/index.js'
import { isSlotPort, namedPorts } from '../chassis/model.js'
import { isRequested, type Change, type Context } from '../context.js'
import { key } from '../path.js'
import { refuse } from '../refuse.js'
import { plainPort, plainWorkers, portsClaim, readPorts, readWorkers, workersClaim } from './model.js'

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

export async function planPorts(change: Change, { member, ports }: Context): Promise<Plan<Operation>> {
  const operations: Operation[] = []
  const names: string[] = []
  const workers = await readWorkers(change.after)
  if (!same(change.full ? plainWorkers : await readWorkers(change.before), workers)) {
    operations.push({ op: 'workers-set', ...workers })
    names.push('workers')
  }
  const before = change.full ? new Map<string, never>() : await readPorts(change.before)
  const after = await readPorts(change.after)
  const expected = await namedPorts(change.after)
  if (isRequested(change)) {
    refuse(
      [...after.keys()]
        .filter((name) => !ports.names.includes(name) && !before.has(name))
        .filter((name) => !expected.has(name) && !isSlotPort(name))
        .map(
          (name) =>
            new ConfigError(
              `${portsClaim}/port${key('name', name)}/name`,
              `no port named '${name}'; this chassis has ${ports.names.join(', ') || 'no ports'}`,
            ),
        ),
      { at: portsClaim },
    )
  }
  for (const [name, settings] of after) {
    if (same(before.get(name) ?? plainPort, settings)) continue
    operations.push({ op: 'port-settings-set', name, ...settings })
    names.push(`port ${name}`)
  }
  for (const name of before.keys()) {
    if (after.has(name)) continue
    operations.push({ op: 'port-settings-delete', name })
    names.push(`port ${name}`)
  }
  const step: Step<Operation> = {
    kind: 'create',
    provides: 'port',
    member,
    operations,
    summary: `set ${names.join(', ')}`,
    // A port that is not listed gets what the workers make of it.
    locate: ({ kind, name }) =>
      kind !== 'port' ? undefined : after.has(name) ? `${portsClaim}/port${key('name', name)}` : workersClaim,
  }
  return { steps: operations.length > 0 ? [step] : [] }
}
