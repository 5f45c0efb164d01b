/** The tables of docs/conformance: what the RFCs demand, and what shows that it is kept. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const tables = join(root, 'docs', 'conformance')

export interface Requirement {
  /** RFC, section and number, such as 6241-7.5-1. */
  readonly id: string
  readonly binds: string
  readonly text: string
  readonly shownBy: string
}

export interface Table {
  /** Such as rfc6241. */
  readonly name: string
  readonly rows: readonly Requirement[]
}

/** What the last column of a row comes to. */
export type Verdict = 'met' | 'client' | 'moot' | 'unmet'

export function readTables(): Table[] {
  return readdirSync(tables)
    .sort()
    .map((file) => ({
      name: file.replace(/\.md$/, ''),
      rows: rowsOf(readFileSync(join(tables, file), 'utf8')),
    }))
}

/** Rows of the one table of a page, without its head. */
export function rowsOf(page: string): Requirement[] {
  const lines = page.split('\n').filter((line) => line.startsWith('|'))
  return lines.slice(2).map((line) => {
    const [id = '', binds = '', text = '', shownBy = '', ...more] = line
      .replace(/^\||\|$/g, '')
      .split('|')
      .map((cell) => cell.trim())
    if (more.length > 0 || text === '') throw new Error(`a row has four cells: ${line}`)
    return { id, binds, text, shownBy }
  })
}

export function verdict({ shownBy }: Requirement): Verdict | undefined {
  if (shownBy === 'binds the client') return 'client'
  if (/^does not arise: \S/.test(shownBy)) return 'moot'
  if (/^not met: \S/.test(shownBy)) return 'unmet'
  return proofs(shownBy) === undefined ? undefined : 'met'
}

export interface Proof {
  /** Name of a transcript, or path of a test file. */
  readonly name: string
  /** Title of a test in that file. */
  readonly title: string | undefined
}

const proof = /^`([^`]+)`(?:: \*([^*]+)\*)?(?:, |$)/

/** Undefined when it is no list of proofs. */
export function proofs(shownBy: string): Proof[] | undefined {
  const found: Proof[] = []
  let rest = shownBy
  while (rest !== '') {
    const match = proof.exec(rest)
    if (match === null) return undefined
    found.push({ name: match[1] ?? '', title: match[2] })
    rest = rest.slice(match[0].length)
  }
  return found.length > 0 ? found : undefined
}

/** What is wrong with a proof; undefined when it is there. */
export function fault({ name, title }: Proof, transcripts: readonly string[]): string | undefined {
  if (title === undefined) return transcripts.includes(name) ? undefined : `there is no transcript ${name}`
  const file = join(root, name)
  if (!existsSync(file)) return `there is no file ${name}`
  const literal = title.replaceAll("'", "\\'")
  const source = readFileSync(file, 'utf8')
  return source.includes(`'${literal}'`) || source.includes(`"${title}"`) || source.includes(`\`${title}\``)
    ? undefined
    : `${name} has no test '${title}'`
}
