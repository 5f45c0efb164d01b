import test from 'ava'
import type { Context } from 'libyang-js'
import { alice, bob, named, openBench, openContext, refusal } from './support.js'

let context: Context
test.before(async () => {
  context = await openContext()
})

test('a lock is denied while another holds it, and names the holder', async (t) => {
  const { datastores } = await openBench(t, context)
  await datastores.lock(alice, 'running')
  const [error] = (await refusal(datastores.lock(bob, 'running'))).errors
  t.like(error, { tag: 'lock-denied', type: 'protocol', info: { 'session-id': '1' } })
  const [again] = (await refusal(datastores.lock(alice, 'running'))).errors
  t.like(again, { tag: 'lock-denied', info: { 'session-id': '1' } })
  await datastores.lock(bob, 'candidate')
  await datastores.unlock(alice, 'running')
  await datastores.lock(bob, 'running')
})

test("another's lock keeps edits, commits and discards out", async (t) => {
  const { datastores, edit, text } = await openBench(t, context)
  await datastores.lock(alice, 'candidate')
  for (const work of [
    edit(named('bob'), { by: bob }),
    datastores.discard(bob),
    datastores.commit(bob),
    datastores.copy(bob, 'candidate', 'running'),
  ]) {
    const [error] = (await refusal(work)).errors
    t.is(error?.tag, 'in-use')
    t.regex(error?.message ?? '', /session 1/)
  }
  await edit(named('alice'))
  await datastores.lock(bob, 'running')
  t.is((await refusal(datastores.commit(alice))).errors[0]?.tag, 'in-use')
  await datastores.unlock(bob, 'running')
  t.is((await datastores.commit(alice))?.number, 1)
  t.regex(await text('running'), /alice/)
})

test('candidate cannot be locked while it has uncommitted changes', async (t) => {
  const { datastores, edit } = await openBench(t, context)
  await edit(named('bob'), { by: bob })
  const [error] = (await refusal(datastores.lock(alice, 'candidate'))).errors
  t.like(error, { tag: 'lock-denied', info: { 'session-id': '0' } })
  await datastores.discard(bob)
  await datastores.lock(alice, 'candidate')
})

test('a lock waits for the edit that is being carried out, and then sees its changes', async (t) => {
  const { datastores, edit } = await openBench(t, context)
  const editing = edit(named('bob'), { by: bob })
  const error = await refusal(datastores.lock(alice, 'candidate'))
  await editing
  t.is(error.errors[0]?.tag, 'lock-denied')
})

test('unlocking what is not held fails', async (t) => {
  const { datastores } = await openBench(t, context)
  t.is((await refusal(datastores.unlock(alice, 'running'))).errors[0]?.tag, 'operation-failed')
  await datastores.lock(bob, 'running')
  const [error] = (await refusal(datastores.unlock(alice, 'running'))).errors
  t.is(error?.tag, 'operation-failed')
  t.regex(error?.message ?? '', /session 2/)
})

test("the candidate's lock takes uncommitted changes with it, at unlock and when its session ends", async (t) => {
  const { datastores, edit, text } = await openBench(t, context)
  await datastores.lock(alice, 'candidate')
  await edit(named('one'))
  await datastores.unlock(alice, 'candidate')
  t.is(await text('candidate'), '')
  await datastores.lock(alice, 'candidate')
  await datastores.lock(alice, 'running')
  await edit(named('two'))
  await datastores.release(1)
  t.is(await text('candidate'), '')
  await datastores.lock(bob, 'candidate')
  await datastores.lock(bob, 'running')
})

test('a session that ends without a lock leaves the shared candidate alone', async (t) => {
  const { datastores, edit, text } = await openBench(t, context)
  await edit(named('one'))
  await datastores.release(1)
  t.regex(await text('candidate'), /one/)
})
