import test from 'ava'
import type { Context } from 'libyang-js'
import type { DatastoreOptions, Timers } from '../../datastore/index.js'
import {
  alice,
  bob,
  box,
  controller,
  named,
  openBench,
  openContext,
  refusal,
  temporaryFolder,
  type Bench,
  type Cleanup,
} from './support.js'

let context: Context
test.before(async () => {
  context = await openContext()
})

/** A clock that moves when it is told to, and what waits for it. */
class Clock implements Timers {
  now = 1_700_000_000_000
  readonly #waiting = new Set<{ readonly at: number; readonly task: () => void }>()

  after(milliseconds: number, task: () => void): Disposable {
    const entry = { at: this.now + milliseconds, task }
    this.#waiting.add(entry)
    return { [Symbol.dispose]: () => void this.#waiting.delete(entry) }
  }

  get armed(): number {
    return this.#waiting.size
  }

  pass(seconds: number): void {
    this.now += seconds * 1000
    for (const entry of this.#waiting) {
      if (entry.at > this.now) continue
      this.#waiting.delete(entry)
      entry.task()
    }
  }
}

interface Timed extends Bench {
  readonly clock: Clock
}

async function open(
  t: Cleanup,
  options: Partial<DatastoreOptions<object, string>> = {},
  clock = new Clock(),
): Promise<Timed> {
  const bench = await openBench(t, context, {
    clock: () => clock.now,
    timers: clock,
    boot: 'one',
    ...options,
  })
  return { ...bench, clock }
}

async function commit({ datastores, edit }: Bench, xml: string, options = {}, by = alice) {
  await edit(xml, { by })
  return await datastores.commit(by, options)
}

/** What goes on among writers has come to its end. */
const settled = ({ datastores }: Bench) =>
  refusal(datastores.unlock({ session: 99, user: 'nobody' }, 'running'))

async function records({ datastores }: Bench) {
  const list = []
  for await (const { number, user, session, comment } of datastores.history())
    list.push({ number, user, session, comment })
  return list
}

test('a confirmed commit that nobody confirms is taken back in time, by a commit of its own', async (t) => {
  const bench = await open(t)
  const { datastores, text, clock, log } = bench
  await commit(bench, named('good'))
  const before = await text('running')
  t.is((await commit(bench, named('bad'), { confirmed: { timeoutSeconds: 60 } }))?.number, 2)
  t.deepEqual(datastores.confirmation, {
    base: 1,
    user: 'alice',
    session: 1,
    persist: false,
    secondsLeft: 60,
  })
  clock.pass(59)
  await settled(bench)
  t.regex(await text('running'), /bad/)
  t.is(datastores.confirmation?.secondsLeft, 1)
  clock.pass(1)
  await settled(bench)
  t.is(await text('running'), before)
  t.is(await text('candidate'), before)
  t.is(datastores.confirmation, undefined)
  t.is(clock.armed, 0)
  t.like((await records(bench))[0], {
    number: 3,
    user: 'weftd',
    session: 0,
    comment: 'takes back what alice committed after commit 1: it was not confirmed in time',
  })
  t.regex(log.lines.join('\n'), /warn running is what it was after commit 1 again/)
})

test('a confirming commit makes it permanent, with changes of its own or without', async (t) => {
  const bench = await open(t)
  const { datastores, text, clock } = bench
  await commit(bench, named('one'), { confirmed: {} })
  t.is(datastores.confirmation?.secondsLeft, 600)
  t.is(await datastores.commit(alice), undefined)
  t.is(datastores.confirmation, undefined)
  await commit(bench, named('two'), { confirmed: {} })
  t.is((await commit(bench, named('three')))?.number, 3)
  clock.pass(10_000)
  await settled(bench)
  t.regex(await text('running'), /three/)
  t.is(clock.armed, 0)
})

test('a second confirmed commit sets the timer anew and leaves the base where it is', async (t) => {
  const bench = await open(t)
  const { datastores, text, clock } = bench
  await commit(bench, named('good'))
  await commit(bench, named('bad'), { confirmed: { timeoutSeconds: 60 } })
  clock.pass(50)
  await commit(bench, box('<port><name>worse</name></port>'), { confirmed: { timeoutSeconds: 100 } })
  await datastores.commit(alice, { confirmed: { timeoutSeconds: 100 } })
  t.like(datastores.confirmation, { base: 1, secondsLeft: 100 })
  clock.pass(99)
  await settled(bench)
  t.regex(await text('running'), /worse/)
  clock.pass(1)
  await settled(bench)
  t.regex(await text('running'), /good/)
  t.notRegex(await text('running'), /worse/)
  t.is(datastores.head?.number, 4)
})

test('without a token only its session confirms and cancels, and its end takes it back at once', async (t) => {
  const bench = await open(t)
  const { datastores, edit, text, clock } = bench
  await commit(bench, named('good'))
  await commit(bench, named('bad'), { confirmed: {} })
  await edit(box('<port><name>pending</name></port>'), { by: bob })
  for (const work of [
    datastores.commit(bob),
    datastores.commit(bob, { confirmed: {} }),
    datastores.cancelCommit(bob),
    datastores.rehearse(bob, {}, 10),
  ]) {
    const [error] = (await refusal(work)).errors
    t.is(error?.tag, 'in-use')
    t.regex(error?.message ?? '', /session 1 alone can confirm or cancel/)
  }
  t.is((await refusal(datastores.commit(bob, { persistId: 'x' }))).errors[0]?.tag, 'invalid-value')
  const [denied] = (await refusal(datastores.lock(bob, 'running'))).errors
  t.like(denied, { tag: 'lock-denied', info: { 'session-id': '1' } })
  await datastores.lock(alice, 'running')
  await datastores.release(2)
  t.regex(await text('running'), /bad/, "another's end takes nothing back")
  await datastores.release(1)
  t.regex(await text('running'), /good/)
  t.is(clock.armed, 0)
  t.regex((await records(bench))[0]?.comment ?? '', /session 1 ended before it confirmed/)
  await datastores.lock(bob, 'running')
  t.is((await datastores.commit(bob))?.number, 4)
})

test('with a token any session confirms, prolongs and cancels that gives it', async (t) => {
  const bench = await open(t)
  const { datastores, text, clock } = bench
  await commit(bench, named('good'))
  await commit(bench, named('bad'), { confirmed: { timeoutSeconds: 60, persist: 'secret' } })
  t.deepEqual(datastores.confirmation, { base: 1, user: 'alice', persist: true, secondsLeft: 60 })
  await datastores.release(1)
  t.regex(await text('running'), /bad/)
  for (const by of [alice, bob]) {
    t.is((await refusal(datastores.commit(by))).errors[0]?.tag, 'in-use')
    t.is((await refusal(datastores.commit(by, { persistId: 'other' }))).errors[0]?.tag, 'invalid-value')
    t.is((await refusal(datastores.cancelCommit(by, 'other'))).errors[0]?.tag, 'invalid-value')
  }
  clock.pass(30)
  await datastores.commit(bob, { persistId: 'secret', confirmed: { timeoutSeconds: 60 } })
  t.like(datastores.confirmation, { base: 1, user: 'bob', persist: true, secondsLeft: 60 })
  await datastores.commit(bob, { persistId: 'secret', confirmed: { persist: 'new' } })
  t.is((await refusal(datastores.cancelCommit(bob, 'secret'))).errors[0]?.tag, 'invalid-value')
  await datastores.cancelCommit(bob, 'new')
  t.regex(await text('running'), /good/)
  t.like((await records(bench))[0], {
    user: 'bob',
    session: 2,
    comment: 'takes back what bob committed after commit 1: it was cancelled',
  })
  t.regex((await refusal(datastores.cancelCommit(bob))).message, /no confirmed commit to cancel/)
  t.regex((await refusal(datastores.commit(bob, { persistId: 'new' }))).message, /none is pending/)
  await commit(bench, named('better'), { confirmed: { persist: 'again' } })
  await datastores.commit(bob, { persistId: 'again' })
  clock.pass(1000)
  await settled(bench)
  t.regex(await text('running'), /better/)
})

test('a candidate with changes keeps its contents when running is taken back under it', async (t) => {
  const bench = await open(t)
  const { datastores, edit, text, clock } = bench
  await commit(bench, box('<name>good</name><order>1</order><order>2</order>'))
  const before = await text('running')
  await commit(bench, box('<mtu>9000</mtu><port><name>a</name></port>'), { confirmed: { timeoutSeconds: 1 } })
  await edit(box('<primary>a</primary><order>3</order>'))
  const contents = await text('candidate')
  clock.pass(1)
  await settled(bench)
  t.is(await text('running'), before)
  t.is(await text('candidate'), contents)
  t.deepEqual((await datastores.compare('running', 'candidate', 10)).lines.toSorted(), [
    "+ /test-box:box/order[.='3']",
    "+ /test-box:box/port[name='a']",
    '+ /test-box:box/primary = a',
    '~ /test-box:box/mtu 1500 (default) → 9000',
  ])
  t.is((await datastores.commit(alice))?.number, 4)
  t.is(await text('running'), contents)
  await edit(named('x'))
  await datastores.discard(alice)
  t.is(await text('candidate'), contents)
})

test('the timer and the base survive a restart; what ran out meanwhile is taken back before anything is served', async (t) => {
  const directory = await temporaryFolder(t)
  const clock = new Clock()
  const first = await open(t, { directory }, clock)
  await commit(first, named('good'))
  await commit(first, named('bad'), { confirmed: { timeoutSeconds: 60, persist: 'secret' } })
  await first.datastores[Symbol.asyncDispose]()
  t.is(clock.armed, 0)
  clock.pass(20)
  const second = await open(t, { directory }, clock)
  t.deepEqual(second.datastores.confirmation, { base: 1, user: 'alice', persist: true, secondsLeft: 40 })
  t.is((await refusal(second.datastores.commit(alice))).errors[0]?.tag, 'in-use')
  await second.datastores.commit(bob, { persistId: 'secret', confirmed: { timeoutSeconds: 30 } })
  await second.datastores[Symbol.asyncDispose]()
  clock.pass(29)
  const third = await open(t, { directory }, clock)
  t.regex(await third.text('running'), /bad/)
  clock.pass(1)
  await settled(third)
  t.regex(await third.text('running'), /good/)
  await commit(third, named('worse'), { confirmed: { timeoutSeconds: 60, persist: 'secret' } })
  await third.datastores[Symbol.asyncDispose]()
  clock.pass(61)
  const fourth = await open(t, { directory }, clock)
  t.regex(await fourth.text('running'), /good/)
  t.is(fourth.datastores.confirmation, undefined)
  t.is(
    (await records(fourth))[0]?.comment,
    'takes back what alice committed after commit 3: it was not confirmed in time',
  )
  await fourth.datastores[Symbol.asyncDispose]()
  t.regex(await (await open(t, { directory }, clock)).text('running'), /good/)
})

test('a restart takes back what has no token, and a new start of the machine all that is not confirmed', async (t) => {
  const directory = await temporaryFolder(t)
  const first = await open(t, { directory })
  await commit(first, named('good'))
  await commit(first, named('bad'), { confirmed: {} })
  await first.datastores[Symbol.asyncDispose]()
  const second = await open(t, { directory })
  t.regex(await second.text('running'), /good/)
  t.is(await second.text('candidate'), await second.text('running'))
  t.regex((await records(second))[0]?.comment ?? '', /the restart ended session 1/)
  await commit(second, named('bad'), { confirmed: { persist: 'secret' } })
  await second.datastores[Symbol.asyncDispose]()
  const third = await open(t, { directory, boot: 'two' })
  t.regex(await third.text('running'), /good/)
  t.regex((await records(third))[0]?.comment ?? '', /the machine was started anew/)
  await commit(third, named('better'), { confirmed: { persist: 'secret' } })
  await third.datastores.commit(bob, { persistId: 'secret' })
  await third.datastores[Symbol.asyncDispose]()
  t.regex(await (await open(t, { directory, boot: 'three' })).text('running'), /better/)
})

test('what cannot be taken back at once is tried again, and operators are told', async (t) => {
  const bench = await open(t)
  const { datastores, text, stage, clock, log } = bench
  await commit(bench, named('good'))
  await commit(bench, named('bad'), { confirmed: { timeoutSeconds: 5 } })
  stage.refuse = new Error('member 0 is out of memory')
  clock.pass(5)
  await settled(bench)
  t.regex(await text('running'), /bad/)
  t.is(datastores.confirmation?.failure, 'member 0 is out of memory')
  t.regex(log.alarms.join('\n'), /could not be taken back .* member 0 is out of memory/)
  stage.refuse = undefined
  clock.pass(10)
  await settled(bench)
  t.regex(await text('running'), /good/)
  t.is(datastores.confirmation, undefined)
})

test('what is needed to take it back is kept, however little history is asked for', async (t) => {
  const storage = { snapshotOctets: 1, snapshotPause: 0, history: { commits: 1 } }
  const directory = await temporaryFolder(t)
  const bench = await open(t, { directory, storage })
  await commit(bench, named('good'))
  for (let count = 0; count < 10; count++) {
    await commit(bench, box(`<port><name>p${count}</name></port>`), { confirmed: {} })
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await bench.datastores[Symbol.asyncDispose]()
  const again = await open(t, { directory, storage })
  t.regex(await again.text('running'), /good/)
  t.notRegex(await again.text('running'), /port/)
  t.deepEqual(again.log.alarms, [])
})

test('a refused confirmed commit starts no timer and ends none', async (t) => {
  const bench = await open(t)
  const { datastores, edit, text, clock } = bench
  await edit(box('<primary>nowhere</primary>'))
  await refusal(datastores.commit(alice, { confirmed: {} }))
  t.is(datastores.confirmation, undefined)
  t.is(clock.armed, 0)
  await datastores.discard(alice)
  await commit(bench, named('bad'), { confirmed: { timeoutSeconds: 60 } })
  await edit(box('<primary>nowhere</primary>'))
  await refusal(datastores.commit(alice))
  t.is(datastores.confirmation?.secondsLeft, 60)
  clock.pass(60)
  await settled(bench)
  t.notRegex(await text('running'), /bad/)
})

test('controllers plan the taking back as any other change', async (t) => {
  const names: (string | undefined)[] = []
  const watcher = controller('watcher', {
    plan: async ({ after }) => {
      names.push(await after.value('/test-box:box/name'))
      return { steps: [] }
    },
  })
  const bench = await open(t, { controllers: [watcher] })
  const told: number[] = []
  bench.datastores.on('commit', ({ number }) => void told.push(number))
  await commit(bench, named('good'))
  await commit(bench, named('bad'), { confirmed: { timeoutSeconds: 1 } })
  bench.clock.pass(1)
  await settled(bench)
  t.deepEqual(names, ['good', 'bad', 'good'])
  t.deepEqual(told, [1, 2, 3])
})
