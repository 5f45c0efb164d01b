/** Chance that a seed decides, so that what went wrong can be played again. */

/** A whole number below `sides`. */
export type Roll = (sides: number) => number

export function dice(seed: number): Roll {
  let state = Math.imul(seed + 1, 2654435761)
  return (sides) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0
    const mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39)
    return ((mixed ^ (mixed >>> 15)) >>> 0) % sides
  }
}

export function pick<T>(roll: Roll, from: readonly T[]): T | undefined {
  return from[roll(from.length)]
}
