/**
 * From two states of the settings to steps: what is different is set, and what is gone goes back to what a member has without.
 * An interface that goes takes its settings with it.
 */
import { puntClasses, type Operation } from '../../../dataplane/client/index.js'
import type { Plan, Step } from '../../../datastore/index.js'
import type { Change, Context } from '../context.js'
import { isPlain, plainSettings, readFeatures, readSettings, same, type InterfaceFeatures } from './model.js'

/** As the class has it without. */
const unsaid = { rate: undefined, burst: undefined } as const

export async function planForwarding(change: Change, { member }: Context): Promise<Plan<Operation>> {
  const operations: Operation[] = []
  const names: string[] = []
  const before: ReadonlyMap<string, InterfaceFeatures> = change.full
    ? new Map()
    : await readFeatures(change.before)
  for (const [name, features] of await readFeatures(change.after)) {
    const was = before.get(name)
    if (was ? same(was, features) : isPlain(features)) continue
    operations.push(
      isPlain(features)
        ? { op: 'interface-features-delete', name }
        : { op: 'interface-features-set', name, ipv4: features[4], ipv6: features[6] },
    )
    names.push(`of interface ${name}`)
  }
  const was = change.full ? plainSettings : await readSettings(change.before)
  const now = await readSettings(change.after)
  if (!same(was.icmp, now.icmp)) {
    operations.push({ op: 'icmp-settings-set', ...now.icmp })
    names.push('of ICMP errors and options')
  }
  for (const name of puntClasses) {
    const limit = now.punt.get(name) ?? unsaid
    if (same(was.punt.get(name) ?? unsaid, limit)) continue
    operations.push({ op: 'punt-policer-set', class: name, ...limit })
    names.push(`of class ${name}`)
  }
  const step: Step<Operation> = {
    kind: 'create',
    provides: 'forwarding',
    member,
    operations,
    summary: `set forwarding ${names.join(', ')}`,
  }
  return { steps: operations.length > 0 ? [step] : [] }
}
