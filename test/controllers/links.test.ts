import test from 'ava'
import type { Operation } from '../../dataplane/client/operations.js'
import { followLinks, RoutingUpdates } from '../../src/controllers/index.js'
import { EventBus } from '../../src/events.js'
import { Box, interfaces, routes } from './box.js'

/** A box with two ports and a route over the first, whose links are followed. */
async function following(box: Box) {
  await box.commit(
    interfaces({ p1: { ipv4: ['10.0.1.1/24'] }, p2: { ipv4: ['10.0.2.1/24'] } }) +
      routes({ '20.0.0.0/8': '10.0.1.9' }),
  )
  const failures: unknown[] = []
  const events = new EventBus((_, error) => failures.push(error))
  const sent: Operation[][] = []
  let wake: () => void = () => undefined
  const failed = (error: unknown) => failures.push(error)
  const updates = new RoutingUpdates({
    rib: box.rib,
    send: async (operations) => {
      sent.push([...operations])
      box.member.do(operations)
      wake()
    },
    lost: failed,
    failed,
  })
  const following = followLinks(events, updates)
  const links = {
    [Symbol.asyncDispose]: async () => {
      following[Symbol.dispose]()
      await updates[Symbol.asyncDispose]()
    },
  }
  const next = () => new Promise<void>((resolve) => (wake = resolve))
  const link = (name: string, up: boolean) => events.emit('link', { member: '0', interface: name, up })
  return { events, sent, failures, links, updates, link, next }
}

test('a lost link withdraws routes at the member, and a new one brings them back', async (t) => {
  using box = await Box.open()
  const { link, links, updates, next, sent, failures } = await following(box)
  const before = box.member.fib.lookup()
  const down = next()
  link('p1', false)
  await down
  t.deepEqual(Object.keys(box.member.fib.lookup()), ['0 10.0.1.1/32', '0 10.0.2.0/24', '0 10.0.2.1/32'])
  await updates.settled()
  const up = next()
  link('p1', false)
  link('p1', true)
  await up
  t.deepEqual(box.member.fib.lookup(), before)
  t.is(sent.length, 2)
  await links[Symbol.asyncDispose]()
  link('p1', false)
  t.true(box.rib.linkUp('p1'))
  t.deepEqual(failures, [])
})

test('a commit in the midst of its way keeps a link waiting', async (t) => {
  using box = await Box.open()
  const { link, links, next, sent } = await following(box)
  const commit = box.rib.begin()
  await commit.finish()
  const down = next()
  link('p1', false)
  await new Promise(setImmediate)
  t.is(sent.length, 0)
  commit.abandon()
  await down
  t.is(sent.length, 1)
  await links[Symbol.asyncDispose]()
})

test('a commit while a link is down sets what can be used, and a full plan knows the link', async (t) => {
  using box = await Box.open()
  const { link, links, next } = await following(box)
  const down = next()
  link('p1', false)
  await down
  await box.commit(routes({ '30.0.0.0/8': '10.0.1.8', '31.0.0.0/8': '10.0.2.8' }))
  t.false('0 30.0.0.0/8' in box.member.fib.lookup())
  t.true('0 31.0.0.0/8' in box.member.fib.lookup())
  const lookup = box.member.fib.lookup()
  box.member.fib.routes.clear()
  box.member.fib.objects.clear()
  for (const { operations } of await box.full()) box.member.do(operations)
  t.deepEqual(box.member.fib.lookup(), lookup)
  await links[Symbol.asyncDispose]()
})

test('a listener that throws is told of and keeps no other from hearing', (t) => {
  const failures: string[] = []
  const events = new EventBus((name, error) => failures.push(`${name}: ${(error as Error).message}`))
  const heard: number[] = []
  events.on('commit', () => {
    throw new Error('no')
  })
  const listening = events.on('commit', ({ number }) => heard.push(number))
  events.emit('commit', { number: 1 })
  listening[Symbol.dispose]()
  events.emit('commit', { number: 2 })
  t.deepEqual(heard, [1])
  t.deepEqual(failures, ['commit: no', 'commit: no'])
})
