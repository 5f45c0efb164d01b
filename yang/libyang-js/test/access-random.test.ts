/** Access control (RFC 8341) of random rules and contents, against naive-access.ts. */
import test from 'ava'
import type { AccessOptions } from '../src/index.js'
import { dice } from './editing.js'
import { text } from './helpers.js'
import { nodesOf, pathOf, permits, pruned, readable } from './naive-access.js'
import { randomContents, randomEdit, randomFilters, randomRule } from './random-access.js'
import { all, change, vault } from './vault.js'

const models = Number(process.env['WEFT_RANDOM_MODELS'] ?? 120)

test('reads, filters and writes agree with the rules taken word for word', async (t) => {
  using context = await vault()
  let hidden = 0
  let refused = 0
  for (let seed = 0; seed < models; seed++) {
    const roll = dice(seed)
    const pick = <T>(list: readonly T[]): T => list[roll(list.length)] as T
    using tree = context.tree()
    ;(await change(context, tree, randomContents(roll)))[Symbol.dispose]()
    const options: AccessOptions = {
      rules: Array.from({ length: roll(8) }, () => randomRule(roll)),
      defaults: all.filter(() => roll(3) > 0),
    }
    using access = await context.access(options)
    const before = JSON.parse((await text(tree, { format: 'json' })) || '{}')
    const expected = pruned(options, before)
    const told = `seed ${seed}: ${JSON.stringify(options)}`
    t.deepEqual(JSON.parse((await text(tree, { format: 'json', access })) || '{}'), expected, told)
    if (JSON.stringify(expected) !== JSON.stringify(before)) hidden++

    using parsed = await context.parse(JSON.stringify(expected), 'json')
    using fragment = context.fragment(await text(parsed, { format: 'xml' }))
    using part = context.tree()
    const edited = await part.edit(fragment, { defaultOperation: 'merge', errorOption: 'rollback-on-error' })
    edited.journal[Symbol.dispose]()
    for (using filter of randomFilters(context, roll)) {
      const plain = await text(part, { format: 'json', filter })
      if (filter.onTheWay || access.clears(filter))
        t.is(await text(tree, { format: 'json', access, filter }), plain, told)
      using extracted = await tree.extract(filter)
      await extracted.prune(access)
      t.is(await text(extracted, { format: 'json', filter }), plain, told)
    }

    using journal = await change(context, tree, randomEdit(roll, before, pick))
    const after = JSON.parse((await text(tree, { format: 'json' })) || '{}')
    const errors = await access.denied(journal, 1e6, 'own')
    const wrong = naiveDenied(options, before, after)
    const said = errors.map(
      ({ path, message }) => `${/right to (\w+)|$/.exec(message)?.[1] ?? 'veiled'} ${path ?? ''}`,
    )
    t.deepEqual(said.filter((line) => !line.startsWith('veiled')).sort(), [...wrong.told].sort(), told)
    for (const line of said) t.true(wrong.told.has(line) || wrong.veiled.has(line), `${told} ${line}`)
    t.is(errors.length > 0, wrong.told.size + wrong.veiled.size > 0, told)
    if (errors.length > 0) refused++
    for (const { steps } of nodesOf(after))
      t.is(access.reads(pathOf(steps)), readable(options, steps), `${told} ${pathOf(steps)}`)
  }
  t.true(hidden > models / 3 && refused > models / 5, `${hidden} ${refused}`)
})

function naiveDenied(
  options: AccessOptions,
  before: unknown,
  after: unknown,
): Record<'told' | 'veiled', Set<string>> {
  const index = (document: unknown) =>
    new Map(nodesOf(document as never).map((node) => [pathOf(node.steps), node]))
  const [old, now] = [index(before), index(after)]
  const out = { told: new Set<string>(), veiled: new Set<string>() }
  const judge = (operation: 'create' | 'update' | 'delete', steps: Parameters<typeof readable>[1]) => {
    if (permits(options, operation, steps)) return
    const hidden = steps.findIndex((_, at) => !readable(options, steps.slice(0, at + 1)))
    if (hidden < 0) return void out.told.add(`${operation} ${pathOf(steps)}`)
    out.veiled.add(`veiled ${pathOf(steps.slice(0, operation === 'delete' ? hidden : hidden + 1))}`)
  }
  for (const [path, { steps, value }] of now) {
    const was = old.get(path)
    if (was === undefined) judge('create', steps)
    else if (was.value !== value) judge('update', steps)
  }
  for (const [path, { steps }] of old) if (!now.has(path)) judge('delete', steps)
  return out
}
