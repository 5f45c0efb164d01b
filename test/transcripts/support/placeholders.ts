/**
 * What a transcript cannot know beforehand. `{any}`, `{number}` and `{time}` (RFC 3339) stand for a value of that kind;
 * `{any:NAME}` and its like remember it, and mean the same value from then on, in requests too. `{session-id:NAME}` is the
 * id of the session of that name. Other braces are themselves.
 */
const kinds: Readonly<Record<string, string>> = {
  any: '[^]+?',
  number: '\\d+',
  time: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?(?:Z|[-+]\\d\\d:\\d\\d)',
}
const placeholder = /\{(any|number|time|session-id)(?::([\w-]+))?\}/g

export class Placeholders {
  constructor(private readonly values = new Map<string, string>()) {}

  session(name: string, id: number): void {
    this.values.set(`session-id:${name}`, String(id))
  }

  /** A copy, for an attempt that may fail. */
  fork(): Placeholders {
    return new Placeholders(new Map(this.values))
  }

  adopt(other: Placeholders): void {
    for (const [name, value] of other.values) this.values.set(name, value)
  }

  /** The text to send. Throws when a value is not known. */
  fill(text: string): string {
    return text.replaceAll(placeholder, (all, kind: string, name: string | undefined) => {
      const value = this.values.get(`${kind}:${name ?? ''}`)
      if (value === undefined) throw new Error(`nothing is known of ${all} yet`)
      return value
    })
  }

  match(expected: string, actual: string): boolean {
    const learned: string[] = []
    let pattern = ''
    let at = 0
    for (const { 0: all, 1: kind = '', 2: name, index } of expected.matchAll(placeholder)) {
      pattern += escape(expected.slice(at, index))
      at = index + all.length
      const key = `${kind}:${name ?? ''}`
      const value = name === undefined ? undefined : this.values.get(key)
      if (value !== undefined) pattern += escape(value)
      else if (kind === 'session-id') return false
      else if (name === undefined) pattern += kinds[kind]
      else {
        pattern += `(${kinds[kind]})`
        learned.push(key)
      }
    }
    if (at === 0) return expected === actual
    const found = new RegExp(`^${pattern}${escape(expected.slice(at))}$`).exec(actual)
    if (found === null) return false
    learned.forEach((key, i) => this.values.set(key, found[i + 1] ?? ''))
    return true
  }
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
