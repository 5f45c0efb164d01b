/** A reader of RFC 5424 records, as strict as its grammar (section 6). */

export interface AuditRecord {
  readonly priority: number
  readonly time: string
  readonly host: string
  readonly application: string
  readonly process: number
  readonly id: string
  readonly sequence: number
  readonly fields: readonly (readonly [string, string])[]
  readonly text: string
}

const header =
  /^<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([!-~]{1,255}) ([!-~]{1,48}) (\d{1,128}) ([!-~]{1,32}) /
const element = /\[([^\s=\]"]{1,32})((?: [^\s=\]"]{1,32}="(?:[^"\\\]]|\\["\\\]])*")*)\]/y
const parameter = / ([^\s=\]"]+)="((?:[^"\\\]]|\\["\\\]])*)"/g

/** Throws when the line is not a record of RFC 5424. */
export function parse(line: string): AuditRecord {
  const start = header.exec(line)
  if (!start) throw new Error(`no header: ${line}`)
  const elements = new Map<string, (readonly [string, string])[]>()
  let at = start[0].length
  for (;;) {
    element.lastIndex = at
    const found = element.exec(line)
    if (!found) break
    const fields = [...(found[2] ?? '').matchAll(parameter)].map(
      ([, name = '', value = '']) => [name, value.replace(/\\(["\\\]])/g, '$1')] as const,
    )
    elements.set(found[1] as string, fields)
    at = element.lastIndex
  }
  if (elements.size === 0 || line[at] !== ' ') throw new Error(`no structured data: ${line}`)
  const [, priority, time = '', host = '', application = '', process, id = ''] = start
  return {
    priority: Number(priority),
    time,
    host,
    application,
    process: Number(process),
    id,
    sequence: Number(elements.get('meta')?.[0]?.[1]),
    fields: elements.get('weft@32473') ?? [],
    text: line.slice(at + 1),
  }
}

/** The value of a field that stands once at most. */
export function field({ fields }: AuditRecord, name: string): string | undefined {
  return fields.find(([other]) => other === name)?.[1]
}
