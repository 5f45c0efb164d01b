/** Host keys are made anew and removed while the server runs: connections that begin afterwards see it, the others live on. */
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { factorySettings, HostKeys } from '../../netconf/index.js'
import { hostKeys, startAppliance, type Appliance } from './support/appliance.js'

const weft = 'xmlns="urn:weft:params:xml:ns:yang:weft-netconf-server"'
const generate = (type: string, more = ''): string =>
  `<generate-host-key ${weft}><type>${type}</type>${more}</generate-host-key>`
const remove = (type: string): string => `<remove-host-key ${weft}><type>${type}</type></remove-host-key>`

/** With all types of keys; they last as long as the server. */
async function start(t: ExecutionContext, offered: readonly string[] = []): Promise<Appliance> {
  const keys = new HostKeys(await hostKeys())
  const settings = {
    ...factorySettings,
    algorithms: { ...factorySettings.algorithms, hostKey: offered },
  }
  return startAppliance(t, { hostKeys: keys, settings }, [{ name: 'weft-netconf-server' }])
}

/** The fingerprint that a new connection is shown, when it wants this type of key. */
async function shown({ connect }: Appliance, type: string): Promise<string> {
  let fingerprint = ''
  const client = await connect({
    algorithms: { serverHostKey: [type as 'ssh-ed25519'] },
    hostVerifier: (key: Buffer) => {
      fingerprint = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
      return true
    },
  })
  client.destroy()
  return fingerprint
}

test('a new host key is offered to new connections, and the session that made it lives on', async (t) => {
  const appliance = await start(t)
  const client = await appliance.connect()
  const before = await shown(appliance, 'ssh-ed25519')
  const made = /<fingerprint[^>]*>([^<]+)</.exec(await client.rpc(generate('ssh-ed25519')))?.[1] ?? ''
  t.not(made, before)
  t.is(await shown(appliance, 'ssh-ed25519'), made)
  t.is(appliance.server.status().hostKeys.find(({ type }) => type === 'ssh-ed25519')?.fingerprint, made)
  await client.rpc(generate('ssh-rsa', '<bits>2048</bits>'))
  t.is(appliance.server.status().hostKeys.find(({ type }) => type === 'ssh-rsa')?.bits, 2048)
  t.regex(await client.rpc('<validate><source><running/></source></validate>'), /<ok\/>/)
})

test('a host key that is removed is offered no more; the last one offered is kept', async (t) => {
  const appliance = await start(t, ['ssh-ed25519', 'ecdsa-sha2-nistp256'])
  const client = await appliance.connect()
  t.regex(await client.rpc(remove('ecdsa-sha2-nistp256')), /<ok\/>/)
  await t.throwsAsync(shown(appliance, 'ecdsa-sha2-nistp256'))
  t.regex(await client.rpc(remove('ecdsa-sha2-nistp256')), /data-missing/)
  // The RSA key is there, but not offered.
  t.regex(await client.rpc(remove('ssh-ed25519')), /operation-failed.*the only host key that is offered/s)
  t.not(await shown(appliance, 'ssh-ed25519'), '')
  t.regex(await client.rpc(generate('ssh-ed25519', '<bits>2048</bits>')), /invalid-value.*ssh-rsa/s)
  const { algorithms } = factorySettings
  const settings = { ...factorySettings, algorithms: { ...algorithms, hostKey: ['ecdsa-sha2-nistp256'] } }
  await t.throwsAsync(appliance.server.prepare(settings), { message: /ecdsa-sha2-nistp256/ })
})

test('host keys outlive a restart, and so does it that one was removed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'weft-host-keys-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const first = await HostKeys.open(folder)
  const made = await first.generate('ecdsa-sha2-nistp256')
  await first.remove('ssh-rsa')
  const second = await HostKeys.open(folder)
  t.deepEqual(
    second.keys.map(({ type }) => type),
    ['ssh-ed25519', 'ecdsa-sha2-nistp256'],
  )
  t.is(second.keys[1]?.fingerprint, made.fingerprint)
  await second.generate('ssh-rsa', 2048)
  const third = await HostKeys.open(folder)
  t.is(third.keys.find(({ type }) => type === 'ssh-rsa')?.bits, 2048)
  t.false((await readdir(folder)).some((name) => name.endsWith('.removed')))
})
