/**
 * A configuration as a plain document (RFC 7951 JSON), made from the journal's text without any schema: the modules that a
 * store was written with need not be there any more. Understands the statements of `journal_text.h` of libyang-js.
 *
 * Without a schema, an entry of a list is known by what the journal tells of it: by the keys in a path, by all of its content
 * when it is removed. Consecutive statements mostly touch neighbours, so each search goes on where the last one ended.
 */

export type Json = string | number | boolean | null | Json[] | JsonObject
export interface JsonObject {
  [name: string]: Json
}

const header = 'libyang-js journal 1\n'

/** Where a statement's changes go: an object, and the module of its name. */
interface Place {
  readonly object: JsonObject
  readonly module: string
}

export class Document {
  readonly root: JsonObject = {}
  /** Where the last search in a list ended. */
  readonly #ends = new WeakMap<Json[], number>()

  /** Does what a chunk says. Throws an Error that names the line. */
  apply(chunk: Buffer): void {
    const text = chunk.toString()
    if (!text.startsWith(header)) throw new Error('this is not a journal, or one of another version')
    let place: Place = { object: this.root, module: '' }
    let after: JsonObject | undefined
    const lines = text.slice(header.length).split('\n')
    for (const [index, line] of lines.entries()) {
      if (line === '') continue
      try {
        if (line[0] === '@') place = this.#find(line.slice(1))
        else if (line[0] === '<') after = line.length > 1 ? (JSON.parse(line.slice(1)) as JsonObject) : {}
        else if (line[0] !== '(' && line[0] !== '~') {
          this.#change(place, line, after)
          after = undefined
        }
      } catch (error) {
        throw new Error(`line ${index + 2} of the journal's text: ${(error as Error).message}`, {
          cause: error,
        })
      }
    }
  }

  #change({ object, module }: Place, line: string, after: JsonObject | undefined): void {
    const [, operator = '', marks = '', json = ''] = /^([-+=>])([!?]*)(\{.*)$/.exec(line) ?? []
    if (operator === '') throw new Error(`an unknown statement, ${line.slice(0, 80)}`)
    for (const [qualified, value] of Object.entries(JSON.parse(json) as JsonObject)) {
      const name = nameIn(module, qualified)
      const behind = after && (after[qualified] as Json[] | undefined)?.[0]
      switch (operator) {
        case '=':
          if (marks.includes('?')) delete object[name]
          else object[name] = value
          break
        case '+':
          this.#create(object, name, value, after !== undefined, behind)
          break
        case '-':
          this.#remove(object, name, value)
          break
        default:
          for (const [index, entry] of (value as Json[]).entries()) {
            const moved = this.#take(object[name] as Json[], entry)
            const anchor = index === 0 ? behind : (value as Json[])[index - 1]
            this.#create(object, name, [moved], true, anchor)
          }
      }
    }
  }

  #create(object: JsonObject, name: string, value: Json, ordered: boolean, behind: Json | undefined): void {
    const present = object[name]
    if (Array.isArray(present) && Array.isArray(value)) {
      const at = !ordered ? present.length : behind === undefined ? 0 : this.#position(present, behind) + 1
      if (at === present.length) for (const entry of value) present.push(entry)
      else present.splice(at, 0, ...value)
    } else if (isObject(present) && isObject(value)) {
      for (const [child, below] of Object.entries(value))
        this.#create(present, child, below, false, undefined)
    } else object[name] = value
  }

  #remove(object: JsonObject, name: string, value: Json): void {
    const present = object[name]
    if (!Array.isArray(present) || !Array.isArray(value)) {
      delete object[name]
      return
    }
    for (const entry of value) this.#take(present, entry)
    if (present.length === 0) delete object[name]
  }

  #take(list: Json[], entry: Json): Json {
    const [taken] = list.splice(this.#position(list, entry), 1)
    return taken as Json
  }

  #position(list: Json[], told: Json): number {
    return this.#search(list, (entry) => isEntry(entry, told), told)
  }

  #search(list: Json[], matches: (entry: Json) => boolean, told: Json): number {
    const start = this.#ends.get(list) ?? 0
    for (let step = 0; step < list.length; step++) {
      const index = (start + step) % list.length
      if (!matches(list[index] as Json)) continue
      this.#ends.set(list, index)
      return index
    }
    throw new Error(`there is no entry ${JSON.stringify(told).slice(0, 200)}`)
  }

  /** The object at a place such as `/m:a/b{"k":"x"}/n:c`, or `/m:a/b[k='x']/n:c` in older journals; what does not exist is made. */
  #find(path: string): Place {
    let place: Place = { object: this.root, module: '' }
    for (const { name: written, keys } of stepsOf(path)) {
      const colon = written.indexOf(':')
      const module = colon < 0 ? place.module : written.slice(0, colon)
      const name = module === place.module ? written.slice(colon + 1) : written
      if (keys) {
        const list = place.object[name]
        if (!Array.isArray(list)) throw new Error(`there is no list at ${path}`)
        // An XPath literal does not tell a number from a string.
        const has = (entry: Json) =>
          isObject(entry) &&
          Object.entries(keys).every(([key, value]) => String(entry[key]) === String(value))
        place = { object: list[this.#search(list, has, keys)] as JsonObject, module }
      } else {
        const object = (place.object[name] ??= {})
        if (!isObject(object)) throw new Error(`there is no container at ${path}`)
        place = { object, module }
      }
    }
    return place
  }
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A name as RFC 7951, section 4, wants it below a node of `module`. */
function nameIn(module: string, qualified: string): string {
  return qualified.startsWith(`${module}:`) ? qualified.slice(module.length + 1) : qualified
}

/** Is it the entry that is told of? Its keys are among its plain values. */
function isEntry(entry: Json, told: Json): boolean {
  if (!isObject(told) || !isObject(entry)) return entry === told
  return Object.entries(told).every(([name, value]) => typeof value === 'object' || entry[name] === value)
}

interface PathStep {
  readonly name: string
  /** Of an entry. */
  readonly keys?: JsonObject
}

function* stepsOf(path: string): Generator<PathStep, void, undefined> {
  const older = /^[^[{]*\[/.test(path)
  const step = older
    ? /\/([^/[]+)((?:\[[^=\]]+=(?:'[^']*'|"[^"]*")\])*)/y
    : /\/([^/{]+)(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?/y
  while (step.lastIndex < path.length) {
    const [, name, keys = ''] = step.exec(path) ?? []
    if (name === undefined) throw new Error(`the place ${path} cannot be read`)
    if (keys === '') yield { name }
    else yield { name, keys: older ? predicatesOf(keys) : (JSON.parse(keys) as JsonObject) }
  }
}

function predicatesOf(text: string): JsonObject {
  const predicates = text.matchAll(/\[([^=\]]+)=(?:'([^']*)'|"([^"]*)")\]/g)
  return Object.fromEntries(
    [...predicates].map(([, key = '', single, double]) => [key, single ?? double ?? ''] as const),
  )
}
