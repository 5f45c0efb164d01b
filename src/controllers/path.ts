/** Instance paths of the configuration (libyang data paths), for errors. */

/** `[name='value']`, quoted so that any value stands. */
export function key(name: string, value: string): string {
  return value.includes("'") ? `[${name}="${value}"]` : `[${name}='${value}']`
}
