/** The command line: options, bad surroundings, and that nothing is left behind. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { NetconfClient } from '../../src/demo/client.js'
import { run, Weftd } from '../lab/weftd.js'

const root = resolve(fileURLToPath(import.meta.url), '../../../..')
const weftd = (...args: string[]) => run(process.execPath, [join(root, 'bin/weftd'), ...args])

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'weft-cli-'))
  t.teardown(async () => {
    await run(process.execPath, [join(root, 'bin/weft'), 'down', '--state', path])
    await rm(path, { recursive: true, force: true })
  })
  return path
}

test('--help lists every option', async (t) => {
  const { stdout, code } = await weftd('--help')
  t.is(code, 0)
  for (const option of [
    '--state',
    '--netconf',
    '--no-demo',
    '--port',
    '--log-level',
    '--writable-running',
    '--startup',
    '--url-folder',
    'WEFT_ADMIN_PASSWORD',
  ]) {
    t.true(stdout.includes(option), option)
  }
})

for (const [args, expected] of [
  [['--nonsense'], /--nonsense/],
  [['--netconf', 'localhost'], /ADDRESS:PORT.*'localhost'/],
  [['--netconf', '127.0.0.1:99999'], /ADDRESS:PORT/],
  [['--port', 'wan'], /NAME=DEVICE.*'wan'/],
  [['--port', 'a=x', '--port', 'b=x'], /share a name or a device/],
  [['--url-folder', '/proc/version'], /a folder that exists, not '\/proc\/version'/],
  [['--log-level', 'loud'], /error, warn, info, debug, not 'loud'/],
] as const) {
  test(`a wrong use is refused with status 2: ${args.join(' ')}`, async (t) => {
    const { stderr, code } = await weftd(...args)
    t.is(code, 2)
    t.regex(stderr, expected)
  })
}

test('a state folder that is a file is named in the error', async (t) => {
  const path = join(await folder(t), 'file')
  await writeFile(path, '')
  const { stderr, code } = await weftd('--state', path, '--netconf', '127.0.0.1:0')
  t.is(code, 1)
  t.true(stderr.includes(`state folder ${path} can't be used`), stderr)
})

/** Runs Node with arguments as an ordinary user: the one who runs the tests, or, when that is root, another. */
function runAsUser(args: readonly string[]) {
  if (process.getuid?.() !== 0) return run(process.execPath, args)
  const other = ['--reuid=65534', '--regid=65534', '--clear-groups', '--']
  return run('setpriv', [...other, process.execPath, ...args])
}

test('an unreadable state folder is named in the error', async (t) => {
  const path = join(await folder(t), 'state')
  await mkdir(path)
  await chmod(path, 0)
  t.teardown(() => chmod(path, 0o700))
  await chmod(resolve(path, '..'), 0o755)
  const { stderr, code } = await runAsUser([join(root, 'bin/weftd'), '--state', path])
  t.is(code, 1)
  t.true(stderr.includes(`state folder ${path} can't be used: permission denied`), stderr)
})

test('--port says that it needs real capabilities', async (t) => {
  const path = await folder(t)
  await chmod(path, 0o777)
  const options = [
    '--state',
    join(path, 'state'),
    '--netconf',
    '127.0.0.1:0',
    '--no-demo',
    '--port',
    'wan=eth9',
  ]
  const { stderr, code } = await runAsUser([join(root, 'bin/weftd'), ...options])
  await runAsUser([join(root, 'bin/weft'), 'down', '--state', join(path, 'state')])
  t.is(code, 1)
  t.regex(stderr, /--port wan=eth9 needs CAP_NET_ADMIN/)
})

test('a NETCONF port that is taken is named in the error, and nothing is left running', async (t) => {
  const state = await folder(t)
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  const { stderr, code } = await weftd('--state', state, '--netconf', `127.0.0.1:${port}`, '--no-demo')
  t.is(code, 1)
  t.regex(stderr, new RegExp(`127\\.0\\.0\\.1.*${port}`))
  t.deepEqual(await processesOf(state), [])
  // Nothing was stored, so the password is not lost: the next start is the first.
  const next = await Weftd.start({ state, options: ['--no-demo', '--log-level', 'warn'] })
  t.teardown(() => next[Symbol.asyncDispose]())
  await (await next.connect())[Symbol.asyncDispose]()
})

test('a state folder where no folder can be made is refused', async (t) => {
  const { stderr, code } = await weftd('--state', '/proc/weft', '--netconf', '127.0.0.1:0')
  t.is(code, 1)
  t.true(stderr.includes("state folder /proc/weft can't be used"), stderr)
})

test('a second weftd on a state folder is refused, and the first goes on', async (t) => {
  const first = await Weftd.start({ options: ['--log-level', 'warn'] })
  t.teardown(() => first[Symbol.asyncDispose]())
  const { stderr, code } = await weftd('--state', first.state, '--netconf', '127.0.0.1:0')
  t.is(code, 1)
  t.true(stderr.includes(first.state), stderr)
  t.true(await first.pings('h1', '198.51.100.2'))
})

/** Command lines of the processes that name a path. */
async function processesOf(path: string): Promise<string[]> {
  const { stdout } = await run('pgrep', ['-af', path])
  return stdout.split('\n').filter((line) => line !== '' && !line.includes('pgrep'))
}

test('the signals of Ctrl-C and of a service manager leave no process and no namespace', async (t) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const weftd = await Weftd.start()
    t.teardown(() => weftd[Symbol.asyncDispose]())
    t.true((await processesOf(weftd.state)).length >= 3)
    await weftd.kill(signal)
    t.deepEqual(await processesOf(weftd.state), [])
    t.notRegex(weftd.output, / error /)
  }
})

test('the generated password is printed once and works', async (t) => {
  const weftd = await Weftd.start({ environment: { WEFT_ADMIN_PASSWORD: '' } })
  t.teardown(() => weftd[Symbol.asyncDispose]())
  const password = /password ([a-z0-9]{20})/.exec(weftd.output)?.[1] as string
  const to = { host: '127.0.0.1', port: weftd.port, username: 'admin' }
  await using client = await NetconfClient.connect({ ...to, password })
  t.notRegex(await client.rpc('<get-config><source><running/></source></get-config>'), /\$0\$/)
  await t.throwsAsync(NetconfClient.connect({ ...to, password: 'wrong' }), { message: /authentication/ })
  await weftd.kill('SIGTERM')
  await weftd.start()
  t.false(weftd.output.includes(password))
  await (await NetconfClient.connect({ ...to, password }))[Symbol.asyncDispose]()
})

test('it runs as an ordinary user', async (t) => {
  const path = await folder(t)
  await chmod(path, 0o777)
  const script = `
import { Weftd } from ${JSON.stringify(join(root, 'build/test/lab/weftd.js'))}
const weftd = await Weftd.start({ state: ${JSON.stringify(join(path, 'state'))} })
console.log(process.getuid(), await weftd.pings('h1', '198.51.100.2'), await weftd.pings('h1', '2001:db8:2::2'))
await weftd[Symbol.asyncDispose]()
`
  const { stdout, stderr } = await runAsUser(['--input-type=module', '-e', script])
  t.regex(stdout, /^[1-9]\d* true true\n$/, stderr)
})
