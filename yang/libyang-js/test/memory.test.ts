import test from 'ava'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { bakery, shop } from './helpers.js'

const program = (name: string) => fileURLToPath(new URL(`programs/${name}.js`, import.meta.url))
const node = (...args: string[]) => promisify(execFile)(process.execPath, ['--expose-gc', ...args])

test('alive counts what is not disposed, and goes to zero', async (t) => {
  using context = await bakery()
  const zero = { trees: 0, journals: 0, rpcs: 0, filters: 0, accesses: 0 }
  t.deepEqual(context.alive, zero)
  {
    using tree = await context.parse(shop, 'xml')
    using copy = await tree.copy()
    using journal = context.journal()
    using filter = context.xpathFilter('/bakery:shop')
    t.deepEqual(context.alive, { trees: 2, journals: 1, rpcs: 0, filters: 1, accesses: 0 })
    for (const handle of [tree, copy, journal, filter]) handle[Symbol.dispose]()
    t.deepEqual(context.alive, zero, 'disposing twice counts once')
  }
  t.deepEqual(context.alive, zero)
})

test('handles that nobody disposes are collected, and an abandoned print lets go of its tree', async (t) => {
  const { stdout } = await node(program('collect'))
  t.is(stdout, 'collected\n')
})

test('memory stays bounded over many rounds of work', async (t) => {
  const { stdout } = await node(program('leak'))
  const { grown, alive } = JSON.parse(stdout) as { grown: number; alive: object }
  t.deepEqual(alive, { trees: 0, journals: 0, rpcs: 0, filters: 0, accesses: 0 })
  // One leaked tree a round would be 60 times 2 MiB, one leaked message 60 times 0.2 MiB.
  t.true(grown < 10, `${grown} MiB`)
})
