/**
 * Which members do not hear each other over the fabric, as those that are attached say. What one has said that went away is
 * forgotten: it may be otherwise.
 */
import type { Alarms } from '../alarms.js'
import type { Condition } from '../alarm.js'
import { memberPath } from './member.js'

export interface FabricWatchParts {
  readonly alarms: Pick<Alarms, 'tell'>
  /** Name of the member in a slot; undefined: there is none. */
  readonly nameOf: (slot: number) => string | undefined
}

export class FabricWatch {
  readonly #parts: FabricWatchParts
  /** Slots that a member does not hear, by its name. */
  readonly #unheard = new Map<string, Set<number>>()

  constructor(parts: FabricWatchParts) {
    this.#parts = parts
  }

  /** A member hears the one in a slot, or not. */
  heard(member: string, slot: number, up: boolean): void {
    const slots = this.#unheard.get(member) ?? new Set()
    this.#unheard.set(member, slots)
    if (up) slots.delete(slot)
    else slots.add(slot)
    this.#tell()
  }

  /** The member is not attached any more. */
  gone(member: string): void {
    if (this.#unheard.delete(member)) this.#tell()
  }

  #tell(): void {
    const by = new Map<number, string[]>()
    for (const [member, slots] of this.#unheard)
      for (const slot of slots) by.set(slot, [...(by.get(slot) ?? []), member])
    const conditions = [...by].flatMap(([slot, members]): Condition[] => {
      const name = this.#parts.nameOf(slot)
      if (name === undefined) return []
      return [
        {
          ...{ resource: memberPath(name), type: 'member-unreachable', severity: 'major' },
          text: `member ${name} is not heard on the fabric by member ${members.sort().join(', ')}`,
        },
      ]
    })
    this.#parts.alarms.tell('fabric', conditions)
  }
}
