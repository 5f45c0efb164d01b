import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import ssh2 from 'ssh2'
import type { ClientChannel } from 'ssh2'
import { loadOrCreateHostKeys } from '../../netconf/index.js'
import type { Authenticator } from '../../netconf/index.js'
import { admin, hostKeys, PASSWORD, startAppliance } from './support/appliance.js'
import { BASE, helloOf, login } from './support/client.js'

const run = promisify(execFile)
const generate = (): { private: string; wire: Buffer } => {
  const pair = ssh2.utils.generateKeyPairSync('ed25519')
  // ssh2 cannot read one in a hundred of its own private keys.
  if (ssh2.utils.parseKey(pair.private) instanceof Error) return generate()
  const parsed = ssh2.utils.parseKey(pair.public)
  if (parsed instanceof Error) throw parsed
  return { private: pair.private, wire: parsed.getPublicSSH() }
}

/** Admin, with one public key beside the password. */
const withKey = (wire: Buffer): Authenticator => ({
  ...admin,
  publicKey: (user, key) => user === 'admin' && key.data.equals(wire),
})

async function folder(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'weft-ssh-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return directory
}

test('a user logs in by password', async (t) => {
  const { server } = await startAppliance(t)
  const { ssh } = await login({ port: server.address.port, password: PASSWORD })
  ssh.end()
  t.pass()
})

test('a user logs in by keyboard-interactive', async (t) => {
  const { server } = await startAppliance(t)
  const port = server.address.port
  const socket = connect({ port, host: '127.0.0.1' })
  const ssh = new ssh2.Client()
  t.teardown(() => ssh.destroy())
  const prompts: unknown[] = []
  ssh.on('keyboard-interactive', (_name, _instructions, _language, asked, finish) => {
    prompts.push(...asked)
    finish([PASSWORD])
  })
  ssh.connect({ sock: socket, username: 'admin', tryKeyboard: true, authHandler: ['keyboard-interactive'] })
  await once(ssh, 'ready')
  t.deepEqual(prompts, [{ prompt: 'Password: ', echo: false }])
})

test('a user logs in by a public key that is theirs', async (t) => {
  const key = generate()
  const { server } = await startAppliance(t, { authenticate: withKey(key.wire) })
  const { ssh } = await login({ port: server.address.port, privateKey: key.private })
  ssh.end()
  t.pass()
})

test('an RSA key signs with SHA-2', async (t) => {
  const pair = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 })
  const parsed = ssh2.utils.parseKey(pair.public)
  if (parsed instanceof Error) throw parsed
  const { server } = await startAppliance(t, { authenticate: withKey(parsed.getPublicSSH()) })
  const { ssh } = await login({ port: server.address.port, privateKey: pair.private })
  ssh.end()
  t.pass()
})

const fast = { limits: { loginDelay: 0 } }

test('a wrong password, an unknown user and a key of nobody are refused', async (t) => {
  const key = generate()
  const { server } = await startAppliance(t, { ...fast, authenticate: withKey(key.wire) })
  const port = server.address.port
  await t.throwsAsync(login({ port, password: 'wrong' }), { message: /authentication methods failed/ })
  await t.throwsAsync(login({ port, password: '' }), { message: /authentication methods failed/ })
  await t.throwsAsync(login({ port, username: 'root', password: PASSWORD }), { message: /methods failed/ })
  await t.throwsAsync(login({ port, privateKey: generate().private }), { message: /methods failed/ })
  await t.throwsAsync(login({ port, username: 'root', privateKey: key.private }), {
    message: /methods failed/,
  })
})

test('a known public key with a signature of another key is refused', async (t) => {
  const key = generate()
  const { server } = await startAppliance(t, { ...fast, authenticate: withKey(key.wire) })
  const parsed = ssh2.utils.parseKey(key.private)
  const other = ssh2.utils.parseKey(generate().private)
  if (parsed instanceof Error || other instanceof Error) return t.fail()
  let signed = 0
  class Forger extends ssh2.BaseAgent {
    getIdentities(callback: (error: Error | undefined, keys: ssh2.ParsedKey[]) => void): void {
      callback(undefined, [parsed as ssh2.ParsedKey])
    }
    override sign(_key: unknown, data: Buffer, _options: unknown, callback?: unknown): void {
      signed++
      const done = callback as (error: Error | undefined, signature: Buffer) => void
      done(undefined, (other as ssh2.ParsedKey).sign(data) as unknown as Buffer)
    }
  }
  const agent = new Forger() as unknown as ssh2.BaseAgent
  await t.throwsAsync(login({ port: server.address.port, agent }), { message: /methods failed/ })
  t.is(signed, 1)
})

test('an authenticator that fails refuses', async (t) => {
  const authenticate = { ...admin, password: () => Promise.reject(new Error('disk on fire')) }
  const { server, log } = await startAppliance(t, { ...fast, authenticate })
  await t.throwsAsync(login({ port: server.address.port, password: PASSWORD }))
  t.true(log.some((line) => line.includes('disk on fire')))
  t.false(log.some((line) => line.includes(PASSWORD)))
})

test('a failure is held up, and after six the connection is closed', async (t) => {
  const { server, log } = await startAppliance(t, { limits: { loginDelay: 60 } })
  const socket = connect({ port: server.address.port, host: '127.0.0.1' })
  const ssh = new ssh2.Client()
  t.teardown(() => ssh.destroy())
  let attempts = 0
  const began = performance.now()
  ssh.on('error', () => undefined)
  ssh.connect({
    sock: socket,
    username: 'admin',
    authHandler: (_left: unknown, _partial: unknown, next: (method: object) => void) => {
      attempts++
      next({ type: 'password', username: 'admin', password: `guess ${attempts}` })
    },
  } as ssh2.ConnectConfig)
  await new Promise<void>((closed) => ssh.once('close', () => closed()))
  t.true(performance.now() - began >= (1 + 2 + 4 + 8 + 16 + 32) * 60)
  t.is(log.filter((line) => line.includes('failed (')).length, 6)
  t.false(log.some((line) => line.includes('guess')))
})

test('a refusal takes the login delay, whether the user exists or not', async (t) => {
  const password = async (user: string): Promise<boolean> => {
    if (user === 'admin') await new Promise((resolve) => setTimeout(resolve, 100))
    return false
  }
  const { server } = await startAppliance(t, {
    authenticate: { ...admin, password },
    limits: { loginDelay: 300 },
  })
  for (const username of ['admin', 'nobody']) {
    const began = performance.now()
    await t.throwsAsync(
      login({ port: server.address.port, username, password: 'x', authHandler: ['password'] }),
    )
    const took = performance.now() - began
    t.true(took >= 299, `${username}: ${took} ms`)
  }
})

test('a connection that does not log in is closed', async (t) => {
  const { server } = await startAppliance(t, { limits: { loginTime: 1_500 } })
  const socket = connect({ port: server.address.port, host: '127.0.0.1' })
  socket.resume()
  await once(socket, 'close')
  const { ssh } = await login({ port: server.address.port, password: PASSWORD })
  await once(ssh, 'close')
  t.pass()
})

test('connections without a login are limited, and others get in when they have gone', async (t) => {
  const { server } = await startAppliance(t, { limits: { logins: 2 } })
  const port = server.address.port
  const waiting = [connect({ port, host: '127.0.0.1' }), connect({ port, host: '127.0.0.1' })]
  await Promise.all(waiting.map((socket) => once(socket, 'data')))
  const refused = connect({ port, host: '127.0.0.1' })
  refused.on('error', () => undefined).resume()
  await once(refused, 'close')
  waiting.forEach((socket) => socket.destroy())
  let entered = false
  for (let i = 0; i < 50 && !entered; i++) {
    entered = await login({ port, password: PASSWORD }).then(
      ({ ssh }) => Boolean(ssh.end()),
      () => false,
    )
  }
  t.true(entered)
})

test('bytes that are no SSH end that connection only', async (t) => {
  const { server } = await startAppliance(t)
  for (const bytes of [
    Buffer.alloc(100_000, 'x'),
    Buffer.from('SSH-2.0-x\r\n\xff\xff\xff\xff\xff\xff', 'latin1'),
  ]) {
    const socket = connect({ port: server.address.port, host: '127.0.0.1' })
    socket.on('error', () => undefined).resume()
    socket.write(bytes)
    await once(socket, 'close')
  }
  const { ssh } = await login({ port: server.address.port, password: PASSWORD })
  ssh.end()
  t.pass()
})

test('a shell and a command get one helpful line and status 1; other subsystems are refused', async (t) => {
  const { server } = await startAppliance(t)
  const port = server.address.port
  const open = {
    shell: (ssh: ssh2.Client, done: (error: Error | undefined, channel: ClientChannel) => void) =>
      ssh.shell(done),
    exec: (ssh: ssh2.Client, done: (error: Error | undefined, channel: ClientChannel) => void) =>
      ssh.exec('ls', done),
  }
  for (const [name, start] of Object.entries(open)) {
    const { ssh } = await login({ port, password: PASSWORD })
    const channel = await new Promise<ClientChannel>((resolve, reject) =>
      start(ssh, (error, opened) => (error ? reject(error) : resolve(opened))),
    )
    let text = ''
    channel.on('data', (bytes: Buffer) => (text += bytes.toString()))
    const [status] = (await once(channel, 'close')) as [number]
    t.is(text, `This is a NETCONF server: connect with  ssh -s -p ${port} admin@127.0.0.1 netconf\r\n`, name)
    t.is(status, 1)
    ssh.end()
  }
  const { ssh } = await login({ port, password: PASSWORD })
  await t.throwsAsync(
    new Promise((_resolve, reject) => ssh.subsys('sftp', (error) => reject(error ?? new Error('opened')))),
    { message: /Unable to start subsystem/ },
  )
  ssh.end()
})

test('OpenSSH speaks NETCONF, and is told how when it asks for a shell', async (t) => {
  const key = generate()
  const directory = await folder(t)
  const identity = join(directory, 'key')
  await writeFile(identity, key.private, { mode: 0o600 })
  const [hostKey] = await hostKeys()
  const { server } = await startAppliance(t, { authenticate: withKey(key.wire) })
  const { port } = server.address
  const known = join(directory, 'known_hosts')
  await writeFile(known, `[127.0.0.1]:${port} ${hostKey?.publicKey}\n`)
  const options = [
    '-F',
    'none',
    '-o',
    `UserKnownHostsFile=${known}`,
    '-o',
    'BatchMode=yes',
    '-o',
    'LogLevel=ERROR',
  ]
  const target = [...options, '-i', identity, '-p', String(port), 'admin@127.0.0.1']
  const shell = await t.throwsAsync<Error & { code: number; stdout: string }>(run('ssh', target))
  t.is(shell?.code, 1)
  t.regex(shell?.stdout ?? '', /This is a NETCONF server/)
  const client = spawn('ssh', ['-s', ...target, 'netconf'], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => client.kill())
  let output = ''
  client.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()))
  client.stdin.write(
    `${helloOf('1.0')}]]>]]>\n<rpc xmlns="${BASE}" message-id="1"><close-session/></rpc>]]>]]>\n`,
  )
  const [status] = (await once(client, 'close')) as [number]
  t.is(status, 0)
  t.regex(output, /<hello .*<\/hello>\]\]>\]\]><rpc-reply .*<ok\/><\/rpc-reply>\]\]>\]\]>$/s)
})

test('host keys are made once, readable by their owner only, and their fingerprints are those of OpenSSH', async (t) => {
  const directory = join(await folder(t), 'keys')
  const made = await loadOrCreateHostKeys(directory)
  t.deepEqual(made, await loadOrCreateHostKeys(directory))
  t.deepEqual(
    made.map(({ type }) => type),
    ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa'],
  )
  for (const [index, file] of ['ssh_host_ed25519_key', 'ssh_host_ecdsa_key', 'ssh_host_rsa_key'].entries()) {
    t.is((await stat(join(directory, file))).mode & 0o777, 0o600)
    const { stdout } = await run('ssh-keygen', ['-l', '-f', join(directory, file)])
    t.is(stdout.split(' ')[1], made[index]?.fingerprint)
  }
})

test('a host key that is damaged or open to others is an error that names it, and is left as it was', async (t) => {
  const directory = await folder(t)
  await loadOrCreateHostKeys(directory)
  const file = join(directory, 'ssh_host_ed25519_key')
  await chmod(file, 0o644)
  await t.throwsAsync(loadOrCreateHostKeys(directory), {
    message: /ssh_host_ed25519_key can be read by others/,
  })
  await chmod(file, 0o600)
  await writeFile(file, 'nonsense')
  await t.throwsAsync(loadOrCreateHostKeys(directory), {
    message: /ssh_host_ed25519_key is not a private key/,
  })
  t.is(await readFile(file, 'utf8'), 'nonsense')
})

test('an address that is taken is an error that names it', async (t) => {
  const { server } = await startAppliance(t)
  const { address, port } = server.address
  await t.throwsAsync(startAppliance(t, { listen: { address, port } }), {
    message: new RegExp(`cannot listen for NETCONF on 127.0.0.1:${port}`),
  })
})
