import test from 'ava'
import type { Context } from 'libyang-js'
import type { Datastores } from '../../datastore/index.js'
import {
  alice,
  bob,
  box,
  controller,
  named,
  openBench,
  openContext,
  refusal,
  routes,
  step,
  type Bench,
} from './support.js'

let context: Context
test.before(async () => {
  context = await openContext()
})

const nc = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"'

/** Of lists that the system orders, the order says nothing. */
const sorted = (xml: string): string =>
  xml.replace(/<route>.*<\/route>/, (entries) =>
    entries
      .split(/(?<=<\/route>)/)
      .toSorted()
      .join(''),
  )

/** Commits each text, and resolves with what running was before and after each. */
async function commits(
  { datastores, edit, text }: Bench,
  ...texts: readonly string[]
): Promise<[string, string, string, ...string[]]> {
  const states: string[] = [sorted(await text('running'))]
  for (const xml of texts) {
    await edit(xml)
    await datastores.commit(alice)
    states.push(sorted(await text('running')))
  }
  return states as [string, string, string, ...string[]]
}

const turbulent = [
  box('<name>one</name><port><name>a</name></port><order>1</order><order>2</order>'),
  box('<mtu>9000</mtu><port><name>b</name><enabled>false</enabled></port><primary>a</primary>'),
  box(
    `<order xmlns:yang="urn:ietf:params:xml:ns:yang:1" yang:insert="first">0</order><order ${nc} nc:operation="delete">2</order>`,
  ),
  box(
    `<name>four</name><port ${nc} nc:operation="delete"><name>b</name></port><mtu ${nc} nc:operation="delete"/>`,
  ),
  routes(1, 50),
  `<routes xmlns="urn:weft:test:box" ${nc} nc:operation="delete"/>`,
  box(`<port><name>c</name></port>`) + routes(7, 2),
]

test('rollback loads any earlier state, and the commit of it is one more commit', async (t) => {
  const bench = await openBench(t, context)
  const { datastores, edit, text } = bench
  const states = await commits(bench, ...turbulent)
  for (const [number, state] of states.entries()) {
    await edit(named('pending, and replaced'))
    t.is(await datastores.rollback(alice, { commit: number }), number)
    t.is(sorted(await text('candidate')), state, `the state after commit ${number}`)
    t.is(sorted(await text('running')), last(states))
  }
  await datastores.rollback(alice, { commit: 2 })
  t.is((await datastores.commit(alice))?.number, states.length)
  t.is(await text('running'), states[2])
  t.is(await datastores.rollback(alice, { back: 1 }), states.length - 1)
  t.is(sorted(await text('candidate')), last(states))
  t.is(await datastores.rollback(alice, { back: 0 }), states.length)
  t.is(sorted(await text('candidate')), states[2])
  t.is(await datastores.commit(alice), undefined)
})

test('a rollback can be edited further, discarded, and is validated with the commit', async (t) => {
  const bench = await openBench(t, context)
  const { datastores, edit, text } = bench
  const states = await commits(bench, ...turbulent)
  await datastores.rollback(alice, { commit: 2 })
  await edit(box(`<port ${nc} nc:operation="delete"><name>a</name></port>`))
  t.regex((await refusal(datastores.commit(alice))).message, /primary/)
  await datastores.discard(alice)
  t.is(sorted(await text('candidate')), last(states))
  t.is(await datastores.commit(alice), undefined)
})

test('after a restart all earlier states are there', async (t) => {
  const bench = await openBench(t, context)
  const states = await commits(bench, ...turbulent)
  await bench.datastores[Symbol.asyncDispose]()
  const { datastores, text } = await openBench(t, context, { directory: bench.directory })
  for (const [number, state] of states.entries()) {
    await datastores.rollback(alice, { commit: number })
    t.is(sorted(await text('candidate')), state)
  }
})

test('a state that does not exist is refused, and pending changes stay', async (t) => {
  const bench = await openBench(t, context)
  const { datastores, edit, text } = bench
  t.regex((await refusal(datastores.rollback(alice, { commit: 1 }))).message, /nothing has been committed/)
  await commits(bench, named('one'), named('two'))
  await edit(named('pending'))
  const [error] = (await refusal(datastores.rollback(alice, { commit: 3 }))).errors
  t.like(error, { tag: 'invalid-value', message: 'there is no commit 3; the last one is 2' })
  t.regex((await refusal(datastores.rollback(alice, { back: 3 }))).message, /there are 2 commits to go back/)
  t.regex(await text('candidate'), /pending/)
  await datastores.discard(alice)
  await datastores.lock(bob, 'candidate')
  t.is((await refusal(datastores.rollback(alice, { back: 1 }))).errors[0]?.tag, 'in-use')
})

test('a state that is no longer kept is refused, and the error names the oldest that is', async (t) => {
  const storage = { snapshotOctets: 1, snapshotPause: 0, history: { commits: 2 } }
  const bench = await openBench(t, context, { storage })
  const states: string[] = ['']
  while ((await all(bench.datastores)).length === states.length - 1)
    states.push((await commits(bench, named(`n${states.length}`)))[1])
  await bench.datastores[Symbol.asyncDispose]()
  const { datastores, text } = await openBench(t, context, { directory: bench.directory })
  const oldest = ((await all(datastores)).at(-1)?.number ?? 0) - 1
  const [error] = (await refusal(datastores.rollback(alice, { commit: 0 }))).errors
  t.like(error, {
    tag: 'invalid-value',
    message: `the state after commit 0 is not kept; the next one that is kept is that after commit ${oldest}`,
  })
  t.is((await refusal(datastores.compare(0, 'running', 1))).errors[0]?.tag, 'invalid-value')
  await datastores.rollback(alice, { commit: oldest })
  t.is(sorted(await text('candidate')), states[oldest] ?? 'none')
})

test('compare tells what differs between any two states', async (t) => {
  const bench = await openBench(t, context)
  const { datastores, edit } = bench
  await commits(bench, ...turbulent)
  const lines = async (from: number | 'candidate' | 'running', to: number | 'candidate' | 'running') =>
    (await datastores.compare(from, to, 100)).lines
  t.deepEqual(await lines('running', 'candidate'), [])
  t.deepEqual(await lines(7, 'running'), [])
  t.deepEqual(await lines(4, 6), [], 'what came and went between them is not told')
  t.deepEqual(await lines(1, 2), [
    '~ /test-box:box/mtu 1500 (default) → 9000',
    "+ /test-box:box/port[name='b']",
    "+ /test-box:box/port[name='b']/enabled = false",
    '+ /test-box:box/primary = a',
  ])
  t.deepEqual(await lines(2, 1), [
    '- /test-box:box/primary',
    "- /test-box:box/port[name='b']",
    '~ /test-box:box/mtu 9000 → 1500 (default)',
  ])
  await edit(named('edited'))
  t.deepEqual(await lines('running', 'candidate'), ['~ /test-box:box/name four → edited'])
  t.deepEqual(await lines('candidate', 'running'), ['~ /test-box:box/name edited → four'])
  t.deepEqual(await lines('candidate', 'candidate'), [])
  t.true((await lines(0, 'candidate')).includes('+ /test-box:box/name = edited'))
  t.true((await lines('candidate', 0)).includes('- /test-box:box/name'))
  const short = await datastores.compare(4, 5, 10)
  t.is(short.lines.length, 10)
  t.true(short.more)
  const [error] = (await refusal(datastores.compare(9, 'running', 10))).errors
  t.is(error?.tag, 'invalid-value')
  t.is((await datastores.commit(alice))?.number, 8, 'comparing changes nothing')
})

test('a dry run tells number, difference and steps, and carries nothing out', async (t) => {
  const events: string[] = []
  const ports = controller('ports', {
    plan: async () => ({
      steps: [step('delete', 'delete port a'), step('create', 'make port b')],
      adopt: () => void events.push('adopted'),
      abandon: () => void events.push('abandoned'),
    }),
  })
  const { datastores, edit, text, stage } = await openBench(t, context, { controllers: [ports] })
  const empty = await datastores.rehearse(alice, {}, 10)
  t.deepEqual(empty, { number: undefined, difference: { lines: [], more: false }, steps: [] })
  await edit(named('one'))
  const rehearsal = await datastores.rehearse(alice, { comment: 'x' }, 10)
  t.is(rehearsal.number, 1)
  t.deepEqual(rehearsal.difference.lines, ['+ /test-box:box/name = one'])
  t.deepEqual(
    rehearsal.steps.map(({ summary }) => summary),
    ['make port b', 'delete port a'],
  )
  t.deepEqual(events, ['abandoned'])
  t.deepEqual(stage.events, [])
  t.is(await text('running'), '')
  t.is(datastores.head, undefined)
  await edit(box('<primary>nowhere</primary>'))
  t.is((await refusal(datastores.rehearse(alice, {}, 10))).errors[0]?.appTag, 'instance-required')
})

test('history tells every commit with its size, the newest first', async (t) => {
  const bench = await openBench(t, context, { clock: () => 1_700_000_000_000 })
  const { datastores, edit } = bench
  await edit(routes(1, 100))
  await datastores.commit(alice, { comment: 'many' })
  await edit(named('one'))
  await datastores.commit(bob)
  const records = await all(datastores)
  t.like(records[0], { number: 2, user: 'bob', session: 2, comment: '', time: 1_700_000_000_000 })
  t.like(records[1], { number: 1, user: 'alice', session: 1, comment: 'many' })
  t.true((records[1]?.size ?? 0) > 10 * (records[0]?.size ?? 0))
})

const last = (states: readonly string[]): string => states[states.length - 1] as string

async function all(datastores: Datastores<string>) {
  const records = []
  for await (const record of datastores.history()) records.push(record)
  return records
}
