/**
 * Carries the configuration of an older store over to the modules of now, by numbered steps in order. A step is a pure
 * function on the whole configuration as RFC 7951 JSON, in a file of its own, `NNN-what-it-does.ts`, and listed here.
 * It takes a store from version NNN - 1 to version NNN. Steps are never changed once they were released.
 */
import { accessControl } from './001-access-control.js'
import type { JsonObject } from './document.js'

export { Document, type Json, type JsonObject } from './document.js'

export interface Migration {
  /** The version that it takes a store to, from the one before. */
  readonly to: number
  /** What it does, for people: `routes name their interface`. */
  readonly summary: string
  migrate(configuration: JsonObject): JsonObject
}

/** In order, without a gap. Modules that merely gained nodes need no step. */
export const migrations: readonly Migration[] = [accessControl]

/** The version of a store that all steps have been taken for. */
export const versionOf = (steps: readonly Migration[]): number => steps.at(-1)?.to ?? 0

/** The steps that a store of a version still needs. */
export function stepsFrom(steps: readonly Migration[], version: number): readonly Migration[] {
  return steps.filter(({ to }) => to > version)
}
