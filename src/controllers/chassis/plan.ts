/**
 * From two configurations of the chassis to what is to be done. The address for members is bound while it is planned, so that one that
 * can't be had refuses the commit. Which port is where is told to members by who has the inventory of ports. A box without members
 * of other machines has no fabric, and is told nothing of one.
 */
import type { Operation } from '../../../dataplane/client/index.js'
import { ConfigError, type Plan, type Step } from '../../../datastore/index.js'
import { isRequested, type Change, type Context } from '../context.js'
import { key } from '../path.js'
import { portsClaim } from '../ports/model.js'
import { refuse } from '../refuse.js'
import { checkFabric, fabricChanges, fabricOperations } from './fabric.js'
import { assignKeys, keyedNames, keyOperations, type Keys } from './keys.js'
import { readChassis, type ChassisControl, type ChassisSettings } from './model.js'
import { claim } from './paths.js'

/** `control`: undefined until it has been started, with the settings that were adopted before. */
export async function planChassis(
  change: Change,
  context: Context,
  control: ChassisControl | undefined,
  adopt: (settings: ChassisSettings) => void,
): Promise<Plan<Operation>> {
  const settings = await readChassis(change.after)
  const requested = isRequested(change)
  if (requested) refuse(check(settings, control), { at: claim })
  if (!control) return { steps: [], adopt: () => adopt(settings) }
  const { steps, keys } = await planFabric(change, settings, context, control)
  const prepared = requested
    ? await control.prepare(settings).catch((error: unknown) => {
        throw new ConfigError(`${claim}/listen`, (error as Error).message, { tag: 'operation-failed' })
      })
    : undefined
  return {
    steps,
    adopt() {
      prepared?.apply()
      if (keys) control.setKeys(keys)
      adopt(settings)
    },
    abandon() {
      void prepared?.undo()
    },
  }
}

async function planFabric(
  change: Change,
  settings: ChassisSettings,
  { member }: Context,
  control: ChassisControl,
): Promise<{ readonly steps: readonly Step<Operation>[]; readonly keys: Keys | undefined }> {
  if (control.state.members.length === 0) return { steps: [], keys: undefined }
  const before = change.full ? undefined : (await readChassis(change.before)).fabric
  const { create, remove } = fabricChanges(
    fabricOperations(before, control),
    fabricOperations(settings.fabric, control),
  )
  const had = control.keys
  const keys = assignKeys(had, await keyedNames(change.after))
  const all = [...create, ...keyOperations(had, keys, change.full)]
  const step = (kind: Step['kind'], operations: readonly Operation[]): readonly Step<Operation>[] =>
    operations.length === 0
      ? []
      : [
          {
            ...{ kind, provides: 'fabric', member, operations },
            summary: `${kind === 'create' ? 'set' : 'delete'} what the fabric is`,
          },
        ]
  return { steps: [...step('create', all), ...step('delete', remove)], keys }
}

function check(settings: ChassisSettings, control: ChassisControl | undefined): readonly ConfigError[] {
  const errors: ConfigError[] = settings.fabric ? [...checkFabric(settings.fabric)] : []
  for (const { name, slot } of control?.state.members ?? []) {
    const wanted = settings.members.get(name)?.slot
    if (wanted !== undefined) continue
    const other = [...settings.members].find(([, each]) => each.slot === slot)
    if (other)
      errors.push(
        new ConfigError(
          `${claim}/member${key('name', other[0])}/slot`,
          `slot ${slot} is that of member '${name}', which was admitted to it; release-slot frees it`,
        ),
      )
  }
  const local = settings.ports.get('0')
  for (const name of local?.values() ?? [])
    errors.push(
      new ConfigError(
        `${portsClaim}/port${key('name', name)}/weft-chassis:member`,
        'ports of the member beside the control plane are named by --port when weftd is started',
      ),
    )
  return errors
}
