/** What the crash harness commits, as values: each state can be told in a line, made by an edit and recognised in running. */
import { box, routes } from '../datastore/support.js'

/** The box's name, and its routes as ranges of numbers. */
export interface State {
  readonly name: string
  readonly ranges: readonly (readonly [first: number, count: number])[]
}

export const nothing: State = { name: '', ranges: [] }

/** What running may be after a restart. */
export interface Outcome {
  readonly state: State
  /** Running goes back to `base`: at the restart, or, if it persists, in time. */
  readonly pending?: { readonly base: State; readonly persist: boolean }
}

/** What the committing process is told: as one line of its input. */
export interface Task {
  readonly directory: string
  readonly seed: number
  readonly state: State
  /** Number of the next state's name. */
  readonly sequence: number
  /** States that it may roll back to, by number. */
  readonly known: readonly (readonly [number: number, state: State])[]
  readonly history: number
}

/** What it says, a line each: what it is about to do, and what has been acknowledged. */
export type Line =
  | { readonly say: 'attempt'; readonly outcome: Outcome }
  | { readonly say: 'done'; readonly outcome: Outcome; readonly number: number; readonly log: LogEnd }

/** Size of LevelDB's log when a commit had been acknowledged: what comes behind has not been. */
export interface LogEnd {
  readonly file: string
  readonly size: number
}

/** A generator of numbers in [0, 1) that a seed determines (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** All of a state, to take the place of what is there. */
export function content({ name, ranges }: State): string {
  const entries = ranges.map(([first, count]) =>
    routes(first, count).replace(/^<routes[^>]*>|<\/routes>$/g, ''),
  )
  return `${box(`<name>${name}</name>`)}<routes xmlns="urn:weft:test:box">${entries.join('')}</routes>`
}

/** What running says, in words that are the same for the same state. */
export function recognise(running: string): string {
  const name = /<box [^>]*><name>([^<]*)</.exec(running)?.[1] ?? ''
  const numbers = [...running.matchAll(/<prefix>p(\d+)</g)].map(([, number]) => Number(number))
  return inWords({ name, ranges: numbers.map((number) => [number, 1]) })
}

export function inWords({ name, ranges }: State): string {
  const numbers = ranges.flatMap(([first, count]) =>
    Array.from({ length: count }, (_, index) => first + index),
  )
  return `${name}: ${numbers.sort((a, b) => a - b).join()}`
}
