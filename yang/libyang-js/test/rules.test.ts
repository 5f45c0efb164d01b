/** What depends on what: the index from operands to the statements that look at them. */
import test from 'ava'
import { createContext } from '../src/index.js'
import type { Context } from '../src/index.js'
import { ietf, modules } from './helpers.js'

function garage(): Promise<Context> {
  return createContext({ searchDirs: [modules, ...ietf], modules: [{ name: 'garage' }] })
}

// Without `/garage:garage`.
const expected: Record<string, string[]> = {
  '/mode': [
    'must of /job/check from /garage:garage, content',
    'when of /job/number from /garage:garage, content',
    'mandatory of /job/number from /garage:garage, content',
    'when of /job/code from /garage:garage, content',
  ],
  '/floor': ['must of /bay/size from /garage:garage, content'],
  '/bay': ['must of /job/spare from /', 'must of /job/check from /garage:garage'],
  '/bay/name': [
    'must of /job/bay from /bay by referrers /job/bay of /bay/name to /job/bay, content',
    'type of /job/bay from /bay/name by referrers /job/bay of /bay/name to /job/bay, content',
    'must of /job/wide from /bay/name by referrers /job/bay of /bay/name to /job, content',
    'must of /job/spare from /, content',
  ],
  '/bay/size': [
    'must of /bay/size from /bay/size, content',
    'when of /bay/lift from /bay, content',
    'must of /job/bay from /bay by referrers /job/bay of /bay/name to /job/bay, content',
    'must of /job/wide from /bay by referrers /job/bay of /bay/name to /job, content',
  ],
  '/bay/plate': ['unique of /bay from /bay, content'],
  '/bay/owner/phone': ['unique of /bay from /bay, content'],
  '/job/bay': ['must of /job/bay from /job/bay, content', 'must of /job/wide from /job, content'],
  '/job/cash': ['mandatory of /job/pay from /job'],
  '/job/number': ['mandatory of /job/number from /job', 'mandatory of /job/pay from /job'],
  '/job/code': ['mandatory of /job/number from /job', 'mandatory of /job/pay from /job'],
  '/task': [
    'elements of /task from /garage:garage',
    'must of /task/weight from /task',
    'must of /task/weight from /garage:garage, order',
    'must of /task/rank from /garage:garage, order',
  ],
  '/task/weight': [
    'must of /task/weight from /garage:garage, content',
    'must of /task/weight from /task/weight, content',
    'must of /task/rank from /garage:garage',
  ],
}

for (const [path, lines] of Object.entries(expected)) {
  test(`a change of ${path} leads to what looks at it, and no further up than it must`, async (t) => {
    using context = await garage()
    t.deepEqual(
      context.dependants(`/garage:garage${path}`).map((line) => line.replaceAll('/garage:garage/', '/')),
      lines,
    )
  })
}

test('nothing depends on what no statement looks at', async (t) => {
  using context = await garage()
  t.deepEqual(context.dependants('/garage:garage/bay/lift'), [])
  t.throws(() => context.dependants('/garage:nothing'), { message: /no data node \/garage:nothing/ })
})
