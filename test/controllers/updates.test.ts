/** Routing updates beside commits: in order, many in one batch, and never in the midst of a commit. */
import test from 'ava'
import type { Operation } from '../../dataplane/client/operations.js'
import { RoutingUpdates } from '../../src/controllers/index.js'
import { allOperations, staticSource, type RibUpdate } from '../../src/rib/index.js'
import { Box, interfaces, routes } from './box.js'
import { over, prefix as p } from '../rib/words.js'

const learned = { ...staticSource('learned'), preference: 20 }
const set = (prefix: string, address: string) => (update: RibUpdate) =>
  update.set(learned, 0, p(prefix), over(address))
const turn = () => new Promise(setImmediate)

/** A box with two ports whose member takes what is sent in turn with commits, and says so only when the test lets it. */
async function updating(box: Box) {
  await box.commit(interfaces({ p1: { ipv4: ['10.0.1.1/24'] }, p2: { ipv4: ['10.0.2.1/24'] } }))
  const sent: { operations: readonly Operation[]; done: (error?: Error) => void }[] = []
  const lost: unknown[] = []
  const failed: unknown[] = []
  const updates = new RoutingUpdates({
    rib: box.rib,
    send: (operations) =>
      new Promise((resolve, reject) => {
        box.member.do(operations)
        sent.push({ operations, done: (error) => (error ? reject(error) : resolve()) })
      }),
    lost: (error) => lost.push(error),
    failed: (error) => failed.push(error),
  })
  const until = async (count: number) => {
    while (sent.length < count) await turn()
    return sent[count - 1] as (typeof sent)[number]
  }
  return { updates, sent, lost, failed, until }
}

test('what is said while a batch is under way is one batch, in which the last word on a prefix holds', async (t) => {
  using box = await Box.open()
  const { updates, sent, until, failed } = await updating(box)
  updates.push(set('20.0.0.0/8', '10.0.1.9'))
  const first = await until(1)
  updates.push(set('21.0.0.0/8', '10.0.1.9'))
  const second = await until(2)
  for (let i = 0; i < 5000; i++) {
    updates.push(set(`30.${i >> 8}.${i & 255}.0/24`, '10.0.1.9'))
    updates.push(set('20.0.0.0/8', `10.0.${1 + (i % 2)}.8`))
  }
  for (let i = 0; i < 50; i++) await turn()
  t.is(sent.length, 2, 'no more than two are on their way')
  first.done()
  const third = await until(3)
  second.done()
  third.done()
  await updates.settled()
  t.is(sent.length, 3)
  const lookup = box.member.fib.lookup()
  t.is(lookup['0 20.0.0.0/8'], 'p2:10.0.2.8')
  t.is(lookup['0 30.19.135.0/24'], 'p1:10.0.1.9')
  t.deepEqual(failed, [])
  await updates[Symbol.asyncDispose]()
})

test('an update waits for a commit on its way, and the next commit for the update', async (t) => {
  using box = await Box.open()
  const { updates, sent, until } = await updating(box)
  const commit = box.rib.begin()
  await commit.ready()
  updates.push(set('20.0.0.0/8', '30.0.0.1'))
  for (let i = 0; i < 20; i++) await turn()
  t.is(sent.length, 0)
  commit.set(staticSource('static'), 0, p('30.0.0.0/8'), over('10.0.1.9'))
  const { delta } = await commit.finish()
  for (let i = 0; i < 20; i++) await turn()
  t.is(sent.length, 0)
  commit.adopt()
  box.member.do(allOperations(delta))
  const { operations } = await until(1)
  t.true(operations.length > 0, 'it is resolved over what the commit said')
  const order: string[] = []
  let release: () => void = () => undefined
  const slow = new Promise<void>((resolve) => (release = resolve))
  updates.push(async (update) => {
    await slow
    update.set(learned, 0, p('40.0.0.0/8'), over('10.0.1.9'))
    order.push('update')
  })
  for (let i = 0; i < 20; i++) await turn()
  const next = box.commit(routes({ '50.0.0.0/8': '40.0.0.1' })).then(() => order.push('commit'))
  for (let i = 0; i < 20; i++) await turn()
  sent[0]?.done()
  release()
  ;(await until(2)).done()
  await next
  t.deepEqual(order, ['update', 'commit'])
  t.is(box.member.fib.lookup()['0 50.0.0.0/8'], 'p1:10.0.1.9')
  await updates[Symbol.asyncDispose]()
})

test('commits go on while updates never end', async (t) => {
  using box = await Box.open()
  const { updates, sent } = await updating(box)
  let ended = false
  const churn = (async () => {
    for (let i = 0; !ended; i++) {
      updates.push(set('20.0.0.0/8', `10.0.${1 + (i % 2)}.9`))
      for (const { done } of sent.splice(0)) done()
      await turn()
    }
    updates.push(set('20.0.0.0/8', '10.0.1.7'))
    while (sent.length === 0) await turn()
    let settled = false
    void updates.settled().then(() => (settled = true))
    while (!settled) {
      for (const { done } of sent.splice(0)) done()
      await turn()
    }
  })()
  for (let i = 0; i < 20; i++) await box.commit(routes({ [`30.${i}.0.0/16`]: '20.0.0.1' }))
  ended = true
  await churn
  const lookup = box.member.fib.lookup()
  t.is(lookup['0 20.0.0.0/8'], 'p1:10.0.1.7')
  t.is(lookup['0 30.19.0.0/16'], 'p1:10.0.1.7')
  await updates[Symbol.asyncDispose]()
})

test('nothing is sent while updates are held, and all of it afterwards', async (t) => {
  using box = await Box.open()
  const { updates, sent, until } = await updating(box)
  updates.push(set('20.0.0.0/8', '10.0.1.9'))
  const first = await until(1)
  let held = false
  const work = updates.hold(async () => {
    held = true
    updates.push(set('21.0.0.0/8', '10.0.1.9'))
    for (let i = 0; i < 20; i++) await turn()
    return sent.length
  })
  for (let i = 0; i < 20; i++) await turn()
  t.false(held, 'what is under way comes first')
  first.done()
  t.is(await work, 1)
  ;(await until(2)).done()
  await updates.settled()
  t.is(box.member.fib.lookup()['0 21.0.0.0/8'], 'p1:10.0.1.9')
  await updates[Symbol.asyncDispose]()
})

test('what a member did not take is told, and so is what cannot be said; updates go on', async (t) => {
  using box = await Box.open()
  const { updates, until, lost, failed } = await updating(box)
  updates.push(set('20.0.0.0/8', '10.0.1.9'))
  ;(await until(1)).done(new Error('member 0 went away'))
  await updates.settled()
  t.deepEqual(lost, [new Error('member 0 went away')])
  updates.push(() => {
    throw new Error('no such thing')
  })
  await updates.settled()
  t.deepEqual(failed, [new Error('no such thing')])
  updates.push(set('21.0.0.0/8', '10.0.2.9'))
  ;(await until(2)).done()
  await updates.settled()
  t.is(box.member.fib.lookup()['0 21.0.0.0/8'], 'p2:10.0.2.9')
  await updates[Symbol.asyncDispose]()
})

test('who says very much waits for room', async (t) => {
  using box = await Box.open()
  const { updates, sent, until } = await updating(box)
  updates.push(set('20.0.0.0/8', '10.0.1.9'))
  await until(1)
  updates.push(set('21.0.0.0/8', '10.0.1.9'))
  await until(2)
  updates.push(set('22.0.0.0/8', '10.0.1.9'), 1_000_000)
  let room = false
  const waiting = updates.room().then(() => (room = true))
  for (let i = 0; i < 20; i++) await turn()
  t.false(room)
  for (const { done } of sent.splice(0)) done()
  await waiting
  ;(await until(1)).done()
  await updates[Symbol.asyncDispose]()
})
