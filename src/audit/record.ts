/**
 * One audit record as RFC 5424 writes it: facility 13 (log audit), what happened as MSGID, who and what as STRUCTURED-DATA,
 * and a sentence for people that holds only words of ours. Weft has no enterprise number of its own, so its element bears
 * the one that RFC 5612 sets aside for documentation.
 *
 * What comes from outside cannot forge a record: characters that are not printed are written `\u{…}` before the escapes
 * of section 6.3.3 are put on top, and long values are cut.
 */

/** RFC 5424, section 6.2.1. */
export const severities = { critical: 2, error: 3, warning: 4, notice: 5, info: 6 } as const
export type Severity = keyof typeof severities

export interface AuditEvent {
  /** MSGID: at most 32 printable ASCII characters. */
  readonly id: string
  readonly severity: Severity
  readonly time: Date
  /** Before `fields`; the text of the same array is made once. */
  readonly who?: Fields | undefined
  readonly fields: Fields
  readonly text: string
}

/** Names and values in order; a name may stand more than once, and an undefined value is left out. */
export type Fields = readonly (readonly [name: string, value: string | number | boolean | undefined])[]

/** Whose records they are. */
export interface Originator {
  /** As `hostName` writes it. */
  readonly host: string
  readonly process: number
}

const facility = 13
const element = 'weft@32473'
const longestValue = 512
/** Most texts have nothing in them that is to be escaped. */
const plain = /^[\w ,.:;()/+=-]*$/
const lastSequence = 2 ** 31 - 1

/** RFC 5424, section 6.2.4: printable ASCII, or that there is no name. */
export function hostName(name: string): string {
  return name.replace(/[^!-~]/g, '').slice(0, 255) || '-'
}

/** One line without its end. `sequence` counts from 1 and starts again where RFC 5424, section 7.3.1, says. */
export function format(event: AuditEvent, { host, process }: Originator, sequence: number): string {
  const priority = facility * 8 + severities[event.severity]
  const header = `<${priority}>1 ${timeText(event.time.getTime())} ${host} weftd ${process} ${event.id}`
  const fields = (event.who ? whoText(event.who) : '') + parameters(event.fields)
  const meta = `[meta sequenceId="${((sequence - 1) % lastSequence) + 1}"]`
  return `${header} ${meta}[${element}${fields}] ${message(event.text)}`
}

let lastTime = NaN
let lastTimeText = ''

/** Several records of a busy server are of one millisecond. */
function timeText(time: number): string {
  if (time !== lastTime) {
    lastTimeText = new Date(time).toISOString()
    lastTime = time
  }
  return lastTimeText
}

const whoTexts = new WeakMap<Fields, string>()

function whoText(who: Fields): string {
  let text = whoTexts.get(who)
  if (text === undefined) whoTexts.set(who, (text = parameters(who)))
  return text
}

function parameters(fields: Fields): string {
  let text = ''
  for (const [name, value] of fields)
    if (value !== undefined) text += ` ${name}="${typeof value === 'string' ? parameter(value) : value}"`
  return text
}

function parameter(value: string): string {
  if (value.length <= longestValue && plain.test(value)) return value
  const cut = value.length > longestValue ? `${value.slice(0, longestValue)}…` : value
  return visible(cut).replace(/["\\\]]/g, '\\$&')
}

/** A text that is not ASCII is marked as UTF-8 (section 6.4). */
function message(text: string): string {
  if (plain.test(text)) return text
  const shown = visible(text)
  return /[^ -~]/.test(shown) ? `\ufeff${shown}` : shown
}

function visible(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}\\]/gu, (character) =>
    character === '\\' ? '\\\\' : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
}
