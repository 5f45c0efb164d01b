/**
 * What each mode prints of random valid data is what libyang's own tool prints of them (`yanglint -d`), and what is tagged
 * says as much as what is explicit.
 */
import test, { type ExecutionContext } from 'ava'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createContext } from '../src/index.js'
import type { Context, DefaultsMode } from '../src/index.js'
import { dice } from './editing.js'
import { ietf, text } from './helpers.js'
import { isData, type Roll } from './random-expression.js'
import { randomEdit } from './random-model-edit.js'
import { makeModel } from './random-model.js'
import type { Model } from './random-model.js'

const models = Number(process.env['WEFT_RANDOM_MODELS'] ?? 24)
const run = promisify(execFile)

/** Of yanglint. A leaf-list is no default in part for Weft: what is trimmed is left to other tests where there is one. */
const modes: readonly (readonly [DefaultsMode, string])[] = [
  ['report-all', 'all'],
  ['trim', 'trim'],
]

async function load(model: Model, folder: string): Promise<Context | undefined> {
  for (const [name, source] of Object.entries(model.modules))
    await writeFile(join(folder, `${name}.yang`), source)
  const names = Object.keys(model.modules)
  return await createContext({
    searchDirs: [folder, ...ietf],
    modules: [
      { name: 'ietf-netconf' },
      { name: 'ietf-netconf-with-defaults' },
      ...names.map((name) => ({ name })),
    ],
  }).catch(() => undefined) // libyang refuses, for instance, a `when` that depends on itself
}

/** What is printed of a valid tree. */
interface Prints {
  readonly data: string
  readonly of: ReadonlyMap<DefaultsMode, string>
  /** XML, with every default tagged. */
  readonly tagged: string
}

/** Of the valid tree with the most data that some random edits come by. */
async function grow(context: Context, model: Model, roll: Roll): Promise<Prints | undefined> {
  using tree = context.tree()
  using pending = context.journal()
  let best: Prints | undefined
  for (let step = 0; step < 20; step++) {
    using fragment = context.fragment(randomEdit(model, roll, best !== undefined))
    const { journal } = await tree.edit(fragment, {
      defaultOperation: 'merge',
      errorOption: 'rollback-on-error',
    })
    pending.append(journal)
    journal[Symbol.dispose]()
    if ((await tree.validate(pending)).length > 0) continue
    const data = await text(tree, { format: 'json' })
    if (data.length < (best?.data.length ?? 0)) continue
    const of = new Map<DefaultsMode, string>()
    for (const [mode] of modes) of.set(mode, await text(tree, { format: 'json', defaults: mode }))
    best = { data, of, tagged: await text(tree, { format: 'xml', defaults: 'report-all-tagged' }) }
  }
  return best
}

/** In the second case of a choice that is itself in a case, libyang leaves defaults of the outer case out. */
const nested = ({ nodes }: Model): boolean =>
  nodes.some((node) => {
    let choices = 0
    for (let up = node.parent; up && !isData(up); up = up.parent) choices += Number(up.kind === 'choice')
    return choices > 1
  })

/** Without order among siblings of different names, and without empty containers, of which both are free to print some. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
    .map(([name, member]) => [name, plain(member)] as const)
    .filter(([name, member]) => !/(?:^|:)c\d+$/.test(name) || Object.keys(member as object).length > 0)
  return Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** What an edit with a print in it sets. */
async function sentBack(context: Context, xml: string): Promise<string> {
  using tree = context.tree()
  using fragment = context.fragment(xml)
  const { journal, errors } = await tree.edit(fragment, {
    defaultOperation: 'replace',
    errorOption: 'rollback-on-error',
  })
  journal[Symbol.dispose]()
  return errors.length > 0 ? JSON.stringify(errors) : await text(tree, { format: 'json' })
}

async function compare(t: ExecutionContext, seed: number, folder: string): Promise<number> {
  const roll = dice(seed)
  const model = makeModel(roll)
  if (model.preceding || model.chained || nested(model)) return 0
  using context = await load(model, folder)
  const prints = context && (await grow(context, model, roll))
  if (!prints) return 0
  t.is(await sentBack(context, prints.tagged), prints.data, `seed ${seed}, what is tagged is not set`)
  const file = join(folder, 'data.json')
  await writeFile(file, prints.data)
  const files = Object.keys(model.modules).map((name) => join(folder, `${name}.yang`))
  let shown = 0
  for (const [mode, name] of modes) {
    if (mode === 'trim' && model.nodes.some(({ kind }) => kind === 'leaf-list')) continue
    const theirs = await run('yanglint', ['-p', folder, '-f', 'json', '-d', name, ...files, file]).catch(
      () => undefined, // invalid by libyang, which judges some defaults before they go
    )
    const ours: string = prints.of.get(mode) ?? ''
    if (!theirs) continue
    if (ours !== prints.data) shown++
    t.deepEqual(plain(JSON.parse(ours)), plain(JSON.parse(theirs.stdout || '{}')), `seed ${seed}, ${mode}`)
  }
  return shown
}

test('report-all and trim print what yanglint prints, and tagged defaults come back as such', async (t) => {
  let shown = 0
  for (let seed = 0; seed < models; seed++) {
    const folder = await mkdtemp(join(tmpdir(), 'print-modes-'))
    try {
      shown += await compare(t, seed, folder)
    } finally {
      await rm(folder, { recursive: true })
    }
  }
  t.log({ shown })
  t.true(shown > models / 8)
})
