/** Real packets while routes change around them: none is lost, none goes astray, and they keep their order. */
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'
import test from 'ava'
import { RoutingUpdates } from '../../src/controllers/index.js'
import { allOperations, connected, direct, Rib, staticSource, type Prefix } from '../../src/rib/index.js'
import { addresses, Router } from '../lab/router.js'
import { over, prefix as p } from '../rib/words.js'

const udpLoad = join(resolve(fileURLToPath(import.meta.url), '../../../..'), 'build/engine/udp-load')
const main = staticSource('main')

const target = '203.0.113.7'
const seconds = 4
const others = 50_000
const perSecond = 100_000

test.serial(`a stream to a route that flaps, beside ${perSecond} other changes a second`, async (t) => {
  await using router = await Router.start()
  const { h1, h2, member } = router
  for (const own of [`${target}/32`, '198.51.100.3/32']) await h2.ip('addr', 'add', own, 'dev', 'eth0')
  const rib = new Rib()
  let commit = 1
  const wrong: unknown[] = []
  const updates = new RoutingUpdates({
    rib,
    send: async (operations) => {
      const prepared = await member.prepare(operations, { full: false, deadline: 30_000 })
      await prepared.apply(commit++)
    },
    lost: (error) => wrong.push(error),
    failed: (error) => wrong.push(error),
  })
  const x = rib.begin()
  await x.ready()
  x.setInterface({ name: 'p2', vrf: 0, neighbours: true, ipv4: 'on', ipv6: 'none' })
  x.set(direct, 0, p('198.51.100.0/24'), connected('p2'))
  x.set(main, 0, p('192.0.3.0/24'), over(addresses.h2[0]))
  x.set(main, 0, p('203.0.113.0/24'), over(addresses.h2[0]))
  const { delta } = await x.finish()
  x.adopt()
  const prepared = await member.prepare(allOperations(delta), { full: false, deadline: 30_000 })
  await prepared.apply(commit++)
  // All ways lead to h2, by other neighbours, other objects and other prefixes; both neighbours are known beforehand.
  t.true(await h1.pings(target))
  t.true(await h1.pings('198.51.100.3'))

  const receiver = h2.spawn(udpLoad, 'receive', target, '9000', '2')
  let text = ''
  receiver.stdout?.on('data', (piece: Buffer) => (text += piece.toString()))
  const ended = once(receiver, 'close')
  while (!text.includes('listening')) await once(receiver.stdout as NodeJS.ReadableStream, 'data')
  const sending = h1.exec(udpLoad, 'send', target, '9000', String(seconds), '18', '10000')

  const prefixes = Array.from({ length: others }, (_, i) => p(`20.${i >> 8}.${i & 255}.0/24`))
  const ways = [
    over(addresses.h2[0]),
    over('198.51.100.3'),
    over('192.0.3.1'),
    over(addresses.h2[0], '198.51.100.3'),
  ]
  let said = 0
  let flaps = 0
  const start = performance.now()
  const elapsed = () => (performance.now() - start) / 1000
  while (elapsed() < seconds) {
    const from = said
    const until = Math.floor(elapsed() * perSecond)
    said = until
    const turn = flaps++
    updates.push((update) => {
      // The route itself flaps between next hops; a longer one comes and goes; the path of a recursive one moves.
      update.set(main, 0, p('203.0.113.0/24'), ways[turn % ways.length] ?? over())
      if (turn % 3 === 0) update.delete(main, 0, p('203.0.113.4/30'))
      else update.set(main, 0, p('203.0.113.4/30'), ways[(turn + 1) % ways.length] ?? over())
      update.set(main, 0, p('192.0.3.0/24'), ways[turn % 2] ?? over())
      for (let i = from; i < until; i++) {
        const prefix = prefixes[i % others] as Prefix
        if ((i / others) % 3 < 2) update.set(main, 0, prefix, ways[i % ways.length] ?? over())
        else update.delete(main, 0, prefix)
      }
    }, until - from)
    await updates.room()
    await pause(5)
  }
  await updates.settled()
  const sent = /sent (\d+)/.exec(await sending)?.[1]
  await ended
  await updates[Symbol.asyncDispose]()
  t.deepEqual(wrong, [])
  t.is(text.split('\n')[1], `received ${sent} lost 0 reordered 0`)
  t.true(flaps > 20, `${flaps} flaps`)
  const { drops } = await member.state({ drops: true })
  const named = drops.filter(({ reason }) => /route|object|unreachable|blackhole/.test(reason))
  t.deepEqual(
    named.filter(({ packets }) => packets > 0n).map(({ node, reason }) => `${node} ${reason}`),
    [],
  )
})
