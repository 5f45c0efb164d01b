/** Each rule of docs/forwarding-rules.md names tests that exist, or says why it has none. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'

const root = resolve(fileURLToPath(import.meta.url), '../../../..')
const engine = join(root, 'dataplane/engine/test')

interface Rule {
  readonly id: string
  readonly rule: string
  readonly done: string
  readonly shown: string
}

function rulesOf(page: string): Rule[] {
  return page
    .split('\n')
    .filter((line) => /^\| \d/.test(line))
    .map((line) => {
      const [id = '', rule = '', done = '', shown = ''] = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim())
      return { id, rule, done, shown }
    })
}

/** Titles of engine-test that a row names. */
const titlesOf = ({ shown }: Rule): string[] =>
  [...shown.matchAll(/\*([^*]+)\*/g)].map(([, title = '']) => title)

/** What is wrong with a row; undefined: nothing. */
function fault(rule: Rule, titles: ReadonlySet<string>): string | undefined {
  if (rule.rule === '' || rule.done === '') return 'says nothing'
  if (/^(not done|does not arise): \S/.test(rule.shown)) return undefined
  const named = titlesOf(rule)
  if (named.length === 0) return 'has neither a test nor a reason'
  const unknown = named.find((title) => !titles.has(title))
  return unknown === undefined ? undefined : `names a test that there is not: ${unknown}`
}

const titles = new Set(
  readdirSync(engine)
    .filter((name) => name.endsWith('.cc'))
    .flatMap((name) =>
      [...readFileSync(join(engine, name), 'utf8').matchAll(/^TEST\("([^"]+)"\)/gm)].map(
        ([, title = '']) => title,
      ),
    ),
)

test('each rule is shown by a test of the engine, or says why it is not', (t) => {
  const rules = rulesOf(readFileSync(join(root, 'docs/forwarding-rules.md'), 'utf8'))
  t.true(rules.length > 50)
  const faults = rules.flatMap((rule) => {
    const wrong = fault(rule, titles)
    return wrong === undefined ? [] : [`${rule.id} ${wrong}`]
  })
  t.deepEqual(faults, [])
  const ids = rules.map(({ id }) => id)
  t.deepEqual(
    ids.filter((id, index) => ids.indexOf(id) !== index),
    [],
  )
  const told = (what: RegExp) => rules.filter(({ shown }) => what.test(shown)).length
  t.log(
    `${rules.length} rules: ${told(/^not done/)} not done, ${told(/^does not arise/)} that do not arise, the others shown`,
  )
})

test('a row without a test or with one that there is not is seen', (t) => {
  const row = (shown: string): Rule => ({ id: '1-1-1', rule: 'Do.', done: 'done', shown })
  t.is(fault(row('soon'), titles), 'has neither a test nor a reason')
  t.regex(fault(row('*no such test*'), titles) ?? '', /there is not/)
  t.is(fault(row('not done: no'), titles), undefined)
  t.regex(fault(row('not done: '), titles) ?? '', /neither/)
})
