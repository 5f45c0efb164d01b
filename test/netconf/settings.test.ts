import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { EndpointError, factorySettings } from '../../netconf/index.js'
import type { ServerSettings } from '../../netconf/index.js'
import { VirtualTime } from '../transcripts/support/time.js'
import { PASSWORD, startAppliance, until } from './support/appliance.js'
import { login } from './support/client.js'

const OK = /<ok\/>/
const lock = '<lock><target><candidate/></target></lock>'
const on = (...ports: number[]): ServerSettings => ({
  ...factorySettings,
  endpoints: ports.map((port) => ({ name: `port ${port}`, address: '127.0.0.1', port })),
})

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const { port, close } = await takenPort()
  await close()
  return port
}

async function takenPort(): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

const refused = (t: ExecutionContext, port: number) =>
  t.throwsAsync(login({ port, password: PASSWORD }), { code: 'ECONNREFUSED' })

test('endpoints change under a session, which lives on with its lock', async (t) => {
  const { server, connect } = await startAppliance(t)
  const before = server.address.port
  const client = await connect()
  t.regex(await client.rpc(lock), OK)
  const port = await freePort()
  ;(await server.prepare(on(port))).apply()
  t.is(server.address.port, port)
  await refused(t, before)
  t.regex(await client.rpc('<unlock><target><candidate/></target></unlock>'), OK)
  const other = await connect({ port })
  t.regex(await other.rpc(lock), OK)
  ;(await server.prepare(factorySettings)).apply()
  await refused(t, port)
  t.regex(await other.rpc('<get-config><source><running/></source></get-config>'), /<data/)
})

test('an endpoint that cannot be bound is refused with its name, and nothing has changed', async (t) => {
  const { server, connect } = await startAppliance(t)
  const { port, close } = await takenPort()
  t.teardown(close)
  const free = await freePort()
  const error = await t.throwsAsync<EndpointError>(server.prepare(on(free, port)), {
    instanceOf: EndpointError,
  })
  t.is(error?.endpoint.name, `port ${port}`)
  t.regex(error?.message ?? '', new RegExp(`cannot listen for NETCONF on 127.0.0.1:${port}: .*EADDRINUSE`))
  await refused(t, free)
  await connect()
})

test('what was prepared and undone listens no more; the present endpoint does', async (t) => {
  const { server, connect } = await startAppliance(t)
  const free = await freePort()
  const prepared = await server.prepare(on(free))
  await prepared.undo()
  await refused(t, free)
  await connect()
})

test('an endpoint moves to all addresses on its own port, and back when that is undone', async (t) => {
  const { server, connect } = await startAppliance(t)
  const { port } = server.address
  const client = await connect()
  const wide = { ...factorySettings, endpoints: [{ name: 'all', address: '0.0.0.0', port }] }
  const undone = await server.prepare(wide)
  await undone.undo()
  t.deepEqual(server.address, { address: '127.0.0.1', port })
  await connect()
  ;(await server.prepare(wide)).apply()
  t.deepEqual(server.address, { address: '0.0.0.0', port })
  await connect()
  t.regex(await client.rpc(lock), OK)
})

test('at the start what can be bound is bound, and what cannot is told', async (t) => {
  const { port, close } = await takenPort()
  t.teardown(close)
  const free = await freePort()
  const { server, log } = await startAppliance(t, { settings: on(port, free) })
  t.deepEqual(server.status().listening, [{ name: `port ${free}`, address: '127.0.0.1', port: free }])
  t.true(log.some((line) => line.includes(`endpoint port ${port}: cannot listen`)))
})

test('algorithms hold from the next connection on', async (t) => {
  const { server, connect } = await startAppliance(t)
  const client = await connect()
  const algorithms = {
    keyExchange: ['ecdh-sha2-nistp256'],
    hostKey: ['ecdsa-sha2-nistp256'],
    cipher: ['aes256-ctr'],
    mac: ['hmac-sha2-512'],
  }
  ;(await server.prepare({ ...factorySettings, algorithms })).apply()
  const { port } = server.address
  const { ssh } = await login({ port, password: PASSWORD })
  ssh.end()
  await t.throwsAsync(
    login({ port, password: PASSWORD, algorithms: { cipher: ['aes128-gcm@openssh.com'] } }),
    { message: /no matching/ },
  )
  await t.throwsAsync(login({ port, password: PASSWORD, algorithms: { serverHostKey: ['ssh-ed25519'] } }), {
    message: /no matching/,
  })
  t.regex(await client.rpc(lock), OK)
})

test('an RSA host key signs with SHA-2, and with SHA-1 for nobody', async (t) => {
  const { server } = await startAppliance(t)
  const { port } = server.address
  for (const name of ['rsa-sha2-512', 'rsa-sha2-256'] as const) {
    const { ssh } = await login({ port, password: PASSWORD, algorithms: { serverHostKey: [name] } })
    ssh.end()
  }
  await t.throwsAsync(login({ port, password: PASSWORD, algorithms: { serverHostKey: ['ssh-rsa'] } }), {
    message: /no matching/,
  })
})

test('sessions are limited in all and for each user, from the moment that it is said', async (t) => {
  const { server, connect, log } = await startAppliance(t)
  await connect()
  await connect()
  for (const limits of [{ sessions: 2 }, { sessionsPerUser: 2 }]) {
    ;(await server.prepare({ ...factorySettings, limits })).apply()
    await t.throwsAsync(connect())
    t.true(log.some((line) => line.includes('2 sessions are open, 2 of this user')))
  }
  ;(await server.prepare({ ...factorySettings, limits: { sessions: 3 } })).apply()
  await connect()
  t.is(server.status().sessions, 3)
})

test('a session that is silent for too long ends, and its lock is free; one that sends lives on', async (t) => {
  const time = new VirtualTime()
  const { server, connect } = await startAppliance(t, { limits: { idleTime: 60_000 }, timers: time })
  const [silent, busy] = [await connect(), await connect()]
  t.regex(await silent.rpc(lock), OK)
  const waiting = (count: number) => until(t, `${count} sessions wait`, () => time.waiting === count)
  for (const sessions of [2, 2, 1]) {
    await waiting(2)
    time.pass(25_000)
    t.regex(await busy.rpc('<get-config><source><candidate/></source></get-config>'), /<data/)
    await waiting(sessions)
  }
  await silent.closed()
  await until(t, 'its session is gone', () => server.sessions.length === 1)
  t.regex(await busy.rpc(lock), OK)
})

test('an idle session that has only said hello ends as well', async (t) => {
  const { connect } = await startAppliance(t, { limits: { idleTime: 100 } })
  await (await connect()).closed()
  t.pass()
})

test('an address whose attempts are used up gets one connection at a time', async (t) => {
  const { server } = await startAppliance(t, {
    limits: { loginDelay: 1, loginDelayMax: 1, loginAttempts: 2 },
  })
  const { port } = server.address
  for (let i = 0; i < 2; i++) {
    await t.throwsAsync(login({ port, password: 'wrong', authHandler: ['password'] }))
  }
  await until(t, 'the failed ones are gone', () => server.status().pendingLogins === 0)
  t.is(server.status().failedLogins, 2)
  const first = await login({ port, password: PASSWORD })
  await t.throwsAsync(login({ port, password: PASSWORD }))
  first.ssh.end()
  await until(t, 'it is gone', () => server.status().pendingLogins === 0)
  const { ssh } = await login({ port, password: PASSWORD })
  ssh.end()
})
