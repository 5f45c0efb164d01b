import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { NetconfClient } from '../../src/demo/client.js'
import { adminPassword, Weftd } from '../lab/weftd.js'

const run = promisify(execFile)
const base = 'urn:ietf:params:xml:ns:netconf:base:1.0'
const server = (content: string): string =>
  `<netconf-server xmlns="urn:weft:params:xml:ns:yang:weft-netconf-server">${content}</netconf-server>`
const edit = (config: string): string =>
  `<edit-config><target><candidate/></target><config xmlns:nc="${base}">${config}</config></edit-config>`
const lock = '<lock><target><candidate/></target></lock>'

async function weftd(t: ExecutionContext): Promise<Weftd> {
  const started = await Weftd.start({ options: ['--no-demo', '--log-level', 'warn'] })
  t.teardown(() => started[Symbol.asyncDispose]())
  return started
}

async function folder(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'weft-management-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return directory
}

async function listen(): Promise<{ port: number; close: () => Promise<void> }> {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as AddressInfo
  return { port, close: () => new Promise((resolve) => taken.close(() => resolve())) }
}

const connect = (port: number): Promise<NetconfClient> =>
  NetconfClient.connect({ host: '127.0.0.1', port, username: 'admin', password: adminPassword })

/** An OpenSSH client with a key, in a session of base:1.0. */
function openssh(port: number, identity: string) {
  const options = [
    'UserKnownHostsFile=/dev/null',
    'StrictHostKeyChecking=no',
    'BatchMode=yes',
    'LogLevel=ERROR',
  ]
  return spawn(
    'ssh',
    [
      ...['-F', 'none', ...options.flatMap((option) => ['-o', option])],
      ...['-i', identity, '-p', String(port), '-s', 'admin@127.0.0.1', 'netconf'],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
}
const hello = `<hello xmlns="${base}"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>]]>]]>`
const rpc = (content: string): string => `<rpc xmlns="${base}" message-id="1">${content}</rpc>]]>]]>`

test('an authorized key lets OpenSSH in; one that stops answering loses its session and its lock', async (t) => {
  const appliance = await weftd(t)
  const directory = await folder(t)
  const identity = join(directory, 'key')
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', identity])
  const [algorithm, data] = (await readFile(`${identity}.pub`, 'utf8')).split(' ')
  await using client = await appliance.connect()
  await client.rpc(
    edit(
      '<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><authentication><user><name>admin</name>' +
        `<authorized-key><name>laptop</name><algorithm>${algorithm}</algorithm><key-data>${data}</key-data></authorized-key>` +
        '</user></authentication></system>' +
        server('<ssh><keepalive><interval>1</interval><count>1</count></keepalive></ssh>'),
    ),
  )
  await client.rpc('<commit/>')
  const ssh = openssh(appliance.port, identity)
  t.teardown(() => ssh.kill('SIGKILL'))
  let output = ''
  ssh.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()))
  ssh.stdin.write(hello + rpc(lock))
  while (!output.includes('<ok/>')) await once(ssh.stdout, 'data')
  await t.throwsAsync(client.rpc(lock), { message: /lock/ })
  ssh.kill('SIGSTOP')
  const began = performance.now()
  let locked = false
  while (!locked && performance.now() - began < 20_000) {
    locked = await client.rpc(lock).then(
      () => true,
      () => new Promise<false>((resolve) => setTimeout(() => resolve(false), 100)),
    )
  }
  t.true(locked)
})

test('a commit moves the endpoint that it came by, and its session lives on; a restart listens there again', async (t) => {
  const appliance = await weftd(t)
  const free = await listen()
  await free.close()
  const client = await appliance.connect()
  t.teardown(() => client[Symbol.asyncDispose]())
  const endpoint = (port: number): string =>
    server(`<endpoint><name>lan</name><address>127.0.0.1</address><port>${port}</port></endpoint>`)

  const page = fileURLToPath(new URL('../../../docs/netconf-server.md', import.meta.url))
  const documented = [...(await readFile(page, 'utf8')).matchAll(/^```xml\n([^]*?)^```$/gm)].map(
    ([, xml]) => xml,
  )
  const question = documented.pop() as string
  const isOperation = (xml = ''): boolean => xml.includes('-host-key xmlns')
  const configs = documented.filter((xml) => !isOperation(xml))
  t.is(configs.length, 3)
  for (const config of configs) await client.rpc(edit(config as string))
  await client.rpc('<validate><source><candidate/></source></validate>')
  await client.rpc('<discard-changes/>')
  const operations = documented.filter(isOperation)
  t.is(operations.length, 2)
  for (const operation of operations) await client.rpc(operation as string)

  const taken = await listen()
  t.teardown(taken.close)
  await client.rpc(edit(endpoint(taken.port)))
  const refusal = await t.throwsAsync(client.rpc('<commit/>'))
  t.regex(refusal?.message ?? '', new RegExp(`cannot listen for NETCONF on 127.0.0.1:${taken.port}`))
  await (await appliance.connect())[Symbol.asyncDispose]()

  await client.rpc(edit(endpoint(free.port)))
  await client.rpc('<commit/>')
  const before = appliance.port
  await t.throwsAsync(connect(before))
  const state = await client.rpc(question)
  t.regex(state, new RegExp(`<port>${free.port}</port><endpoint>lan</endpoint>`))
  t.regex(state, /<fingerprint>SHA256:/)
  await (await connect(free.port))[Symbol.asyncDispose]()

  await appliance.kill('SIGTERM')
  await appliance.start()
  t.is(appliance.port, free.port)
  await (await connect(free.port))[Symbol.asyncDispose]()
})
