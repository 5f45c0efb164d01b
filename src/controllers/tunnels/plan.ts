/**
 * From two configurations of tunnels to steps: those that are new or different are set. One goes with its interface; an interface
 * that is none any more is told so.
 */
import type { Operation } from '../../../dataplane/client/index.js'
import type { Plan, Step } from '../../../datastore/index.js'
import { formatAddress } from '../../rib/index.js'
import { isRequested, type Change, type Context } from '../context.js'
import { readInterfaces, type Interfaces } from '../interfaces/model.js'
import { refuse } from '../refuse.js'
import { check } from './check.js'
import { claim, readTunnels, specOf, type TunnelConfig, type Tunnels } from './model.js'

/** `adopt` is given what tunnels then are. */
export async function planTunnels(
  change: Change,
  { member }: Context,
  adopt: (after: Tunnels) => void,
): Promise<Plan<Operation>> {
  const tunnels = await readTunnels(change.after)
  const were = change.full ? new Map<string, TunnelConfig>() : await readTunnels(change.before)
  if (tunnels.size === 0 && were.size === 0) return { steps: [], adopt: () => adopt(tunnels) }
  const interfaces = await readInterfaces(change.after)
  if (isRequested(change)) refuse(check(tunnels, interfaces), { at: claim })
  const before = change.full ? new Map() : operationsOf(were, await readInterfaces(change.before))
  const after = operationsOf(tunnels, interfaces)
  const set = [...after].filter(([name, one]) => before.get(name)?.text !== one.text)
  const gone = [...before.keys()].filter((name) => !after.has(name) && interfaces.has(name))
  const step = (kind: Step['kind'], operations: readonly Operation[], names: readonly string[]) =>
    operations.length === 0
      ? []
      : [
          {
            kind,
            provides: 'tunnel',
            member,
            operations,
            summary: `${kind === 'create' ? 'set' : 'delete'} tunnel ${names.join(', ')}`,
          },
        ]
  const names = set.map(([name]) => name)
  return {
    steps: [
      ...step(
        'create',
        set.map(([, { operation }]) => operation),
        names,
      ),
      ...step(
        'delete',
        gone.map((name): Operation => ({ op: 'tunnel-delete', name })),
        gone,
      ),
    ],
    adopt: () => adopt(tunnels),
  }
}

interface Said {
  readonly operation: Operation
  readonly text: string
}

function operationsOf(tunnels: Tunnels, interfaces: Interfaces): ReadonlyMap<string, Said> {
  const found = new Map<string, Said>()
  for (const config of tunnels.values()) {
    const tunnel = specOf(config, interfaces)
    if (!tunnel) continue
    const { source, remotes, ...rest } = tunnel
    const text = JSON.stringify([rest, formatAddress(source), remotes.map(formatAddress)])
    found.set(config.name, { operation: { op: 'tunnel-set', name: config.name, tunnel }, text })
  }
  return found
}
