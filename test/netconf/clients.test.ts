/** Clients of other makers against each type of host key, and a choice of ciphers: each reads the server's hello. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { factorySettings, type PublicKey } from '../../netconf/index.js'
import { PASSWORD, startAppliance } from './support/appliance.js'

const run = promisify(execFile)

const hostKeyTypes = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa']

/** A server that offers one type of host key, or one cipher. */
async function serverWith(t: ExecutionContext, hostKey: string[], cipher: string[] = []): Promise<number> {
  const algorithms = { ...factorySettings.algorithms, hostKey, cipher }
  const { server } = await startAppliance(t, { settings: { ...factorySettings, algorithms } })
  return server.address.port
}

async function python(script: string, port: number): Promise<string> {
  const { stdout } = await run('/usr/bin/python3', ['-c', script, String(port), PASSWORD], {
    timeout: 60_000,
  })
  return stdout
}

const paramiko = `
import sys, socket, paramiko
t = paramiko.Transport(socket.create_connection(('127.0.0.1', int(sys.argv[1]))))
t.connect(username='admin', password=sys.argv[2])
c = t.open_session()
c.invoke_subsystem('netconf')
text = b''
while b']]>]]>' not in text:
    text += c.recv(4096)
print(t.host_key_type, t.remote_cipher, text.decode())
t.close()
`
const asyncssh = `
import sys, asyncio, asyncssh
async def main():
    options = dict(username='admin', password=sys.argv[2], known_hosts=None, client_keys=None, config=None)
    async with asyncssh.connect('127.0.0.1', int(sys.argv[1]), **options) as c:
        w, r, _ = await c.open_session(subsystem='netconf')
        text = await r.readuntil(']]>]]>')
        key = c.get_server_host_key()
        print(key.get_algorithm(), c.get_extra_info('recv_cipher'), text)
asyncio.run(main())
`
/** A session of libssh's, and how to have the subsystem once it is logged in. */
const libsshConnect = `
import sys, ctypes
ssh = ctypes.CDLL('libssh.so.4')
for name in ('ssh_new', 'ssh_channel_new', 'ssh_get_error', 'ssh_get_cipher_in'):
    getattr(ssh, name).restype = ctypes.c_void_p
def check(code, what):
    if code != 0:
        sys.exit('%s: %s' % (what, ctypes.string_at(ssh.ssh_get_error(session)).decode()))
HOST, PORT, USER = 0, 1, 4
session = ctypes.c_void_p(ssh.ssh_new())
ssh.ssh_options_set(session, HOST, b'127.0.0.1')
ssh.ssh_options_set(session, PORT, ctypes.byref(ctypes.c_uint(int(sys.argv[1]))))
ssh.ssh_options_set(session, USER, b'admin')
check(ssh.ssh_connect(session), 'connect')
def netconf():
    channel = ctypes.c_void_p(ssh.ssh_channel_new(session))
    check(ssh.ssh_channel_open_session(channel), 'channel')
    check(ssh.ssh_channel_request_subsystem(channel, b'netconf'), 'subsystem')
    return channel
`
const libssh = `${libsshConnect}
check(ssh.ssh_userauth_password(session, None, sys.argv[2].encode()), 'password')
channel = netconf()
text, buffer = b'', ctypes.create_string_buffer(4096)
while b']]>]]>' not in text:
    count = ssh.ssh_channel_read(channel, buffer, 4096, 0)
    if count <= 0:
        sys.exit('the channel ended')
    text += buffer.raw[:count]
key = ctypes.c_void_p()
check(ssh.ssh_get_server_publickey(session, ctypes.byref(key)), 'host key')
ssh.ssh_key_type_to_char.restype = ctypes.c_char_p
name = ssh.ssh_key_type_to_char(ssh.ssh_key_type(key)).decode()
print(name, ctypes.string_at(ssh.ssh_get_cipher_in(session)).decode(), text.decode())
ssh.ssh_disconnect(session)
`
const clients = { paramiko, asyncssh, libssh }

for (const [name, script] of Object.entries(clients)) {
  test(`${name} takes each type of host key`, async (t) => {
    for (const type of hostKeyTypes) {
      const output = await python(script, await serverWith(t, [type]))
      t.true(output.includes('<hello'), type)
      t.regex(output.split(' ')[0] ?? '', new RegExp(type === 'ssh-rsa' ? 'rsa' : type), type)
    }
  })
}

const ciphersOf: Readonly<Record<keyof typeof clients, readonly string[]>> = {
  paramiko: ['aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
  asyncssh: [
    'aes256-ctr',
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
  ],
  libssh: ['aes128-ctr', 'aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com'],
}
for (const [name, ciphers] of Object.entries(ciphersOf)) {
  test(`${name} speaks ${ciphers.join(', ')}`, async (t) => {
    for (const cipher of ciphers) {
      const output = await python(clients[name as keyof typeof clients], await serverWith(t, [], [cipher]))
      t.true(output.includes('<hello'), cipher)
      t.is(output.split(' ')[1], cipher)
    }
  })
}

test('OpenSSH logs in by password, with each type of host key', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'weft-askpass-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const askpass = join(directory, 'askpass')
  await writeFile(askpass, `#!/bin/sh\necho '${PASSWORD}'\n`, { mode: 0o700 })
  for (const type of hostKeyTypes) {
    const port = await serverWith(t, [type])
    const options = ['UserKnownHostsFile=/dev/null', 'StrictHostKeyChecking=no', 'PubkeyAuthentication=no']
    const args = ['-v', '-F', 'none', ...options.flatMap((option) => ['-o', option]), '-p', String(port)]
    const env = { ...process.env, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' }
    const child = run('ssh', [...args, '-s', 'admin@127.0.0.1', 'netconf'], { env, timeout: 60_000 })
    child.child.stdin?.end()
    const { stdout, stderr } = await child
    t.true(stdout.startsWith('<?xml'), type)
    t.regex(stderr, new RegExp(`Server host key: ${type}`))
  }
})

/** Each prints the server's hello; arguments: port, file of the private key, its type. */
const byKey: Readonly<Record<string, string>> = {
  paramiko: `
import sys, socket, paramiko
kind = {'ed25519': paramiko.Ed25519Key, 'ecdsa': paramiko.ECDSAKey, 'rsa': paramiko.RSAKey}[sys.argv[3]]
t = paramiko.Transport(socket.create_connection(('127.0.0.1', int(sys.argv[1]))))
t.connect(username='admin', pkey=kind.from_private_key_file(sys.argv[2]))
c = t.open_session()
c.invoke_subsystem('netconf')
print(c.recv(4096).decode())
t.close()
`,
  asyncssh: `
import sys, asyncio, asyncssh
async def main():
    options = dict(username='admin', client_keys=[sys.argv[2]], known_hosts=None, config=None)
    async with asyncssh.connect('127.0.0.1', int(sys.argv[1]), **options) as c:
        w, r, _ = await c.open_session(subsystem='netconf')
        print(await r.readuntil(']]>]]>'))
asyncio.run(main())
`,
  libssh: `${libsshConnect}
key = ctypes.c_void_p()
check(ssh.ssh_pki_import_privkey_file(sys.argv[2].encode(), None, None, None, ctypes.byref(key)), 'key')
check(ssh.ssh_userauth_publickey(session, None, key), 'login')
channel = netconf()
buffer = ctypes.create_string_buffer(4096)
count = ssh.ssh_channel_read(channel, buffer, 4096, 0)
print(buffer.raw[:count].decode())
ssh.ssh_disconnect(session)
`,
}

test('OpenSSH, paramiko, asyncssh and libssh log in by keys of each type, libssh but for RSA', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'weft-user-keys-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const known = new Set<string>()
  const publicKey = (user: string, { data }: PublicKey): boolean =>
    user === 'admin' && known.has(data.toString('base64'))
  const { server } = await startAppliance(t, {
    authenticate: { password: () => Promise.resolve(false), publicKey },
  })
  const port = String(server.address.port)
  for (const type of ['ed25519', 'ecdsa', 'rsa']) {
    const file = join(directory, type)
    // PEM for those that read nothing else of the older types.
    const format = type === 'ed25519' ? [] : ['-m', 'PEM']
    await run('ssh-keygen', ['-q', '-t', type, ...format, '-N', '', '-f', file])
    known.add((await readFile(`${file}.pub`, 'utf8')).split(' ')[1] ?? '')
    for (const [name, script] of Object.entries(byKey)) {
      // libssh does not learn from ssh2 that RSA signatures over SHA-2 are taken.
      if (name === 'libssh' && type === 'rsa') continue
      const { stdout } = await run('/usr/bin/python3', ['-c', script, port, file, type], { timeout: 60_000 })
      t.true(stdout.includes('<hello'), `${name} by ${type}`)
    }
    const options = ['UserKnownHostsFile=/dev/null', 'StrictHostKeyChecking=no', 'IdentitiesOnly=yes']
    const args = ['-F', 'none', ...options.flatMap((option) => ['-o', option]), '-i', file, '-p', port]
    const child = run('ssh', [...args, '-s', 'admin@127.0.0.1', 'netconf'], { timeout: 60_000 })
    child.child.stdin?.end()
    t.true((await child).stdout.includes('<hello'), `OpenSSH by ${type}`)
  }
})
