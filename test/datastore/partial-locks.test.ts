import test from 'ava'
import type { Context } from 'libyang-js'
import { alice, bob, named, openBench, openContext, refusal, routes, type Bench } from './support.js'

let context: Context
test.before(async () => {
  context = await openContext()
})

const namespaces = { tb: 'urn:weft:test:box' }
const select = (...texts: string[]) => texts.map((text) => ({ text, namespaces }))
const deleted = (prefix: string) =>
  `<routes xmlns="urn:weft:test:box" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">` +
  `<route nc:operation="delete"><prefix>${prefix}</prefix></route></routes>`

/** Two routes and a name, committed. */
async function filled(bench: Bench): Promise<Bench> {
  await bench.edit(named('one') + routes(1, 2))
  await bench.datastores.commit(alice)
  return bench
}

const heads = (error: Awaited<ReturnType<typeof refusal>>) =>
  error.errors.map(({ tag, appTag, path }) => [tag, appTag, path])

test('a commit that changes what another session has locked is refused with its place, and keeps the candidate', async (t) => {
  const { datastores, edit, text } = await filled(await openBench(t, context))
  const granted = await datastores.partialLock(alice, select("//tb:route[tb:prefix='p1']", '/tb:box'))
  const route = "/test-box:routes/route[prefix='p1']"
  t.deepEqual([granted.id, granted.nodes], [1, ["/test-box:routes/route[prefix='p1']", '/test-box:box']])
  await edit(named('two') + deleted('p1'), { by: bob })
  const refused = await refusal(datastores.commit(bob))
  t.deepEqual(heads(refused).toSorted(), [
    ['in-use', 'locked', '/test-box:box'],
    ['in-use', 'locked', route],
  ])
  t.regex(refused.message, /session 1 holds a partial lock/)
  t.deepEqual(heads(await refusal(datastores.rehearse(bob, {}, 10))).length, 2)
  t.regex(await text('candidate'), /<name>two</)
  t.regex(await text('running'), /<name>one</)
  await datastores.partialUnlock(alice, granted.id)
  t.is((await datastores.commit(bob))?.number, 2)
})

test('what is beside a lock can be changed, and its holder can change all', async (t) => {
  const { datastores, edit } = await filled(await openBench(t, context))
  await datastores.partialLock(alice, select('/tb:routes/tb:route'))
  await edit(named('two') + routes(3, 1), { by: bob })
  t.is((await datastores.commit(bob))?.number, 2, 'a new entry is in no scope')
  await edit(deleted('p1'), { by: bob })
  await refusal(datastores.commit(bob))
  t.is((await datastores.commit(alice))?.number, 3)
  t.deepEqual((await datastores.locks()).partial[0]?.nodes, ["/test-box:routes/route[prefix='p2']"])
  await edit(routes(1, 1), { by: bob })
  t.is((await datastores.commit(bob))?.number, 4, 'what its holder deleted anyone can make again')
  await edit(deleted('p1'), { by: bob })
  t.is((await datastores.commit(bob))?.number, 5, 'and it is not locked again')
})

test('a partial lock and the lock of running exclude each other, in one session too', async (t) => {
  const { datastores } = await filled(await openBench(t, context))
  const { id } = await datastores.partialLock(alice, select('/tb:box'))
  for (const requester of [alice, bob]) {
    const [error] = (await refusal(datastores.lock(requester, 'running'))).errors
    t.like(error, { tag: 'lock-denied', info: { 'session-id': '1' } })
  }
  await datastores.lock(bob, 'candidate')
  await datastores.unlock(bob, 'candidate')
  await datastores.partialUnlock(alice, id)
  await datastores.lock(alice, 'running')
  for (const requester of [alice, bob]) {
    const [error] = (await refusal(datastores.partialLock(requester, select('/tb:box')))).errors
    t.like(error, { tag: 'lock-denied', info: { 'session-id': '1' } })
  }
})

test('locks of several sessions do not overlap; a session has several, each with a number of its own', async (t) => {
  const { datastores } = await filled(await openBench(t, context))
  const one = await datastores.partialLock(alice, select('/tb:routes'))
  const two = await datastores.partialLock(alice, select('//tb:route'))
  t.not(one.id, two.id)
  const [error] = (
    await refusal(datastores.partialLock(bob, select('/tb:box', "//tb:route[tb:prefix='p2']")))
  ).errors
  t.like(error, {
    tag: 'lock-denied',
    info: { 'session-id': '1' },
    path: "/test-box:routes/route[prefix='p2']",
  })
  const three = await datastores.partialLock(bob, select('/tb:box'))
  t.like((await refusal(datastores.partialUnlock(alice, three.id))).errors[0], { tag: 'invalid-value' })
  t.like((await refusal(datastores.partialUnlock(alice, 99))).errors[0], { tag: 'invalid-value' })
  await datastores.release(1)
  t.deepEqual(
    (await datastores.locks()).partial.map(({ id, session }) => [id, session]),
    [[three.id, 2]],
  )
  await datastores.partialLock(bob, select('/tb:routes'))
})

test('no partial lock while a confirmed commit waits; nobody else takes back what its holder has locked', async (t) => {
  const { datastores, edit } = await filled(await openBench(t, context))
  await datastores.partialLock(bob, select('/tb:box'))
  await edit(named('trial'), { by: bob })
  await datastores.commit(bob, { confirmed: { persist: 'token' } })
  for (const requester of [alice, bob])
    t.deepEqual(heads(await refusal(datastores.partialLock(requester, select('/tb:routes')))), [
      ['in-use', 'outstanding-confirmed-commit', undefined],
    ])
  t.deepEqual(heads(await refusal(datastores.cancelCommit(alice, 'token'))), [
    ['in-use', 'locked', '/test-box:box'],
  ])
  await datastores.cancelCommit(bob, 'token')
  await datastores.partialLock(alice, select('/tb:routes'))
})

/** A commit of `by` that is being carried out until `end`. */
async function commitGoingOn({ datastores, stage }: Bench, by: typeof alice) {
  let planned = (): void => undefined
  const going = new Promise<void>((resolve) => (planned = resolve))
  let end = (): void => undefined
  const held = new Promise<void>((resolve) => (end = resolve))
  stage.prepare = async () => {
    planned()
    await held
    return { apply: async () => undefined, abort: async () => undefined }
  }
  const committing = datastores.commit(by)
  await going
  return { committing, end }
}

test('what is held is refused while a commit goes on', async (t) => {
  const bench = await filled(await openBench(t, context))
  const { datastores, edit } = bench
  await datastores.lock(alice, 'candidate')
  await datastores.partialLock(alice, select('/tb:box'))
  await edit(routes(5, 1))
  const { committing, end } = await commitGoingOn(bench, alice)
  t.like((await refusal(datastores.lock(bob, 'candidate'))).errors[0], { tag: 'lock-denied' })
  t.like((await refusal(datastores.lock(bob, 'running'))).errors[0], { tag: 'lock-denied' })
  t.like((await refusal(datastores.partialLock(bob, select('/tb:box/tb:name')))).errors[0], {
    tag: 'lock-denied',
  })
  end()
  t.is((await committing)?.number, 2)
})

test("what a session held is free at once when it ends, while another's commit goes on", async (t) => {
  const bench = await filled(await openBench(t, context))
  const { datastores, edit } = bench
  await datastores.partialLock(bob, select('/tb:box'))
  await edit(routes(5, 1))
  const { committing, end } = await commitGoingOn(bench, alice)
  const ended = datastores.release(bob.session)
  t.deepEqual(await datastores.locks(), { datastores: [], partial: [] })
  end()
  t.is((await committing)?.number, 2)
  await ended
  await datastores.lock(alice, 'running')
})
