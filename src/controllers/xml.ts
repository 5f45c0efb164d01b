/** XML text of operational state, for `StateProvider.read`. */

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

export const escape = (text: string): string => text.replace(/[&<>]/g, (c) => escapes[c] as string)

/** `<name>value</name>`; nothing when there is no value. `namespace` where it differs from the parent's. */
export function leaf(
  name: string,
  value: string | number | bigint | boolean | undefined,
  namespace?: string,
): string {
  if (value === undefined) return ''
  const xmlns = namespace === undefined ? '' : ` xmlns="${namespace}"`
  return `<${name}${xmlns}>${escape(String(value))}</${name}>`
}

/** yang:date-and-time of a number of milliseconds since the epoch. */
export const dateAndTime = (milliseconds: number): string => new Date(milliseconds).toISOString()
