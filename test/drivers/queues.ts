/** Cases of a driver: workers and receive queues change while packets pass. */
import test from 'ava'
import { addresses, portSettings, until } from '../lab/router.js'
import type { Subject } from './subject.js'
import { datagrams } from './traffic.js'

export function queueCases({ router, driver, fastPath, h1, h2, title, portState, reaches }: Subject): void {
  test.serial(
    title('queues move between workers while datagrams pass: none lost, none overtaken'),
    async (t) => {
      t.true(await reaches())
      const crew = (count: number, ...of: readonly (readonly number[])[]) =>
        router.commit([
          { op: 'workers-set', count, cpus: [] },
          ...of.map((workers, at) => portSettings(`p${at + 1}`, { driver, rxQueues: 2, workers, fastPath })),
        ])
      const queues = (await portState('p1')).workers.length
      await crew(2, [0, 1], [1, 0])
      await until('it forwards', reaches)
      let passing = true
      const load = { seconds: 1.5, payload: 18, rate: 1000 }
      const streams = Promise.all([1, 2, 3].map(() => datagrams(h1, h2, addresses.h2[0], load))).finally(
        () => (passing = false),
      )
      let moves = 0
      for (; passing; moves++) {
        const last = moves % 3
        await crew(1 + last, [last, 0], [moves % (1 + last)])
      }
      t.true(moves >= 3, `only ${moves} moves`)
      for (const { sent, received, reordered } of await streams)
        t.deepEqual({ received, reordered }, { received: sent, reordered: 0 })
      await router.commit([
        { op: 'workers-set', count: 1, cpus: [] },
        portSettings('p1', { driver, fastPath }),
        portSettings('p2', { driver, fastPath }),
      ])
      t.is((await portState('p1')).workers.length, queues)
      t.true(await reaches())
    },
  )

  test.serial(
    title('the number of queues changes while datagrams pass: none is lost, and the counters go on'),
    async (t) => {
      t.true(await reaches())
      const { counters } = await portState('p1')
      let passing = true
      const load = { seconds: 2, payload: 18, rate: 500 }
      const streams = Promise.all([1, 2, 3, 4].map(() => datagrams(h1, h2, addresses.h2[0], load))).finally(
        () => (passing = false),
      )
      let changes = 0
      for (const rxQueues of [4, 1, 3, 8, 2, 1]) {
        await router.commit([
          { op: 'workers-set', count: 2, cpus: [] },
          portSettings('p1', { driver, rxQueues, fastPath }),
          portSettings('p2', { driver, rxQueues, fastPath }),
        ])
        changes += Number(passing)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      t.true(changes >= 3, `only ${changes} changes`)
      let sent = 0
      for (const stream of await streams) {
        t.is(stream.received, stream.sent)
        sent += stream.sent
      }
      const after = await portState('p1')
      t.true(Number(after.counters.rxPackets - counters.rxPackets) >= sent)
      t.is(after.counters.rxDropped, counters.rxDropped)
      await router.commit([
        { op: 'workers-set', count: 1, cpus: [] },
        portSettings('p1', { driver, fastPath }),
        portSettings('p2', { driver, fastPath }),
      ])
      t.true(await reaches())
    },
  )
}
