/** docs/graph.md names every node of the packet graph, and docs/drops.md every reason for which packets are dropped. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'

const root = resolve(fileURLToPath(import.meta.url), '../../../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Cells of the rows of a page's tables whose first cell is code. */
const rows = (page: string): string[][] =>
  read(page)
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
    )

test('every node of the graph is on its page, and in the picture', (t) => {
  const nodes = [...read('dataplane/engine/nodes/list.h').matchAll(/X\(\w+, "([^"]+)"\)/g)].map(
    ([, name]) => name as string,
  )
  t.true(nodes.length > 8)
  t.deepEqual(
    rows('docs/graph.md')
      .map(([name]) => name)
      .sort(),
    [...nodes].sort(),
  )
  const picture = read('docs/graph.md').split('```')[1] as string
  for (const node of nodes) t.true(picture.includes(node), node)
})

test('every drop reason is on its page, with what it means and what to do', (t) => {
  const reasons = [
    ...read('dataplane/engine/nodes/drops.h').matchAll(/X\(\w+,\s*"([^"]+)",\s*"([^"]+)"\)/g),
  ].map(([, node, reason]) => `${node} ${reason}`)
  t.true(reasons.length > 50)
  const told = rows('docs/drops.md')
  t.deepEqual(told.map(([node, reason]) => `${node} ${reason}`).sort(), reasons.sort())
  for (const [node, reason, meaning, todo] of told)
    t.true(Boolean(meaning) && Boolean(todo), `${node} ${reason}`)
})
