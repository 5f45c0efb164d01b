import { chmodSync, existsSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import { connectKeeper, startKeeper } from '../../dataplane/client/index.js'
import { keeperProgram } from '../../dataplane/client/keeper.js'
import { startTimeOf } from '../../dataplane/client/process-file.js'
import { Lab } from '../lab/lab.js'
import { until } from '../lab/router.js'

const execute = promisify(execFile)
// Only root can become another user: run by anybody else, this test is told as skipped.
const asRoot = process.getuid?.() === 0 ? test : test.skip

/** Writes bytes to the keeper as they are, and collects so many lines of answers, or what came before it hung up. */
function raw(path: string, bytes: string | Buffer, lines: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(bytes))
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString()
      if (text.split('\n').length > lines) socket.end()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text.split('\n').slice(0, -1)))
  })
}

test('a namespace is made once and found again by its name', async (t) => {
  await using lab = await Lab.create()
  const first = await lab.keeper.namespace('h1')
  const again = await lab.keeper.namespace('h1')
  t.deepEqual(first, again)
  t.is(first.keeper, lab.keeper.pid)
  t.deepEqual([...(await lab.keeper.namespaces()).keys()], ['chassis', 'h1', 'ports'])
  await lab.keeper.dropNamespace('h1')
  t.deepEqual([...(await lab.keeper.namespaces()).keys()], ['chassis', 'ports'])
  await t.throwsAsync(lab.keeper.dropNamespace('h1'), { message: 'keeper: there is no namespace h1' })
  await t.throwsAsync(lab.keeper.dropNamespace('ports'), { message: "keeper: ports can't be dropped" })
})

test('a namespace of guests goes with the last of them, unless it was there before', async (t) => {
  await using lab = await Lab.create()
  const all = async () => [...(await lab.keeper.namespaces()).keys()].join(' ')
  const made = await lab.keeper.request('guest box one')
  t.is(await lab.keeper.request('guest box two'), made)
  t.is(await lab.keeper.request('guest box two'), made)
  t.is((await lab.keeper.namespace('box')).path, made)
  t.is(await lab.keeper.request('guests'), 'one=box two=box')
  await t.throwsAsync(lab.keeper.request('guest other one'), { message: /one holds namespace box already/ })
  await lab.keeper.request('release two')
  t.is(await all(), 'box chassis ports')
  await lab.keeper.request('release one')
  t.is(await all(), 'chassis ports')
  await t.throwsAsync(lab.keeper.request('release one'), { message: /one holds no namespace/ })
  await lab.keeper.namespace('box')
  await lab.keeper.request('guest box one')
  await lab.keeper.request('release one')
  t.is(await all(), 'box chassis ports')
})

test('the kernels of ports and chassis neither forward nor answer for what is not theirs', async (t) => {
  await using lab = await Lab.create()
  const read = async (host: string, ...keys: string[]) =>
    (await (await lab.host(host)).exec('cat', ...keys.map((key) => `/proc/sys/net/${key}`)))
      .trim()
      .split('\n')
  t.deepEqual(
    await read(
      'chassis',
      'ipv4/ip_forward',
      'ipv4/conf/all/rp_filter',
      'ipv4/conf/default/rp_filter',
      'ipv4/conf/all/arp_ignore',
      'ipv4/conf/all/send_redirects',
      'ipv6/conf/all/forwarding',
      'ipv6/conf/default/accept_ra',
    ),
    ['0', '0', '0', '1', '0', '0', '0'],
  )
  t.deepEqual(
    await read('ports', 'ipv4/ip_forward', 'ipv6/conf/default/disable_ipv6', 'ipv4/conf/default/arp_ignore'),
    ['0', '1', '8'],
  )
  t.regex(await (await lab.host('chassis')).ip('link', 'show', 'lo'), /LOOPBACK,UP/)
})

test('malformed requests are answered with an error each, and harm nobody', async (t) => {
  await using lab = await Lab.create()
  const requests = [
    '',
    '   ',
    'nonsense',
    'namespace',
    'namespace a b',
    'namespace ../../etc',
    `namespace ${'x'.repeat(33)}`,
    'tap nowhere eth0 tap',
    'tap chassis 2/1 tap',
    'tap chassis device-name-of-16 tap',
    'tap chassis eth0 bridge',
    'tap chassis eth0 tap multi-queue',
    'tap chassis eth0 tap 0 17',
    'tap chassis eth0 tap 2 2',
    'tap chassis eth0 tap -1 2',
    'drop-tap chassis eth0',
    'socket ports x 3 0',
    'socket ports -1 3 0',
    'socket ports 1 1 0',
    'socket ports 17 77 0',
    'socket nowhere 17 3 0',
    'xdp nowhere p1 native 1',
    'xdp ports eth7 native 1',
    'xdp ports eth7 offloaded 1',
    'xdp ports eth7 native 0',
    'xdp ports eth7 native 65',
    'xdp ports eth7',
    'program nowhere eth7 xdp 1',
    'program ports eth7 tc 1',
    'program ports eth7 xdp 0',
    'program ports eth7 tcx 0',
    'program ports eth7 xdp 2147483647',
    'program ports eth7',
    'busy-poll ports eth7 on',
    'busy-poll nowhere eth7 off',
    'busy-poll ports eth7 maybe',
    '\u0000\u0001\u00ff',
  ]
  const answers = await raw(
    lab.keeperSocket,
    requests.map((request) => `${request}\n`).join(''),
    requests.length,
  )
  t.is(answers.length, requests.length)
  for (const [i, answer] of answers.entries()) t.regex(answer, /^error ./, requests[i] ?? '')
  t.is(answers[2], 'error unknown request')
  t.is(answers[7], 'error there is no namespace nowhere')

  t.deepEqual(await raw(lab.keeperSocket, 'x'.repeat(5000), 2), ['error a request has at most 1024 bytes'])
  t.deepEqual(await raw(lab.keeperSocket, `${'y'.repeat(2000)}\npid\n`, 2), [
    'error a request has at most 1024 bytes',
    `ok ${lab.keeper.pid} user-namespace`,
  ])
  t.is((await connectKeeper(lab.keeperSocket)).pid, lab.keeper.pid)
})

test('a client that goes away in the middle of a line, or never reads, harms nobody', async (t) => {
  await using lab = await Lab.create()
  await new Promise<void>((resolve) => {
    const socket = connect(lab.keeperSocket, () =>
      socket.write('namespa', () => resolve(void socket.destroy())),
    )
  })
  const deaf = connect(lab.keeperSocket)
  deaf.pause()
  deaf.on('error', () => undefined)
  deaf.write('namespaces\n'.repeat(20_000))
  t.is((await lab.keeper.namespace('h1')).keeper, lab.keeper.pid)
  deaf.destroy()
})

test('an idle keeper uses no processor time', async (t) => {
  await using lab = await Lab.create()
  await lab.keeper.namespace('h1')
  const ticks = async () => {
    const fields = (await execute('cat', [`/proc/${lab.keeper.pid}/stat`])).stdout
      .replace(/^.*\) /s, '')
      .split(' ')
    return Number(fields[11]) + Number(fields[12])
  }
  const before = await ticks()
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.true((await ticks()) - before <= 1)
})

test("the socket is its user's alone", async (t) => {
  await using lab = await Lab.create()
  t.is(statSync(lab.keeperSocket).mode & 0o777, 0o600)
})

asRoot('another user is refused, even if he gets at the socket', async (t) => {
  await using lab = await Lab.create()
  const script = [
    'import socket, sys',
    's = socket.socket(socket.AF_UNIX)',
    's.connect(sys.argv[1])',
    'print(s.recv(100).decode(), end="")',
  ].join('\n')
  const asNobody = () =>
    execute('setpriv', [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      '/usr/bin/python3',
      '-c',
      script,
      lab.keeperSocket,
    ])
  chmodSync(dirname(lab.keeperSocket), 0o755)
  await t.throwsAsync(asNobody(), { message: /PermissionError/ })
  chmodSync(lab.keeperSocket, 0o666)
  t.is((await asNobody()).stdout, 'error this keeper serves another user\n')
})

test('one that listens there is found, not started twice', async (t) => {
  await using lab = await Lab.create()
  const options = { socketPath: lab.keeperSocket, logFile: `${lab.folder}/again.log` }
  await using again = await startKeeper(options)
  t.is(again.pid, lab.keeper.pid)
  await t.throwsAsync(execute(keeperProgram, ['--socket', lab.keeperSocket]), {
    message: /another keeper is listening there/,
  })
  t.is((await connectKeeper(lab.keeperSocket)).pid, lab.keeper.pid)
})

test('a path that no unix socket can have is refused with its length', async (t) => {
  const socketPath = `/tmp/${'p'.repeat(120)}`
  await t.throwsAsync(startKeeper({ socketPath, logFile: '/dev/null' }), {
    message: /at most 107 bytes, this one has 125/,
  })
  await t.throwsAsync(execute(keeperProgram, ['--socket', socketPath]), {
    message: /1 to 107 bytes, this one 125/,
  })
})

test('quit ends it, and its namespaces with it', async (t) => {
  await using lab = await Lab.create()
  const { pid } = lab.keeper
  const { path } = await lab.keeper.namespace('h1')
  t.true(existsSync(path))
  await lab.keeper.quit()
  await until('the keeper is gone', () => startTimeOf(pid) === undefined)
  t.false(existsSync(path))
  t.false(existsSync(lab.keeperSocket))
})
