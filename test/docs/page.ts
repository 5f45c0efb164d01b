/**
 * The fenced blocks of a documentation page that say what can be done, in the order of the page. The first word behind the
 * fence is the language; the words after it say what the block is:
 *
 *   ```xml request [session=NAME] [login=USER:PASSWORD]   content of an <rpc>; of the session NAME, opened at its first use
 *   ```xml reply                                          what the request before must be answered with; else <ok/>
 *   ```python                                             run by Debian's python3, as it stands
 *   ```console                                            lines `$ command`, each with what it prints
 *
 * Other blocks are not run. What stands in a reply is matched by `match.ts`.
 */

export type Block =
  | {
      readonly kind: 'request'
      readonly line: number
      readonly content: string
      readonly session: string
      readonly login: { readonly user: string; readonly password: string } | undefined
      readonly reply: string
    }
  | { readonly kind: 'python'; readonly line: number; readonly content: string }
  | { readonly kind: 'console'; readonly line: number; readonly commands: readonly Command[] }

export interface Command {
  readonly command: string
  readonly output: string
}

interface Fenced {
  readonly line: number
  readonly info: readonly string[]
  readonly content: string
}

/** Throws an Error that names the line of what cannot be understood. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = []
  const all = fenced(page)
  for (const [index, { line, info, content }] of all.entries()) {
    const [language, what, ...options] = info
    if (language === 'python') blocks.push({ kind: 'python', line, content })
    else if (language === 'console') blocks.push({ kind: 'console', line, commands: commandsOf(content) })
    else if (language === 'xml' && what === 'request') {
      const next = all[index + 1]
      const reply = next?.info[0] === 'xml' && next.info[1] === 'reply' ? next.content : '<ok/>'
      blocks.push({ kind: 'request', line, content, reply, ...requestOptions(options, line) })
    } else if (language === 'xml' && what === 'reply') {
      if (all[index - 1]?.info[1] !== 'request') throw new Error(`line ${line}: a reply without a request`)
    } else if (what !== undefined) throw new Error(`line ${line}: nobody knows what ${info.join(' ')} means`)
  }
  return blocks
}

/** Cells of the rows of the first table under a heading. */
export function tableUnder(page: string, heading: string): string[][] {
  const section = page.split(`\n${heading}\n`)[1] ?? ''
  const lines = section.split('\n')
  const first = lines.findIndex((line) => line.startsWith('|'))
  if (first < 0) throw new Error(`there is no table under ${heading}`)
  const length = lines.slice(first).findIndex((line) => !line.startsWith('|'))
  return lines.slice(first + 2, length < 0 ? undefined : first + length).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

function fenced(page: string): Fenced[] {
  const found: Fenced[] = []
  let open: { line: number; info: string[]; content: string[] } | undefined
  for (const [index, text] of page.split('\n').entries()) {
    if (open && text === '```') {
      found.push({ ...open, content: open.content.join('\n') })
      open = undefined
    } else if (open) open.content.push(text)
    else if (text.startsWith('```'))
      open = { line: index + 1, info: text.slice(3).split(' ').filter(Boolean), content: [] }
  }
  if (open) throw new Error(`line ${open.line}: the block has no end`)
  return found
}

function requestOptions(options: readonly string[], line: number) {
  let session = 'operator'
  let login: { user: string; password: string } | undefined
  for (const option of options) {
    const [, name, value = ''] = /^(session|login)=(\S+)$/.exec(option) ?? []
    if (name === 'session') session = value
    else if (name === 'login') {
      const [user = '', password = ''] = value.split(':')
      login = { user, password }
    } else
      throw new Error(
        `line ${line}: a request has options session=NAME and login=USER:PASSWORD, not ${option}`,
      )
  }
  return { session, login }
}

function commandsOf(content: string): Command[] {
  return content
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const lines = text.split('\n')
      // A command goes on behind a backslash and in an open quotation.
      const goesOn = (line: string, index: number): boolean =>
        line.endsWith('\\') ||
        lines
          .slice(0, index + 1)
          .join('')
          .split("'").length %
          2 ===
          0
      const end = lines.findIndex((line, index) => !goesOn(line, index)) + 1
      return { command: lines.slice(0, end).join('\n'), output: lines.slice(end).join('\n').trim() }
    })
}
