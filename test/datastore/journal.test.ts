import test, { type ExecutionContext } from 'ava'
import { CommitJournal, type NewCommit } from '../../datastore/journal/index.js'
import { MemoryLog, refusal, temporaryFolder } from './support.js'

const entry: NewCommit = { time: 1, user: 'alice', session: 1, comment: '', moduleSet: 'set' }
const text = (content: string): readonly Buffer[] => [Buffer.from(content)]

async function open(t: ExecutionContext, directory: string): Promise<CommitJournal> {
  const journal = await CommitJournal.open({ directory, log: new MemoryLog(), now: 0 })
  t.teardown(() => journal[Symbol.asyncDispose]())
  for await (const _commit of journal.recover());
  return journal
}

test('notes are kept with the commit that they were written with, and alone', async (t) => {
  const directory = await temporaryFolder(t)
  const first = await open(t, directory)
  await first.append(entry, text('one'), { timer: '10', base: '0' })
  await first.append(entry, text('two'), { base: null })
  await first.setNotes({ other: 'x', timer: '20' })
  t.deepEqual(Object.fromEntries(first.notes()), { timer: '20', other: 'x' })
  await first[Symbol.asyncDispose]()
  const again = await open(t, directory)
  t.deepEqual(Object.fromEntries(again.notes()), { timer: '20', other: 'x' })
  t.is(again.head?.number, 2)
})

test('one commit is read with its text; there is none of an unknown number', async (t) => {
  const journal = await open(t, await temporaryFolder(t))
  await journal.append(entry, [Buffer.from('o'), Buffer.from('ne')])
  await journal.append(entry, text('two'))
  const one = await journal.read(1)
  t.deepEqual(one?.chunks.map(String), ['o', 'ne'])
  t.is(one?.commit.user, 'alice')
  t.is(await journal.read(3), undefined)
  t.is(await journal.read(0), undefined)
})

test('a journal that is closed refuses to read and to write', async (t) => {
  const directory = await temporaryFolder(t)
  const journal = await open(t, directory)
  await journal.append(entry, text('one'))
  await journal[Symbol.asyncDispose]()
  await t.throwsAsync(journal.read(1), { message: /the journal cannot tell commit 1: / })
  t.truthy(await refusal(journal.append(entry, text('two'))))
})
