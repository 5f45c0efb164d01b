/** Instance paths without values: what a journal says of itself in words, or an error of its place, cut behind the path. */

/** What was done, and to which instance path. */
export interface Touched {
  readonly deed: 'created' | 'removed' | 'changed'
  readonly path: string
}

const deeds = { '+': 'created', '-': 'removed', '~': 'changed' } as const
/** A step with the keys of an entry. What an entry of a leaf-list holds, or what cannot be read, ends the path. */
const steps =
  /^(?:\/(?:[\w.-]+:)?[\w.-]+(?:\[[\w.-]*[\w-]=(?:'[^']*'|"[^"]*"|concat\((?:'[^']*'|"[^"]*"|,)*\))\])*)+/

/** The path that a text begins with. */
export function pathAt(text: string): string | undefined {
  return steps.exec(text)?.[0]
}

/** Of a line of `Journal.describe`. */
export function touched(line: string): Touched | undefined {
  const deed = deeds[line[0] as keyof typeof deeds]
  const path = pathAt(line.slice(2))
  return deed === undefined || path === undefined ? undefined : { deed, path }
}
