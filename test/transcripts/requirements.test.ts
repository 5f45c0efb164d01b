/** Every requirement of docs/conformance has a proof that exists, or says why it has none. */
import test from 'ava'
import { fault, proofs, readTables, rowsOf, verdict } from './support/requirements.js'
import type { Verdict } from './support/requirements.js'
import { transcriptNames } from './support/transcript.js'

const transcripts = transcriptNames()

for (const { name, rows } of readTables()) {
  test(`each requirement of ${name} is shown to be met, or says why it is not`, (t) => {
    const counts: Record<Verdict, number> = { met: 0, client: 0, moot: 0, unmet: 0 }
    for (const row of rows) {
      t.regex(row.id, /^\d{4}-(?:\d+(?:\.\d+)*|[A-Z])-\d+$/)
      t.is(`rfc${row.id.slice(0, 4)}`, name, `${row.id} stands in the table of another RFC`)
      t.true(['server', 'client', 'both', 'transport'].includes(row.binds), `${row.id} binds ${row.binds}`)
      const result = verdict(row)
      if (result === undefined) t.fail(`${row.id} has neither a proof nor a reason: ${row.shownBy}`)
      else counts[result]++
      for (const proof of proofs(row.shownBy) ?? []) {
        const wrong = fault(proof, transcripts)
        if (wrong !== undefined) t.fail(`${row.id}: ${wrong}`)
      }
    }
    t.log(
      `${rows.length} requirements: ${counts.met} met, ${counts.unmet} not met, ` +
        `${counts.client} bind the client, ${counts.moot} do not arise`,
    )
  })
}

test('an id is there once', (t) => {
  const ids = readTables().flatMap(({ rows }) => rows.map(({ id }) => id))
  t.deepEqual(
    ids.filter((id, i) => ids.indexOf(id) !== i),
    [],
  )
})

test('a row without proof or reason is seen, and so is a proof that does not exist', (t) => {
  const [row] = rowsOf(
    '| id | binds | requirement | shown by |\n| - | - | - | - |\n| 1-1-1 | server | Do. | soon |',
  )
  t.truthy(row)
  if (row === undefined) return
  t.is(verdict(row), undefined)
  t.is(verdict({ ...row, shownBy: '' }), undefined)
  t.is(verdict({ ...row, shownBy: 'not met: ' }), undefined)
  t.is(verdict({ ...row, shownBy: 'not met: no time' }), 'unmet')
  t.deepEqual(proofs('`001-hello`, `test/x.test.ts`: *a title*'), [
    { name: '001-hello', title: undefined },
    { name: 'test/x.test.ts', title: 'a title' },
  ])
  t.is(fault({ name: '001-hello', title: undefined }, ['001-hello']), undefined)
  t.regex(fault({ name: '002-hello', title: undefined }, ['001-hello']) ?? '', /no transcript/)
  t.regex(fault({ name: 'test/no-such.test.ts', title: 'x' }, []) ?? '', /no file/)
  const here = 'test/transcripts/requirements.test.ts'
  t.is(fault({ name: here, title: 'an id is there once' }, []), undefined)
  t.regex(fault({ name: here, title: ['an id', 'is there twice'].join(' ') }, []) ?? '', /no test/)
})
