/**
 * The host's own side of interfaces: its TCP in super-packets both ways, over taps with one queue and with several, and over veth pairs
 * where taps can't be had. Queues that nobody serves any more swallow nothing.
 */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { keeperProgram } from '../../dataplane/client/keeper.js'
import { addresses, Router, until } from '../lab/router.js'
import { datagrams, superDatagrams, transfer } from './traffic.js'

async function passes(t: ExecutionContext, { chassis, h1, h2 }: Router): Promise<void> {
  for (const at of [0, 1] as const) {
    t.true(await chassis.pings(addresses.h1[at]))
    for (const [from, to, where] of [
      [chassis, h1, addresses.h1[at]],
      [h1, chassis, addresses.p1[at]],
      [h2, chassis, addresses.p1[at]],
    ] as const) {
      const { same, octets } = await transfer(from, to, where, 8)
      t.true(same && octets === 8 << 20)
    }
    const inside = await superDatagrams(chassis, h1, addresses.h1[at], { size: 1200, count: 40, times: 5 })
    t.deepEqual(inside, { sent: 200, received: 200, right: 200 })
  }
}

/** Flows enough that each queue of the host's device would have some. */
async function manyFlows(t: ExecutionContext, { chassis, h1 }: Router): Promise<void> {
  // Few packets are held for a neighbour that is not known.
  t.true(await chassis.pings(addresses.h1[0]))
  const load = { seconds: 0.3, payload: 100, rate: 300 }
  const streams = await Promise.all(
    Array.from({ length: 8 }, () => datagrams(chassis, h1, addresses.h1[0], load)),
  )
  for (const { sent, received, reordered } of streams)
    t.deepEqual({ received, reordered }, { received: sent, reordered: 0 })
}

async function devices({ chassis }: Router): Promise<{ kind: string; multiQueue: boolean; index: number }[]> {
  const links = JSON.parse(await chassis.ip('-j', '-d', 'link', 'show')) as {
    ifindex: number
    ifname: string
    linkinfo?: { info_kind: string; info_data?: { multi_queue?: boolean } }
  }[]
  return links
    .filter(({ ifname }) => ['p1', 'p2', 'weft0'].includes(ifname))
    .map(({ ifindex, linkinfo }) => ({
      kind: linkinfo?.info_kind ?? '',
      multiQueue: linkinfo?.info_data?.multi_queue === true,
      index: ifindex,
    }))
}

test.serial('a tap that gets a queue for each worker while it is used', async (t) => {
  await using router = await Router.start()
  const [first] = await devices(router)
  if (first?.kind !== 'tun') return (t.log('left out, for there are no taps here'), t.pass())
  const tap = async () =>
    (await router.member.state({ interfaces: true, interface: 'p1' })).interfaces[0]?.tap
  t.like(await tap(), { device: 'p1', driver: 'tap', rxQueues: 1, reason: '' })
  await passes(t, router)
  await router.commit([{ op: 'workers-set', count: 3, cpus: [] }])
  t.like(await tap(), { device: 'p1', driver: 'tap', rxQueues: 3, reason: '' })
  await manyFlows(t, router)
  await passes(t, router)
})

test.serial('a tap with a queue for each worker, over fewer workers and a new engine', async (t) => {
  await using router = await Router.start({ workers: 3 })
  const before = await devices(router)
  if (before[0]?.kind !== 'tun') return (t.log('left out, for there are no taps here'), t.pass())
  t.is(before.length, 3)
  t.true(before.every(({ multiQueue }) => multiQueue))
  await manyFlows(t, router)
  await passes(t, router)
  await router.commit([{ op: 'workers-set', count: 1, cpus: [] }])
  await manyFlows(t, router)
  for (const workers of [1, 3]) {
    router.tables = router.tables.map((operation) =>
      operation.op === 'workers-set' ? { ...operation, count: workers } : operation,
    )
    process.kill(router.dataplane.pid as number, 'SIGKILL')
    await until('it is detached', () => !router.member.attached)
    await router.programmed()
    t.true(await router.chassis.pings(addresses.h1[0]))
    await manyFlows(t, router)
    t.deepEqual(await devices(router), before)
  }
  await passes(t, router)
})

const rootTest = process.getuid?.() === 0 ? test.serial : test.serial.skip

rootTest('a veth pair where /dev/net/tun is not', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'weft-no-tun-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const program = join(folder, 'weft-keeper')
  const inside = `mount -t tmpfs none /dev/net && exec ${keeperProgram} "$@"`
  await writeFile(program, `#!/bin/sh\nexec unshare --mount -- sh -c '${inside}' keeper "$@"\n`)
  await chmod(program, 0o700)
  await using router = await Router.start({ keeper: program, workers: 2 })
  t.true((await devices(router)).every(({ kind }) => kind === 'veth'))
  await manyFlows(t, router)
  await passes(t, router)
})
