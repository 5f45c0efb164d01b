/**
 * The alarm list (RFC 8632, section 3): alarms come into it when they are raised first, are cleared in it, and leave it when
 * they are purged. It is bounded: when it is full, the alarm that has been cleared for longest gives way, and when none is cleared
 * the new one is left out.
 *
 * A condition that comes and goes does not flood those who are told: of an alarm that was raised `flapRaises` times within
 * `flapWindow` the clearance waits until the condition has been gone for `flapHold`. Does nothing asynchronous but that;
 * `dispose` ends it.
 */
import {
  keyText,
  type Alarm,
  type AlarmKey,
  type OperatorChange,
  type OperatorState,
  type Severity,
  type StatusChange,
} from './alarm.js'

/** A link that flaps more often than every 15 s is one that flaps: its alarm then changes at most six times a minute. */
const flapRaises = 4
const flapWindow = 60_000
const flapHold = 10_000

export interface ListOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** An alarm of the list, or of a shelf, changed its status; `before`: what it was, `cleared` when there was none. */
  readonly changed: (alarm: Alarm, before: StatusChange['severity']) => void
  /** There was no room for an alarm. */
  readonly full: (key: AlarmKey) => void
  readonly capacity: number
}

type Entry = { -readonly [K in keyof Alarm]: Alarm[K] } & {
  /** Of the last raises, the newest last. */
  raises: readonly number[]
  /** Clears it when it is given; undefined: its condition is there, or it is cleared. */
  clearing: NodeJS.Timeout | undefined
}

export class AlarmList implements Disposable {
  readonly #options: ListOptions
  readonly #entries = new Map<string, Entry>()
  #mostChanges: number
  /** When list and shelves changed last. */
  #changed = { list: 0, shelves: 0 }

  constructor(options: ListOptions, mostChanges: number) {
    this.#options = options
    this.#mostChanges = mostChanges
  }

  /** In the order in which they came, those in shelves among them. */
  get alarms(): readonly Alarm[] {
    return [...this.#entries.values()]
  }

  /** When it changed last; undefined before the first alarm. */
  changed(part: 'list' | 'shelves'): number | undefined {
    return this.#changed[part] || undefined
  }

  get(key: AlarmKey): Alarm | undefined {
    return this.#entries.get(keyText(key))
  }

  set mostChanges(most: number) {
    this.#mostChanges = most
    for (const entry of this.#entries.values()) {
      entry.changes = entry.changes.slice(0, most)
      entry.operator = entry.operator.slice(-most)
    }
  }

  /** Idempotent. `shelf`: the one that it belongs into, when it is a new one. */
  raise(key: AlarmKey, severity: Severity, text: string, shelf: string | undefined): void {
    const entry = this.#entries.get(keyText(key)) ?? this.#create(key, severity, text, shelf)
    if (!entry) return
    if (entry.clearing) {
      // It came again before it had been gone for long enough.
      clearTimeout(entry.clearing)
      entry.clearing = undefined
      this.#count(entry)
    }
    const before = entry.changes.length === 0 || entry.cleared ? 'cleared' : entry.severity
    if (before === severity && entry.text === text) return
    const time = this.#time(entry)
    if (before === 'cleared') {
      entry.raised = time
      this.#count(entry)
    }
    this.#note(entry, before, { time, severity, text })
  }

  /** Idempotent. */
  clear(key: AlarmKey): void {
    const entry = this.#entries.get(keyText(key))
    if (!entry || entry.cleared || entry.clearing) return
    const [oldest = 0] = entry.raises
    if (entry.raises.length < flapRaises || this.#options.now() - oldest > flapWindow)
      return this.#clear(entry)
    entry.clearing = setTimeout(() => {
      entry.clearing = undefined
      this.#clear(entry)
    }, flapHold).unref()
  }

  /** Undefined when there is no such alarm in the list. */
  setOperatorState(
    key: AlarmKey,
    { operator, state, text }: { operator: string; state: OperatorState; text?: string | undefined },
  ): Alarm | undefined {
    const entry = this.#entries.get(keyText(key))
    if (!entry || entry.shelf !== undefined) return undefined
    this.#act(entry, { time: this.#time(entry), operator, state, ...(text !== undefined && { text }) })
    return entry
  }

  /** `shelf`: the name of the one that it belongs into, undefined for the list. Idempotent. */
  shelve(key: AlarmKey, shelf: string | undefined): void {
    const entry = this.#entries.get(keyText(key))
    if (!entry || entry.shelf === shelf) return
    const time = this.#time(entry)
    this.#touch(entry, time)
    const from = entry.shelf
    entry.shelf = shelf
    const [state, name] =
      shelf === undefined ? (['un-shelved', from] as const) : (['shelved', shelf] as const)
    this.#act(entry, { time, operator: 'system', state, text: `shelf ${name}` })
  }

  /** Takes those out that match; resolves with how many. */
  purge(matches: (alarm: Alarm) => boolean): number {
    const going = this.alarms.filter(matches)
    for (const alarm of going) this.#remove(alarm as Entry)
    return going.length
  }

  /** Forgets all but the last status of those that match; how many had more. */
  compress(matches: (alarm: Alarm) => boolean): number {
    let count = 0
    for (const entry of this.#entries.values()) {
      if (entry.changes.length < 2 || !matches(entry)) continue
      entry.changes = entry.changes.slice(0, 1)
      count++
    }
    return count
  }

  [Symbol.dispose](): void {
    for (const { clearing } of this.#entries.values()) clearTimeout(clearing)
  }

  #create(key: AlarmKey, severity: Severity, text: string, shelf: string | undefined): Entry | undefined {
    if (this.#entries.size >= this.#options.capacity && !this.#giveWay()) {
      this.#options.full(key)
      return undefined
    }
    const time = this.#options.now()
    const { resource, type, qualifier } = key
    const entry: Entry = {
      ...{ resource, type, qualifier, severity, text, shelf },
      ...{ created: time, raised: time, changed: time, cleared: false, changes: [], operator: [] },
      ...{ raises: [], clearing: undefined },
    }
    if (shelf !== undefined)
      entry.operator = [{ time, operator: 'system', state: 'shelved', text: `shelf ${shelf}` }]
    this.#entries.set(keyText(key), entry)
    return entry
  }

  #count(entry: Entry): void {
    entry.raises = [...entry.raises, this.#options.now()].slice(-flapRaises)
  }

  #giveWay(): boolean {
    let oldest: Entry | undefined
    for (const entry of this.#entries.values())
      if (entry.cleared && entry.changed < (oldest?.changed ?? Infinity)) oldest = entry
    if (oldest) this.#remove(oldest)
    return oldest !== undefined
  }

  #remove(entry: Entry): void {
    clearTimeout(entry.clearing)
    this.#entries.delete(keyText(entry))
    this.#touch(entry, this.#options.now())
  }

  #clear(entry: Entry): void {
    this.#note(entry, entry.severity, { time: this.#time(entry), severity: 'cleared', text: entry.text })
  }

  #note(entry: Entry, before: StatusChange['severity'], change: StatusChange): void {
    entry.changes = [change, ...entry.changes].slice(0, this.#mostChanges)
    entry.cleared = change.severity === 'cleared'
    if (change.severity !== 'cleared') entry.severity = change.severity
    entry.text = change.text
    this.#touch(entry, change.time)
    this.#options.changed(entry, before)
  }

  #act(entry: Entry, change: OperatorChange): void {
    entry.operator = [...entry.operator, change].slice(-this.#mostChanges)
    this.#touch(entry, change.time)
  }

  #touch(entry: Entry, time: number): void {
    entry.changed = Math.max(entry.changed, time)
    this.#changed[entry.shelf === undefined ? 'list' : 'shelves'] = time
  }

  /** Of a change: times are the keys of changes. */
  #time(entry: Entry): number {
    return entry.changes.length === 0 ? entry.created : Math.max(this.#options.now(), entry.changed + 1)
  }
}
