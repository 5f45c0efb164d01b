/** An engine that is refused descriptors or memory refuses what needs them, with the reason, and forwards on. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { MemberError } from '../../dataplane/client/index.js'
import { keeperProgram } from '../../dataplane/client/keeper.js'
import { addresses, portSettings, Router } from '../lab/router.js'

const unlimited = 'unlimited'

/** Many queues while the engine has this limit, and without it. */
async function within(
  t: ExecutionContext,
  limit: (pid: number) => string,
  free: string,
  reason: RegExp,
): Promise<void> {
  await using router = await Router.start()
  const pid = router.dataplane.pid as number
  const set = (option: string) => promisify(execFile)('prlimit', ['--pid', String(pid), option])
  const queues = () =>
    router.commit(['p1', 'p2'].map((name) => portSettings(name, { driver: 'af_packet', rxQueues: 12 })))
  t.true(await router.h1.pings(addresses.h2[0]))
  await set(limit(pid))
  const error = await t.throwsAsync(queues(), { instanceOf: MemberError })
  t.deepEqual(
    error?.refusals.map(({ kind, name }) => `${kind} ${name}`),
    ['port p1', 'port p2'],
  )
  for (const { text } of error?.refusals ?? []) t.regex(text, reason)
  t.true(await router.h1.pings(addresses.h2[0]))
  await set(free)
  t.is(router.dataplane.pid, pid)
  t.is(router.dataplane.restarts, 0)
  await queues()
  t.deepEqual(
    (await router.member.state({ ports: true })).ports.map(({ workers }) => workers.length),
    [12, 12],
  )
  t.true(await router.h1.pings(addresses.h2[0]))
}

test('without descriptors no port gets more queues, and those that there are go on', (t) =>
  within(
    t,
    (pid) => `--nofile=${readdirSync(`/proc/${pid}/fd`).length}:4096`,
    '--nofile=4096:4096',
    /^port 'p[12]': .*RLIMIT_NOFILE/,
  ))

test('without memory no port gets more queues, and those that there are go on', (t) =>
  within(
    t,
    (pid) => {
      const kibibytes = Number(/VmSize:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
      return `--as=${(kibibytes + 65536) * 1024}:${unlimited}`
    },
    `--as=${unlimited}:${unlimited}`,
    /^port 'p[12]': .*Cannot allocate memory \(for 11 more receive queues, each with a ring of 16 MiB\)/,
  ))

// In a user namespace of its own the keeper would have all capabilities again; to be outside of one takes root.
const rootTest = process.getuid?.() === 0 ? test : test.skip

rootTest('without CAP_NET_RAW ports are down and say why, and what asks for one is refused', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'weft-no-raw-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const keeper = join(folder, 'weft-keeper')
  await writeFile(keeper, `#!/bin/sh\nexec setpriv --bounding-set=-net_raw -- ${keeperProgram} "$@"\n`)
  await chmod(keeper, 0o700)
  await using router = await Router.start({ userNamespace: false, keeper })
  const { ports } = await router.member.state({ ports: true })
  for (const { problem, reason, driver } of ports) {
    t.deepEqual({ problem, driver }, { problem: 'driver-refused', driver: '' })
    t.regex(reason, /Operation not permitted \(the keeper needs CAP_NET_RAW\)/)
  }
  const error = await t.throwsAsync(router.commit([portSettings('p2', { rxQueues: 2 })]), {
    instanceOf: MemberError,
  })
  t.regex(error?.message ?? '', /^port 'p2': .*the keeper needs CAP_NET_RAW/)
})
