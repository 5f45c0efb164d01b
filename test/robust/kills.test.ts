/**
 * A thousand clients that die: at the first byte of TCP, in the key exchange, while they log in, before and in their hello,
 * in an rpc, while a large reply comes, in a commit, with locks, with a confirmed commit that nobody confirms. Nothing of them
 * may be left: session, lock, uncommitted change, tree, journal, rpc, file descriptor.
 */
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import ssh2 from 'ssh2'
import { PASSWORD, startAppliance, until } from '../netconf/support/appliance.js'
import { BASE, Client, login } from '../netconf/support/client.js'
import { dice, type Roll } from './dice.js'

const KILLS = 1_000
/** Clients at a time. */
const WIDTH = 8

const interfaces = (content: string) =>
  `<edit-config><target><candidate/></target><config><interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">` +
  `<interface>${content}<type xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">t:softwareLoopback</type></interface></interfaces></config></edit-config>`
const rpc = (body: string) => `<rpc xmlns="${BASE}" message-id="1">${body}</rpc>`
const lock = (name: string) => `<lock><target><${name}/></target></lock>`
const partialLock =
  '<partial-lock xmlns="urn:ietf:params:xml:ns:netconf:partial-lock:1.0"><select>/*</select></partial-lock>'
const get = '<get/>'

/** What a client asks for before it dies; only under its lock does it change anything. */
const scripts: readonly (readonly string[])[] = [
  [get],
  [get, get, get],
  [lock('candidate')],
  [lock('running'), lock('candidate')],
  [partialLock, get],
  [lock('candidate'), 'edit'],
  [lock('candidate'), 'edit', '<validate><source><candidate/></source></validate>'],
  [lock('candidate'), 'edit', '<commit/>'],
  [lock('candidate'), 'trial', '<commit><confirmed/></commit>'],
  [lock('candidate'), 'trial', '<commit><confirmed/><confirm-timeout>9</confirm-timeout></commit>', get],
]

const edits: Readonly<Record<string, (number: number) => string>> = {
  edit: (number) => interfaces(`<name>kept-${number}</name><description>kept</description>`),
  trial: (number) => interfaces(`<name>trial-${number}</name><description>trial</description>`),
}

async function connected(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('connect', resolve))
  return socket
}

const gone = (socket: Socket): Promise<void> =>
  new Promise((resolve) => (socket.closed ? resolve() : socket.once('close', () => resolve())))

function kill(socket: Socket, roll: Roll): Promise<void> {
  if (roll(2) === 0) socket.resetAndDestroy()
  else socket.destroy()
  return gone(socket)
}

/** Dies before there is an SSH connection. */
async function dieEarly(port: number, roll: Roll): Promise<void> {
  const socket = await connected(port)
  const bytes =
    ['', 'SSH-2.0-test\r\n', 'SSH-2.0-test\r\n\0\0\0\x0c', 'GET / HTTP/1.0\r\n\r\n'][roll(4)] ?? ''
  if (bytes !== '') await new Promise((resolve) => socket.write(bytes, resolve))
  await kill(socket, roll)
}

/** Dies when it has sent so many octets: in the key exchange, the login, or the start of the subsystem. */
async function dieOnTheWay(port: number, roll: Roll): Promise<void> {
  const socket = await connected(port)
  const ssh = new ssh2.Client()
  ssh.on('error', () => undefined)
  const limit = 30 + roll(3_000)
  const write = socket.write.bind(socket) as (...given: unknown[]) => boolean
  socket.write = ((...given: unknown[]) => {
    const sent = write(...given)
    if (socket.bytesWritten >= limit) socket.resetAndDestroy()
    return sent
  }) as typeof socket.write
  ssh.on('ready', () => {
    ssh.subsys('netconf', () => undefined)
    setImmediate(() => socket.destroy())
  })
  ssh.connect({ sock: socket, username: 'admin', password: PASSWORD })
  await gone(socket)
}

/** Several sessions of one client, which dies wherever they are. */
async function dieInSessions(port: number, roll: Roll, number: number, sessions: number): Promise<void> {
  const connection = await login({ port, password: PASSWORD })
  await Promise.all(
    Array.from({ length: sessions }, async (_, index) => {
      const hello = [undefined, undefined, undefined, undefined, null, '<hello xmlns="urn:ietf'][roll(6)]
      const client = await Client.open(connection, hello === undefined ? {} : { hello })
      if (hello !== undefined) return
      const script = scripts[roll(scripts.length)] ?? []
      const steps = script.map((step) => edits[step]?.(number * 100 + index) ?? step)
      const waits = roll(5)
      for (const [at, step] of steps.entries()) {
        client.send(rpc(step))
        // Who has no lock changes nothing: a candidate that all share would be committed by another.
        const locking = step === lock('candidate')
        const reply = locking || at < waits ? await client.message(at).catch(() => '') : ''
        if (locking && !reply.includes('<ok/>')) break
      }
      if (roll(4) === 0) client.raw('\n#100\n<rpc')
    }),
  )
  if (roll(2) === 0) await new Promise((resolve) => setImmediate(resolve))
  const closed = kill(connection.socket, roll)
  connection.ssh.destroy()
  await closed
}

const descriptors = (): number => readdirSync('/proc/self/fd').length

test('a thousand clients that die at every step leave nothing behind', async (t) => {
  const seed = Number(process.env.WEFT_FUZZ_SEED ?? 1)
  t.log(`WEFT_FUZZ_SEED=${seed}`)
  const roll = dice(seed)
  const {
    server,
    context,
    datastores,
    connect: open,
    log,
  } = await startAppliance(t, {
    limits: { sessions: 1_000, logins: 1_000, helloTime: 60_000 },
  })
  const { port } = server.address
  const first = await open()
  await first.rpc('<close-session/>')
  first.destroy()
  await until(t, 'the first session is gone', () => server.sessions.length === 0)
  const before = { alive: context.alive, descriptors: descriptors() }

  let killed = 0
  const work = async (): Promise<void> => {
    while (killed < KILLS) {
      const kind = roll(10)
      const sessions = kind < 4 ? 1 : Math.min(1 + roll(8), KILLS - killed)
      killed += sessions
      if (kind < 2) await dieEarly(port, roll)
      else if (kind < 4) await dieOnTheWay(port, roll)
      else await dieInSessions(port, roll, killed, sessions)
    }
  }
  await Promise.all(Array.from({ length: WIDTH }, work))
  t.is(killed, KILLS)

  await until(t, 'all sessions and logins are gone', () => {
    const { sessions, pendingLogins } = server.status()
    return sessions === 0 && pendingLogins === 0 && server.sessions.length === 0
  })
  t.deepEqual(await datastores.locks(), { datastores: [], partial: [] })
  t.is(datastores.confirmation, undefined)
  t.deepEqual((await datastores.compare('running', 'candidate', 10)).lines, [])
  await until(t, 'all handles are gone', () => isDeepStrictEqual(context.alive, before.alive))
  await until(t, 'all descriptors are closed', () => descriptors() <= before.descriptors)
  t.deepEqual(
    log.filter((line) => /internal error|could not be/.test(line)),
    [],
  )
  await datastores.withTree('running', async (running) => {
    t.deepEqual(await running.check(), [])
    const names = await running.find('/ietf-interfaces:interfaces/interface')
    t.deepEqual(
      names.filter((name) => name.includes('trial')),
      [],
      'what was not confirmed',
    )
    const whole = await running.find("/ietf-interfaces:interfaces/interface[description = 'kept']")
    t.is(whole.length, names.length, 'commits are there wholly')
    t.log(`${server.registry.inSessions} sessions were opened, ${names.length} commits made`)
  })
  const last = await open()
  for (const name of ['candidate', 'running']) t.regex(await last.rpc(lock(name)), /<ok\/>/)
  t.regex(await last.rpc(edits.edit?.(0) ?? ''), /<ok\/>/)
  t.regex(await last.rpc('<commit/>'), /<ok\/>/)
})
