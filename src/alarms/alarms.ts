/**
 * The alarms of the appliance: its parts tell what is wrong now, and operators read it, acknowledge it, shelve it and purge it
 * (RFC 8632). Alarms are state of this process: after a start each part tells again what is wrong.
 *
 * A *source* tells all that is wrong in its eyes, as often as it likes: what it tells no more is cleared, and what it tells
 * again changes nothing. Each change is a line of the log and, unless the alarm is in a shelf, an event. What is told is done in the
 * order in which it was told; nobody waits for it.
 */
import type { Context, Tree } from 'libyang-js'
import type { EventBus } from '../events.js'
import type { Log } from '../log.js'
import {
  keyOf,
  keyText,
  type Alarm,
  type AlarmKey,
  type Condition,
  type OperatorState,
  type StatusChange,
} from './alarm.js'
import { meets, type Criteria } from './criteria.js'
import { AlarmList } from './list.js'
import { factorySettings, isNotified, type AlarmSettings } from './settings.js'
import { Shelves } from './shelves.js'

export interface AlarmsOptions {
  readonly context: Context
  /** Runs `use` on running. */
  readonly running: <T>(use: (tree: Tree) => Promise<T>) => Promise<T>
  readonly bus: EventBus
  readonly log: Log
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  /** Alarms that there may be. */
  readonly capacity?: number
}

export type Part = 'list' | 'shelves'

/** Alarms that are meant by a request for them: all, when a criterion is absent. */
export interface Selection {
  /** XPath expression. */
  readonly resource?: string | undefined
  /** Identity, as libyang writes it. */
  readonly type?: string | undefined
  readonly qualifier?: string | undefined
}

/** What the configuration and the operational state of alarms need of them. */
export interface AlarmControl {
  configure(settings: AlarmSettings): void
  /** Why an XPath expression can't select a resource, for a person. */
  fault(expression: string): string | undefined
  alarms(part: Part): readonly Alarm[]
  /** When a part changed last. */
  changed(part: Part): number | undefined
  /** Of a module, for the paths of resources. */
  namespace(module: string): string
}

export class Alarms implements AlarmControl, Disposable {
  readonly #options: AlarmsOptions
  readonly #list: AlarmList
  readonly #shelves: Shelves
  /** What each source has told, by key. */
  readonly #told = new Map<string, ReadonlyMap<string, Condition>>()
  #settings = factorySettings
  #turn: Promise<void> = Promise.resolve()
  #isFull = false

  constructor(options: AlarmsOptions) {
    this.#options = options
    const { now = Date.now, capacity = 10_000, log } = options
    this.#list = new AlarmList(
      {
        now,
        capacity,
        changed: (alarm, before) => this.#tell(alarm, before),
        full: ({ type, resource }) => {
          if (!this.#isFull)
            log.error(`there are ${capacity} alarms: ${type} at ${resource} and others are left out`)
          this.#isFull = true
        },
      },
      factorySettings.mostChanges,
    )
    this.#shelves = new Shelves(options)
  }

  /** All that is wrong in the eyes of a source. */
  tell(source: string, conditions: readonly Condition[]): void {
    const before = this.#told.get(source) ?? new Map<string, Condition>()
    const now = new Map(conditions.map((condition) => [keyText(keyOf(condition)), condition]))
    this.#told.set(source, now)
    const gone = [...before].flatMap(([key, condition]) => (now.has(key) ? [] : [keyOf(condition)]))
    const changed = [...now].flatMap(([key, condition]) => {
      const old = before.get(key)
      return old?.severity === condition.severity && old.text === condition.text ? [] : [condition]
    })
    if (gone.length + changed.length === 0) return
    this.#then(async () => {
      for (const key of gone) this.#list.clear(key)
      const keys = changed.map(keyOf)
      const fresh = keys.filter((key) => !this.#list.get(key))
      const shelves = await this.#shelves.sort(fresh)
      changed.forEach(({ severity, text }, at) => {
        const key = keys[at] as AlarmKey
        this.#list.raise(key, severity, text, shelves.get(key))
      })
    })
  }

  /** One thing that is wrong, of a source that tells each by itself. Idempotent. */
  raise(source: string, condition: Condition): void {
    const key = keyText(keyOf(condition))
    const others = [...(this.#told.get(source) ?? [])].flatMap(([own, told]) => (own === key ? [] : [told]))
    this.tell(source, [...others, condition])
  }

  /** It is not wrong any more. Idempotent. */
  clear(source: string, key: AlarmKey): void {
    const own = keyText(key)
    this.tell(
      source,
      [...(this.#told.get(source) ?? [])].flatMap(([other, told]) => (other === own ? [] : [told])),
    )
  }

  configure(settings: AlarmSettings): void {
    this.#settings = settings
    this.#then(async () => {
      this.#list.mostChanges = settings.mostChanges
      this.#shelves.shelves = settings.shelves
      const all = this.#list.alarms
      const shelves = await this.#shelves.sort(all)
      for (const alarm of all) this.#list.shelve(alarm, shelves.get(alarm))
    })
  }

  alarms(part: Part): readonly Alarm[] {
    return this.#list.alarms.filter((alarm) => partOf(alarm) === part)
  }

  changed(part: Part): number | undefined {
    return this.#list.changed(part)
  }

  namespace(module: string): string {
    const found = this.#options.context.modules.find(
      ({ name, implemented }) => implemented && name === module,
    )
    return found?.namespace ?? module
  }

  /** False when there is no such alarm in the list. */
  setOperatorState(
    key: AlarmKey,
    change: { readonly operator: string; readonly state: OperatorState; readonly text?: string | undefined },
  ): boolean {
    return this.#list.setOperatorState(key, change) !== undefined
  }

  /** Those of a part that meet the criteria go, whatever is wrong; how many. What is wrong then and changes comes again. */
  purge(part: Part, criteria: Criteria): number {
    const now = (this.#options.now ?? Date.now)()
    return this.#list.purge((alarm) => partOf(alarm) === part && meets(alarm, criteria, now))
  }

  /** Of the selected ones only the last status is kept; how many had more. */
  async compress(part: Part, { resource, type, qualifier }: Selection): Promise<number> {
    const selected =
      resource === undefined
        ? undefined
        : await this.#shelves.select(
            [resource],
            this.alarms(part).map((alarm) => alarm.resource),
          )
    return this.#list.compress(
      (alarm) =>
        partOf(alarm) === part &&
        (selected?.has(alarm.resource) ?? true) &&
        (type === undefined || type === `weft-alarms:${alarm.type}`) &&
        (qualifier === undefined || qualifier === alarm.qualifier),
    )
  }

  fault(expression: string): string | undefined {
    return this.#shelves.fault(expression)
  }

  /** Resolves when all that has been told so far is in the list. */
  settled(): Promise<void> {
    return this.#turn
  }

  [Symbol.dispose](): void {
    this.#list[Symbol.dispose]()
  }

  #then(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(work).catch((error: unknown) => {
      this.#options.log.error(`alarms could not be brought up to date: ${(error as Error).message}`)
    })
  }

  #tell(alarm: Alarm, before: StatusChange['severity']): void {
    const { log, bus } = this.#options
    const [change] = alarm.changes
    if (!change) return
    this.#isFull = false
    const { resource, type, qualifier, shelf } = alarm
    const line = `${change.severity}: ${type}${qualifier === '' ? '' : ` (${qualifier})`} at ${resource}: ${change.text}`
    if (shelf !== undefined) return log.debug(`${line} (in shelf ${shelf})`)
    log[levels[change.severity]](line)
    if (!isNotified(this.#settings.notify, before, change.severity)) return
    bus.emit('alarm', { resource, type, qualifier, ...change })
  }
}

const levels = {
  cleared: 'info',
  indeterminate: 'warn',
  warning: 'warn',
  minor: 'warn',
  major: 'error',
  critical: 'error',
} as const

const partOf = ({ shelf }: Alarm): Part => (shelf === undefined ? 'list' : 'shelves')
