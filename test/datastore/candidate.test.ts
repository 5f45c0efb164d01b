import test from 'ava'
import type { Context, Journal } from 'libyang-js'
import { Candidate } from '../../datastore/candidate.js'
import { Trees } from '../../datastore/trees.js'
import { alice, bob, box, controller, MemoryLog, named, openBench, openContext, refusal } from './support.js'

let context: Context
test.before(async () => {
  context = await openContext()
})

test('an edit is seen in candidate, and in running only after the commit', async (t) => {
  const { datastores, edit, text } = await openBench(t, context)
  t.is(datastores.head, undefined)
  await edit(named('one'))
  t.regex(await text('candidate'), /<name>one<\/name>/)
  t.is(await text('running'), '')
  const commit = await datastores.commit(alice, { comment: 'first' })
  t.like(commit, { number: 1, user: 'alice', session: 1, comment: 'first', previousHash: '' })
  t.deepEqual(datastores.head, commit)
  t.regex(await text('running'), /<name>one<\/name>/)
  t.is(await text('candidate'), await text('running'))
})

test('each commit edits the tree that was running before, brought up to date', async (t) => {
  const { datastores, edit, text } = await openBench(t, context)
  for (let number = 1; number <= 6; number++) {
    await edit(box(`<name>n${number}</name><port><name>p${number}</name></port>`))
    t.is((await datastores.commit(alice))?.number, number)
    const running = await text('running')
    t.regex(running, new RegExp(`<name>n${number}</name>`))
    for (let port = 1; port <= number; port++) t.true(running.includes(`<port><name>p${port}</name>`))
    t.is(await text('candidate'), running)
  }
  const numbers = []
  for await (const { number } of datastores.history()) numbers.push(number)
  t.deepEqual(numbers, [6, 5, 4, 3, 2, 1])
})

test('a commit without a net change answers without a record', async (t) => {
  const { datastores, edit } = await openBench(t, context)
  t.is(await datastores.commit(alice), undefined)
  await edit(named('one'))
  await edit(box('<name xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"/>'))
  t.is(await datastores.commit(alice), undefined)
  t.is(datastores.head, undefined)
})

test('discard takes back all that is not committed, in any number of edits', async (t) => {
  const { datastores, edit, text } = await openBench(t, context)
  await edit(box('<name>kept</name><port><name>a</name></port><order>1</order><order>2</order>'))
  await datastores.commit(alice)
  const before = await text('running')
  await edit(box('<name>other</name><port><name>b</name></port>'))
  await edit(
    box(`<port xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"><name>a</name></port>
         <order xmlns:yang="urn:ietf:params:xml:ns:yang:1" yang:insert="first">0</order>`),
  )
  t.not(await text('candidate'), before)
  await datastores.discard(alice)
  t.is(await text('candidate'), before)
  t.is(await datastores.commit(alice), undefined)
})

test('running as the target of an edit or a copy is refused', async (t) => {
  const { datastores } = await openBench(t, context)
  using config = context.fragment(named('one'))
  const options = { defaultOperation: 'merge', errorOption: 'stop-on-error', testOption: 'set' } as const
  const edit = await refusal(datastores.edit(alice, 'running', config, options))
  t.is(edit.errors[0]?.tag, 'operation-not-supported')
  const copy = await refusal(datastores.copy(alice, 'running', 'candidate'))
  t.is(copy.errors[0]?.tag, 'operation-not-supported')
  const same = await refusal(datastores.copy(alice, 'candidate', 'candidate'))
  t.is(same.errors[0]?.tag, 'invalid-value')
})

test('an edit with an unknown leaf names it and leaves candidate as it was', async (t) => {
  const { edit, text } = await openBench(t, context)
  await edit(named('one'))
  const error = await refusal(edit(box('<name>two</name><nmae>three</nmae>')))
  t.is(error.errors[0]?.tag, 'unknown-element')
  t.regex(error.message, /nmae/)
  t.regex(await text('candidate'), /<name>one<\/name>/)
})

test('continue-on-error keeps what was right and reports every error', async (t) => {
  const { edit, text } = await openBench(t, context)
  const xml =
    box(`<port xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"><name>x</name></port>
    <port><name>y</name></port>
    <port xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"><name>z</name></port>`)
  const error = await refusal(edit(xml, { errorOption: 'continue-on-error' }))
  t.deepEqual(
    error.errors.map(({ tag }) => tag),
    ['data-missing', 'data-missing'],
  )
  t.regex(await text('candidate'), /<port><name>y<\/name>/)
})

test('test-then-set refuses what is invalid, set takes it, test-only keeps nothing', async (t) => {
  const { datastores, edit, text } = await openBench(t, context)
  const dangling = box('<primary>nowhere</primary>')
  const error = await refusal(edit(dangling, { testOption: 'test-then-set' }))
  t.regex(error.message, /primary/)
  t.is(await text('candidate'), '')
  await edit(named('one'), { testOption: 'test-only' })
  t.is(await text('candidate'), '')
  t.is(await datastores.commit(alice), undefined)
  await edit(dangling)
  t.regex(await text('candidate'), /nowhere/)
  const refused = await refusal(datastores.commit(alice))
  t.is(refused.errors[0]?.appTag, 'instance-required')
  t.is(datastores.head, undefined)
  t.regex(await text('candidate'), /nowhere/, 'a refused commit leaves the candidate as it was')
  await edit(box('<port><name>nowhere</name></port>'))
  t.is((await datastores.commit(alice))?.number, 1)
})

test('a copy replaces all of candidate', async (t) => {
  const { datastores, edit, text } = await openBench(t, context)
  await edit(box('<name>one</name><port><name>a</name></port>'))
  await edit(
    '<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"/><routes xmlns="urn:weft:test:box"><route><prefix>p</prefix></route></routes>',
  )
  await datastores.commit(alice)
  using config = context.fragment(named('two'))
  await datastores.copy(alice, 'candidate', config)
  const candidate = await text('candidate')
  t.regex(candidate, /<name>two<\/name>/)
  t.notRegex(candidate, /<port>|<route>/)
  await datastores.copy(alice, 'candidate', 'running')
  t.is(await text('candidate'), await text('running'))
})

test('validate judges candidate, running and a given configuration', async (t) => {
  const { datastores, edit } = await openBench(t, context)
  await datastores.validate(alice, 'running')
  await edit(box('<primary>nowhere</primary>'))
  t.regex((await refusal(datastores.validate(alice, 'candidate'))).message, /nowhere/)
  using good = context.fragment(box('<primary>a</primary><port><name>a</name></port>'))
  await datastores.validate(alice, good)
  using bad = context.fragment(box('<primary>b</primary><port><name>a</name></port>'))
  t.is((await refusal(datastores.validate(alice, bad))).errors[0]?.appTag, 'instance-required')
  using unknown = context.fragment(box('<mtu>9</mtu>'))
  t.is((await refusal(datastores.validate(alice, unknown))).errors[0]?.tag, 'invalid-value')
})

test('what a controller hashes is never journaled in clear, and an edit it refuses is taken back', async (t) => {
  const journaled: string[] = []
  const users = controller('users', {
    claims: ['/test-box:box/user'],
    async normalize(tree, journal) {
      for (const path of await tree.find("/test-box:box/user/password[starts-with(., '$0$')]")) {
        const clear = (await tree.value(path)) ?? ''
        if (clear.length < 6) throw new Error(`${path}: a password needs 3 characters`)
        await tree.set(path, `$5$${Buffer.from(clear).toString('hex')}`, journal)
      }
    },
  })
  const { datastores, edit, text, directory } = await openBench(t, context, { controllers: [users] })
  datastores.on('commit', async (_commit, changes) => void journaled.push(...(await changes.describe(100))))
  const user = (name: string, password: string) =>
    box(`<user><name>${name}</name><password>${password}</password></user>`)
  await edit(user('u', '$0$horsebattery'))
  t.notRegex(await text('candidate'), /horsebattery/)
  await edit(user('u', '$0$staplecorrect'))
  const error = await refusal(edit(user('v', '$0$x')))
  t.regex(error.message, /needs 3 characters/)
  t.notRegex(await text('candidate'), /<name>v</)
  await datastores.commit(alice)
  await datastores[Symbol.asyncDispose]()
  t.true(journaled.some((line) => line.includes('$5$')))
  t.notRegex(journaled.join('\n'), /horse|staple/)
  const { execFileSync } = await import('node:child_process')
  t.throws(
    () => execFileSync('grep', ['-rqaE', 'horsebattery|staplecorrect', directory]),
    undefined,
    'nothing found',
  )
})

test('edits and commits of many sessions are carried out in the order of their calls', async (t) => {
  const { datastores, edit, text } = await openBench(t, context)
  const work: Promise<unknown>[] = []
  for (let index = 0; index < 30; index++) {
    const by = index % 2 ? alice : bob
    work.push(edit(box(`<name>n${index}</name><order>${index}</order>`), { by }))
    if (index % 3 === 2) work.push(datastores.commit(by))
  }
  await Promise.all(work)
  t.is(datastores.head?.number, 10)
  const order = [...(await text('running')).matchAll(/<order>(\d+)</g)].map(([, value]) => Number(value))
  t.deepEqual(
    order,
    Array.from({ length: 30 }, (_, index) => index),
  )
})

test('what is to take the place of the pending changes and does not fit leaves them as they are', async (t) => {
  const log = new MemoryLog()
  await using trees = new Trees(context.tree(), Promise.resolve(context.tree()), log)
  using candidate = new Candidate(context, trees, [], log, 1000)
  using pending = context.fragment(named('pending'))
  const options = { defaultOperation: 'merge', errorOption: 'rollback-on-error', testOption: 'set' } as const
  await candidate.edit(pending, options)
  const earlier = async function* (): AsyncGenerator<Journal> {
    using elsewhere = context.tree()
    using fitting = context.journal()
    await elsewhere.set('/test-box:box/mtu', '9000', fitting)
    yield fitting
    using lost = context.journal()
    await elsewhere.set('/test-box:box/name', 'there', lost)
    using unfit = context.journal()
    await elsewhere.remove('/test-box:box/name', unfit)
    yield unfit
  }
  await t.throwsAsync(candidate.replace(earlier()), { message: /does not fit/ })
  using lease = await trees.read('candidate')
  t.is(await lease.tree.value('/test-box:box/name'), 'pending')
  t.is(await lease.tree.value('/test-box:box/mtu'), '1500')
  t.deepEqual(log.alarms, [])
})
