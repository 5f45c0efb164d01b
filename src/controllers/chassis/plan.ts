/**
 * From two configurations of the chassis to what is to be done. The address is bound while it is planned, so that one that can't be had
 * refuses the commit. Which port is where is told to members by who has the inventory of ports.
 */
import type { Operation } from '../../../dataplane/client/index.js'
import { ConfigError, type Plan } from '../../../datastore/index.js'
import { isRequested, type Change } from '../context.js'
import { key } from '../path.js'
import { portsClaim } from '../ports/model.js'
import { refuse } from '../refuse.js'
import { claim, readChassis, type ChassisControl, type ChassisSettings } from './model.js'

/** `control`: undefined until it has been started, with the settings that were adopted before. */
export async function planChassis(
  change: Change,
  control: ChassisControl | undefined,
  adopt: (settings: ChassisSettings) => void,
): Promise<Plan<Operation>> {
  const settings = await readChassis(change.after)
  if (isRequested(change)) refuse(check(settings, control), { at: claim })
  if (!control) return { steps: [], adopt: () => adopt(settings) }
  const prepared = await control.prepare(settings).catch((error: unknown) => {
    if (!isRequested(change)) return undefined
    throw new ConfigError(`${claim}/listen`, (error as Error).message, { tag: 'operation-failed' })
  })
  if (!prepared) return { steps: [], adopt: () => adopt(settings) }
  return {
    steps: [],
    adopt() {
      prepared.apply()
      adopt(settings)
    },
    abandon() {
      void prepared.undo()
    },
  }
}

function check(settings: ChassisSettings, control: ChassisControl | undefined): readonly ConfigError[] {
  const errors: ConfigError[] = []
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
  for (const [member, given] of settings.ports) {
    const names = [...given.values()]
    if (member === '0')
      errors.push(
        new ConfigError(
          `${portsClaim}/port${key('name', names[0] ?? '')}/weft-chassis:member`,
          'ports of the member beside the control plane are named by --port when weftd is started',
        ),
      )
  }
  return errors
}
