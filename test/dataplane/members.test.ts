import { join } from 'node:path'
import { credentials } from '@grpc/grpc-js'
import test from 'ava'
import {
  DeadlineError,
  listenMembers,
  MemberError,
  MemberLostError,
  type Operation,
} from '../../dataplane/client/index.js'
import {
  Chassis,
  protocolVersion,
  type MemberAttach,
  type MemberMessage,
} from '../../dataplane/proto/contract.js'
import { startTimeOf } from '../../dataplane/client/process-file.js'
import { address, addresses, collectLog, keys, Router, until } from '../lab/router.js'
import { Lab } from '../lab/lab.js'

function manyRoutes(count: number): Operation[] {
  return Array.from({ length: count }, (_, i) => ({
    op: 'route-set',
    vrf: 0,
    prefix: { address: new Uint8Array([100, (i >> 16) & 255, (i >> 8) & 255, i & 255]), length: 32 },
    key: keys.p2,
  }))
}

/** Attaches as a member would, says this, and resolves with how the server ended it. */
function refusal(socket: string, message: MemberMessage): Promise<string> {
  const client = new Chassis(`unix:${socket}`, credentials.createInsecure())
  const stream = (client['Attach'] as () => MemberAttach).call(client)
  return new Promise<string>((resolve) => {
    stream.on('data', () => undefined)
    stream.on('error', (error) => resolve(error.message))
    stream.on('end', () => resolve('ended'))
    stream.write(message)
  }).finally(() => client.close())
}

test('a member that is not attached stops no commit, and has no state', async (t) => {
  await using lab = await Lab.create()
  const socketPath = join(lab.folder, 'members.sock')
  await using members = await listenMembers({
    socketPath,
    chassis: 'lab',
    version: 'test',
    log: collectLog(),
  })
  const { member0 } = members
  t.false(member0.attached)
  t.is(member0.pid, undefined)
  const prepared = await member0.prepare(manyRoutes(1), { full: false, deadline: 1000 })
  await prepared.apply(7)
  t.is(member0.commit, 0)
  await t.throwsAsync(member0.state({ interfaces: true }), { instanceOf: MemberLostError })
})

test('who does not say a proper hello is refused and told why', async (t) => {
  await using lab = await Lab.create()
  const socketPath = join(lab.folder, 'members.sock')
  const log = collectLog()
  await using members = await listenMembers({ socketPath, chassis: 'lab', version: 'test', log })
  const hello = {
    chassis: 'lab',
    member: '0',
    boot: 'b',
    version: 'v',
    commit: '0',
    pid: 1,
    protocol: protocolVersion,
  }
  t.regex(
    await refusal(socketPath, { hello: { ...hello, chassis: 'other' } }),
    /belongs to chassis 'other', this one is 'lab'/,
  )
  t.regex(await refusal(socketPath, { hello: { ...hello, member: '' } }), /has no name/)
  t.regex(
    await refusal(socketPath, { outcome: { transaction: '1', error: '' } }),
    /first message is not a hello/,
  )
  t.false(members.member0.attached)
  t.is(log.lines.length, 3)
})

test('a socket in use is not taken over, one left behind is', async (t) => {
  await using lab = await Lab.create()
  const socketPath = join(lab.folder, 'members.sock')
  const options = { socketPath, chassis: 'lab', version: 'test', log: collectLog() }
  const first = await listenMembers(options)
  await t.throwsAsync(listenMembers(options), { message: /another process is listening there/ })
  await first[Symbol.asyncDispose]()
  await using again = await listenMembers(options)
  t.false(again.member0.attached)
  await t.throwsAsync(listenMembers({ ...options, socketPath: `/tmp/${'s'.repeat(110)}` }), {
    message: /at most 107 bytes, this one has 115/,
  })
})

test.serial(
  'records that make no sense fail the transaction with a reason, and change nothing',
  async (t) => {
    await using router = await Router.start()
    const before = await router.member.state({ statistics: true })
    const bad: [RegExp, Operation][] = [
      [/./, { op: 'records', bytes: new Uint8Array([99]) }],
      [/./, { op: 'records', bytes: new Uint8Array([7, 0, 0]) }],
      [
        /10\.9\.0\.0/,
        { op: 'route-set', vrf: 0, prefix: { address: address('10.9.0.0'), length: 33 }, key: keys.p1 },
      ],
      [
        /10\.9\.0\.0/,
        { op: 'route-set', vrf: 0, prefix: { address: address('10.9.0.0'), length: 24 }, key: 12345n },
      ],
      [/nowhere/, { op: 'object-set', key: 50n, object: { type: 'glean', interface: 'nowhere' } }],
      [/driver/, { op: 'port-set', name: 'p9', driver: 'carrier-pigeon', device: 'p9' }],
    ]
    for (const [reason, operation] of bad) {
      const good: Operation = {
        op: 'route-set',
        vrf: 0,
        prefix: { address: address('10.8.0.0'), length: 16 },
        key: keys.p1,
      }
      const error = await t.throwsAsync(router.commit([good, operation]), { instanceOf: MemberError })
      t.regex(error?.message ?? '', reason)
      t.log(error?.message)
    }
    t.deepEqual((await router.member.state({ statistics: true })).statistics, before.statistics)
    t.true(await router.h1.pings(addresses.h2[0]))
  },
)

test.serial(
  'an engine that hangs misses the deadline; the commit fails and the next one works',
  async (t) => {
    await using router = await Router.start()
    const pid = router.dataplane.pid as number
    process.kill(pid, 'SIGSTOP')
    const error = await t.throwsAsync(router.member.prepare(manyRoutes(10), { full: false, deadline: 300 }), {
      instanceOf: DeadlineError,
    })
    t.is(error?.message, 'member 0 did not answer within 0.3 s')
    process.kill(pid, 'SIGCONT')
    const { statistics } = await router.member.state({ statistics: true })
    await router.commit(manyRoutes(10))
    t.is(
      (await router.member.state({ statistics: true })).statistics?.routes4,
      (statistics?.routes4 ?? 0n) + 10n,
    )
  },
)

test.serial('a member lost while it prepares fails the commit', async (t) => {
  await using router = await Router.start()
  await router.dataplane.release()
  const pid = router.dataplane.pid as number
  process.kill(pid, 'SIGSTOP')
  const prepared = router.member.prepare(manyRoutes(200_000), { full: false, deadline: 10_000 })
  prepared.catch(() => undefined)
  process.kill(pid, 'SIGKILL')
  await t.throwsAsync(prepared, { instanceOf: MemberLostError })
  await until('it is detached', () => !router.member.attached)
})

test.serial('a member lost after it prepared lets apply and abort resolve', async (t) => {
  await using router = await Router.start()
  await router.dataplane.release()
  const prepared = await router.member.prepare(manyRoutes(10), { full: false, deadline: 10_000 })
  const pid = router.dataplane.pid as number
  process.kill(pid, 'SIGKILL')
  await until('the engine is dead', () => startTimeOf(pid) === undefined)
  await t.notThrowsAsync(prepared.apply(5))
  await until('it is detached', () => !router.member.attached)
  t.not(router.member.commit, 5)
})

test.serial('what is aborted leaves no trace, and transactions take turns', async (t) => {
  await using router = await Router.start()
  const routes = async () => (await router.member.state({ statistics: true })).statistics?.routes4
  const before = await routes()
  const first = await router.member.prepare(manyRoutes(10), { full: false, deadline: 5000 })
  const second = router.member.prepare(manyRoutes(20), { full: false, deadline: 5000 })
  const waiting = await Promise.race([second.then(() => 'prepared'), routes().then(() => 'waiting')])
  t.is(waiting, 'waiting')
  await first.abort()
  t.is(await routes(), before)
  await (await second).apply(9)
  t.is(await routes(), (before ?? 0n) + 20n)
  t.is(router.member.commit, 9)
})

test.serial('a leader whose term has passed is not heard', async (t) => {
  await using router = await Router.start()
  const reopen = async (term: number) => {
    await router.members[Symbol.asyncDispose]()
    await router.openMembers({ term, program: false })
    await until('the member is attached', () => router.member.attached)
  }
  await reopen(5)
  await router.commit(manyRoutes(1))
  await reopen(4)
  await t.throwsAsync(router.member.prepare(manyRoutes(2), { full: false, deadline: 500 }), {
    instanceOf: DeadlineError,
  })
  await reopen(6)
  await router.commit(manyRoutes(2))
  t.pass()
})

test.serial('100,000 routes are programmed and withdrawn in one transaction each', async (t) => {
  await using router = await Router.start()
  const routes = manyRoutes(100_000)
  const before = (await router.member.state({ statistics: true })).statistics?.routes4 ?? 0n
  const start = performance.now()
  await router.commit(routes)
  t.log(`100,000 routes: ${Math.round(performance.now() - start)} ms`)
  t.is((await router.member.state({ statistics: true })).statistics?.routes4, before + 100_000n)
  const withdrawn = routes.map((route) => ({ ...route, op: 'route-delete' }) as Operation)
  await router.commit(withdrawn)
  t.is((await router.member.state({ statistics: true })).statistics?.routes4, before)
})
