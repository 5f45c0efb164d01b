/**
 * From two states of workers and ports to steps: what is different is set, and a port that is listed no more goes back to what
 * it is without. They come before interfaces, which sit on ports.
 */
import type { MadePort, Operation } from '../../../dataplane/client/index.js'
import { ConfigError, type Plan, type Step } from '../../../datastore/index.js'
import { isSlotPort, namedPorts } from '../chassis/model.js'
import { isRequested, type Change, type Context } from '../context.js'
import { key } from '../path.js'
import { refuse } from '../refuse.js'
import { checkMade, readMade, withMade, type MadePorts } from './made.js'
import { plainPort, plainWorkers, portsClaim, readPorts, readWorkers, workersClaim } from './model.js'

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

function sameMade(one: MadePort | undefined, other: MadePort): boolean {
  const text = (port: MadePort | undefined) =>
    JSON.stringify(port, (_, value: unknown) => (value instanceof Uint8Array ? [...value] : value))
  return text(one) === text(other)
}

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
  const madeBefore: MadePorts = change.full ? new Map() : await readMade(change.before)
  const made = await readMade(change.after)
  const { names: there } = withMade(ports, made)
  if (isRequested(change)) {
    const expected = await namedPorts(change.after)
    const ofMember = (name: string) => expected.has(name) || isSlotPort(name)
    const errors = [...after.keys()]
      .filter((name) => !there.includes(name) && !before.has(name) && !ofMember(name))
      .map(
        (name) =>
          new ConfigError(
            `${portsClaim}/port${key('name', name)}/name`,
            `no port named '${name}'; this chassis has ${there.join(', ') || 'no ports'}`,
          ),
      )
    refuse([...errors, ...checkMade(made, (name) => ports.names.includes(name) || ofMember(name))], {
      at: portsClaim,
    })
  }
  for (const [name, port] of made) {
    if (sameMade(madeBefore.get(name), port)) continue
    operations.push({ op: 'port-make', name, made: port })
    names.push(`made port ${name}`)
  }
  for (const [name, settings] of after) {
    if (same(before.get(name) ?? plainPort, settings)) continue
    operations.push({ op: 'port-settings-set', name, ...settings })
    names.push(`port ${name}`)
  }
  for (const name of before.keys()) {
    // They go with a port that is unmade.
    if (after.has(name) || (madeBefore.has(name) && !made.has(name))) continue
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
    locate: ({ kind, name }) => {
      if (kind !== 'port') return undefined
      if (!after.has(name)) return workersClaim
      return `${portsClaim}/port${key('name', name)}${made.has(name) ? '/made' : ''}`
    },
  }
  const gone = [...madeBefore.keys()].filter((name) => !made.has(name))
  const end: Step<Operation> = {
    kind: 'delete',
    provides: 'port',
    member,
    operations: gone.map((name) => ({ op: 'port-delete', name })),
    summary: `delete made port ${gone.join(', ')}`,
  }
  return { steps: [...(operations.length > 0 ? [step] : []), ...(gone.length > 0 ? [end] : [])] }
}
