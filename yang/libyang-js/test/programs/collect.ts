/** Run with --expose-gc: forgets handles of every kind and an unfinished print, and waits until all are collected. */
import { routing, routes } from '../helpers.js'
import type { Context, Tree } from '../../src/index.js'

const context = await routing()

async function until(what: string, done: () => boolean): Promise<void> {
  const end = Date.now() + 20_000
  while (!done()) {
    if (Date.now() > end) throw new Error(`not collected: ${what}: ${JSON.stringify(context.alive)}`)
    globalThis.gc?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function forget(context: Context): Promise<void> {
  for (let i = 0; i < 50; i++) {
    const tree = await context.parse(routes(20), 'xml')
    await tree.copy()
    context.journal()
    context.xpathFilter('/ietf-routing:routing')
    context.fragment('<a/>')
  }
}

async function forgetPrint(tree: Tree): Promise<void> {
  await tree.print({ format: 'xml', sliceBytes: 10 }).next()
}

await forget(context)
await until('trees, journals and filters', () => {
  const { trees, journals, rpcs, filters } = context.alive
  return trees + journals + rpcs + filters === 0
})

const tree = await context.parse(routes(20), 'xml')
const journal = context.journal()
await forgetPrint(tree)
let written = false
const write = tree
  .set("/ietf-interfaces:interfaces/interface[name='e0']/description", 'x', journal)
  .then(() => (written = true))
await until('an abandoned print', () => written)
await write
console.log('collected')
