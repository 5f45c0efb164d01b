/** A transcript as its folder has it; README.md beside this folder says what the files mean. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { OptionalCapability } from '../../../yang/schema.js'

/** The folder of the transcripts in the sources. */
export const folder = fileURLToPath(new URL('../../../../test/transcripts', import.meta.url))

/** With the extension of their files; of one number the upper ones come first. */
const kinds = {
  refused: 'txt',
  hello: 'xml',
  request: 'xml',
  raw: 'txt',
  close: 'txt',
  lost: 'txt',
  clock: 'txt',
  restart: 'txt',
  greeting: 'xml',
  reply: 'xml',
  closed: 'txt',
} as const

export type Kind = keyof typeof kinds

export interface Step {
  readonly number: number
  readonly file: string
  /** Name of the session; `server` for what happens to the server itself. */
  readonly who: string
  readonly kind: Kind
  readonly text: string
}

export interface Transcript {
  readonly name: string
  readonly title: string
  /** Capabilities that are off by default. */
  readonly features: readonly OptionalCapability[]
  /** Whether RFC 8341 binds users; else all may do everything. */
  readonly access: boolean
  /** What running is at the beginning: elements of a `<config>`, '' for nothing. */
  readonly config: string
  /** User of a session; the session's own name when it is not here. */
  readonly users: Readonly<Record<string, string>>
  readonly steps: readonly Step[]
}

interface Meta {
  readonly title: string
  readonly features?: readonly OptionalCapability[]
  readonly access?: boolean
  readonly config?: string
  readonly users?: Readonly<Record<string, string>>
}

const metaKeys = ['title', 'features', 'access', 'config', 'users']
const stepName = /^(\d\d)-([a-z][a-z0-9]*)-([a-z]+)\.([a-z]+)$/

/** Names of all transcripts, in order. */
export function transcriptNames(): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^\d{3}-/.test(entry.name))
    .map(({ name }) => name)
    .sort()
}

/** Throws an Error that names the file that is not as README.md says. */
export function readTranscript(name: string): Transcript {
  const read = (file: string): string => readFileSync(join(folder, name, file), 'utf8')
  const meta = JSON.parse(read('transcript.json')) as Meta
  for (const key of Object.keys(meta))
    if (!metaKeys.includes(key))
      throw new Error(`${name}/transcript.json has ${key}; it may have ${metaKeys.join(', ')}`)
  const files = readdirSync(join(folder, name)).filter((file) => file !== 'transcript.json')
  return {
    name,
    title: meta.title,
    features: meta.features ?? [],
    access: meta.access ?? false,
    config: meta.config === undefined ? '' : configuration(meta.config),
    users: meta.users ?? {},
    steps: files.map((file) => stepOf(name, file, read(file))).sort(byOrder),
  }
}

/** A file of `configs/`: the content of a `<config>`. */
export function configuration(name: string): string {
  const file = join(folder, 'configs', `${name}.xml`)
  if (!existsSync(file)) throw new Error(`there is no configuration ${file}`)
  return readFileSync(file, 'utf8')
}

function stepOf(transcript: string, file: string, text: string): Step {
  const [, number, who = '', kind = '', extension] = stepName.exec(file) ?? []
  if (!isKind(kind) || kinds[kind] !== extension) {
    const known = Object.entries(kinds).map(([name, ending]) => `${name}.${ending}`)
    throw new Error(`${transcript}/${file}: a step is NN-session-kind, with kind one of ${known.join(', ')}`)
  }
  return { number: Number(number), file, who, kind, text }
}

function byOrder(a: Step, b: Step): number {
  const order = Object.keys(kinds)
  return a.number - b.number || order.indexOf(a.kind) - order.indexOf(b.kind)
}

function isKind(kind: string): kind is Kind {
  return kind in kinds
}
