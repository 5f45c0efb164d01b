import test from 'ava'
import { createContext, LibyangError } from '../src/index.js'
import { bakery, ietf, modules } from './helpers.js'

test('a context tells its modules with revision, namespace, features, deviations and submodules', async (t) => {
  using context = await bakery(['delivery'])
  const shop = context.modules.find(({ name }) => name === 'bakery')
  t.deepEqual(shop, {
    name: 'bakery',
    revision: '2026-01-01',
    namespace: 'urn:libyang-js:bakery',
    prefix: 'b',
    implemented: true,
    features: ['delivery'],
    deviations: ['bakery-plus'],
    submodules: [{ name: 'bakery-ovens', revision: '2026-01-01' }],
  })
  t.false(context.modules.find(({ name }) => name === 'ietf-inet-types')?.implemented)
})

test('without a revision the newest file is taken, with one that revision', async (t) => {
  using newest = await bakery()
  t.is(newest.modules.find(({ name }) => name === 'bakery-plus')?.revision, '2025-05-05')
  using old = await createContext({
    searchDirs: [modules],
    modules: [{ name: 'bakery-plus', revision: '2020-02-02' }],
  })
  t.is(old.modules.find(({ name }) => name === 'bakery-plus')?.revision, '2020-02-02')
})

test('features are off unless asked for, and decide what the schema has', async (t) => {
  const data = '<shop xmlns="urn:libyang-js:bakery"><bell>ding</bell></shop>'
  using without = await bakery()
  const error = await t.throwsAsync(without.parse(data, 'xml'), { instanceOf: LibyangError })
  t.is(error.errors[0]?.tag, 'unknown-element')
  using context = await bakery(['delivery'])
  using tree = await context.parse(data, 'xml')
  t.is(await tree.value('/bakery:shop/bell'), 'ding')
})

test('a module that is only imported gives types but no data', async (t) => {
  using context = await createContext({
    searchDirs: [modules, ...ietf],
    modules: [{ name: 'bakery', importOnly: true }],
  })
  t.false(context.modules.find(({ name }) => name === 'bakery')?.implemented)
  t.is(context.modules.filter(({ name }) => name.startsWith('libyang-js')).length, 0)
  const error = await t.throwsAsync(context.parse('<shop xmlns="urn:libyang-js:bakery"/>', 'xml'), {
    instanceOf: LibyangError,
  })
  t.is(error.errors[0]?.tag, 'unknown-namespace')
})

const wrong: [string, Parameters<typeof createContext>[0], RegExp][] = [
  [
    'a missing module is named with the folders',
    { searchDirs: [modules], modules: [{ name: 'cellar' }] },
    /no YANG module cellar in .*modules/,
  ],
  [
    'so is a missing revision',
    { searchDirs: [modules], modules: [{ name: 'bakery-ghost', revision: '2001-01-01' }] },
    /no YANG module bakery-ghost@2001-01-01 in /,
  ],
  [
    'so is a missing module that is only imported',
    { searchDirs: [modules], modules: [{ name: 'cellar', importOnly: true }] },
    /no YANG module cellar in /,
  ],
  [
    'a broken module is named with what is wrong',
    { searchDirs: [modules], modules: [{ name: 'broken' }] },
    /do not compile.*nothing-known.*broken/,
  ],
  [
    'a feature that is not there is named',
    { searchDirs: [modules, ...ietf], modules: [{ name: 'bakery', features: ['wings'] }] },
    /bakery.*wings/,
  ],
  [
    'a folder that is not there is named',
    { searchDirs: ['/no/such/folder'], modules: [] },
    /\/no\/such\/folder/,
  ],
]
for (const [title, options, message] of wrong) {
  test(title, async (t) => {
    const error = await t.throwsAsync(createContext(options), { instanceOf: LibyangError })
    t.regex(error.message, message)
    t.is(error.errors.length, 1)
  })
}

test('the source of modules, submodules and modules built into libyang is given', async (t) => {
  using context = await bakery()
  t.regex(await context.source('bakery'), /^module bakery \{[^]*Every kind of node/)
  t.regex(await context.source('bakery', '2026-01-01'), /^module bakery \{/)
  t.regex(await context.source('bakery-ovens'), /^submodule bakery-ovens/)
  t.regex(await context.source('ietf-yang-metadata'), /module ietf-yang-metadata \{/)
  await t.throwsAsync(context.source('bakery', '1999-09-09'), {
    instanceOf: LibyangError,
    message: /bakery@1999-09-09/,
  })
  await t.throwsAsync(context.source('nothing'), { instanceOf: LibyangError, message: /nothing/ })
})

test('a disposed context says so, and disposing twice is harmless', async (t) => {
  const context = await bakery()
  const tree = context.tree()
  context[Symbol.dispose]()
  context[Symbol.dispose]()
  t.throws(() => context.tree(), { message: /context is disposed/ })
  t.is(await tree.value('/bakery:shop/name'), undefined, 'a tree outlives its context')
  tree[Symbol.dispose]()
  tree[Symbol.dispose]()
  await t.throwsAsync(tree.value('/bakery:shop/name'), { message: /tree is disposed/ })
})
