/** The audit log, through the front door: each kind of event leaves its record, and no secret leaves a trace. */
import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { NetconfClient } from '../../src/demo/client.js'
import { field, parse, type AuditRecord } from '../audit/parse.js'
import { untilAlarm } from '../lab/alarms.js'
import { adminPassword, Weftd } from '../lab/weftd.js'

const root = resolve(fileURLToPath(import.meta.url), '../../../..')
const system = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-system"'
const interfaces = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"'
const loopback = (name: string) =>
  `<interfaces ${interfaces}><interface><name>${name}</name><type xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">t:softwareLoopback</type></interface></interfaces>`

async function start(t: ExecutionContext): Promise<Weftd> {
  const weftd = await Weftd.start({ options: ['--no-demo', '--log-level', 'warn'] })
  t.teardown(() => weftd[Symbol.asyncDispose]())
  return weftd
}

/** Between the renaming of a full file and the first record of the next there is none. */
async function lines({ state }: Weftd): Promise<string[]> {
  const text = await readFile(join(state, 'audit.log'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return text.split('\n').filter((line) => line !== '')
}

/** All records, once there is one that `wanted` accepts. */
async function recorded(weftd: Weftd, wanted: (record: AuditRecord) => boolean): Promise<AuditRecord[]> {
  for (;;) {
    const records = (await lines(weftd)).map(parse)
    if (records.some(wanted)) return records
    await new Promise((again) => setTimeout(again, 20))
  }
}

const is =
  (id: string, ...fields: readonly (readonly [string, string])[]) =>
  (record: AuditRecord) =>
    record.id === id && fields.every(([name, value]) => field(record, name) === value)

const rpc = (operation: string, ...fields: readonly (readonly [string, string])[]) =>
  is('rpc', ['operation', operation], ...fields)

async function login(weftd: Weftd, username: string, password: string): Promise<void> {
  const client = await NetconfClient.connect({ host: '127.0.0.1', port: weftd.port, username, password })
  await client[Symbol.asyncDispose]()
}

test('who logged in, failed to, what they did with which result, and how they left', async (t) => {
  const weftd = await start(t)
  const forged = 'eve"] ok\n<110>1 2026-11-21T10:00:00.120Z box weftd 7 login [weft@32473 user="admin"]'
  await t.throwsAsync(login(weftd, forged, 'first guessed password'))
  const client = await weftd.connect()
  await client.rpc('<lock><target><candidate/></target></lock>')
  await client.edit(loopback('lo1'))
  await client.commit()
  await client.rpc('<get-config><source><running/></source></get-config>')
  await client.rpc('<unlock><target><candidate/></target></unlock>')
  await t.throwsAsync(client.rpc('<edit-config><target><running/></target><config/></edit-config>'))
  await t.throwsAsync(client.rpc('<launch-missiles xmlns="urn:none"/>'))
  const victim = await weftd.connect()
  const second = await recorded(weftd, is('session-opened', ['session', '2']))
  t.truthy(second)
  await client.rpc('<kill-session><session-id>2</session-id></kill-session>')
  await t.throwsAsync(victim.rpc('<get/>'))
  await client[Symbol.asyncDispose]()

  const records = await recorded(weftd, is('session-closed', ['session', '1']))
  t.is((await stat(join(weftd.state, 'audit.log'))).mode & 0o777, 0o600)
  t.deepEqual(
    records.map(({ sequence }) => sequence),
    records.map((_, index) => index + 1),
  )
  const once = (wanted: (record: AuditRecord) => boolean, what: string): AuditRecord => {
    const found = records.filter(wanted)
    t.is(found.length, 1, what)
    return found[0] as AuditRecord
  }
  const failed = once(is('login-failed', ['method', 'password']), 'failed login')
  t.is(failed.priority, 13 * 8 + 4)
  t.is(field(failed, 'address'), '127.0.0.1')
  t.is(field(failed, 'user'), forged.replace('\n', '\\u{a}'))
  const logins = records.filter(is('login', ['user', 'admin'], ['method', 'password']))
  t.is(logins.length, 2)
  const opened = once(is('session-opened', ['session', '1']), 'opened')
  t.is(field(opened, 'port'), field(logins[0] as AuditRecord, 'port'))
  const done = records.filter((record) => record.id === 'rpc' && field(record, 'session') === '1')
  t.deepEqual(
    done.map((record) => ['operation', 'target', 'source', 'result'].map((name) => field(record, name))),
    [
      ['lock', 'candidate', undefined, 'ok'],
      ['edit-config', 'candidate', undefined, 'ok'],
      ['commit', undefined, undefined, 'ok'],
      ['get-config', undefined, 'running', 'ok'],
      ['unlock', 'candidate', undefined, 'ok'],
      ['edit-config', undefined, undefined, 'operation-not-supported'],
      ['launch-missiles', undefined, undefined, 'unknown-namespace'],
      ['kill-session', undefined, undefined, 'ok'],
      ['close-session', undefined, undefined, 'ok'],
    ],
  )
  once(rpc('kill-session', ['victim', '2'], ['user', 'admin'], ['address', '127.0.0.1']), 'kill')
  once(is('session-closed', ['session', '2'], ['reason', 'killed by session 1 (admin)']), 'killed')
  once(is('session-closed', ['session', '1'], ['reason', 'close-session']), 'closed')
  const commit = once(is('commit', ['commit', '2']), 'commit')
  t.is(field(commit, 'user'), 'admin')
  t.is(field(commit, 'port'), field(opened, 'port'))
  t.true(Number(field(commit, 'octets')) > 0)
  t.true(
    commit.fields.some(
      ([deed, path]) => deed === 'created' && path === "/ietf-interfaces:interfaces/interface[name='lo1']",
    ),
  )
  once(is('commit', ['commit', '1'], ['user', 'weftd']), 'factory configuration')

  // The example of the documentation is the record of this commit.
  const example = /^<.* commit \[.*$/m.exec(await readFile(join(root, 'docs/audit.md'), 'utf8'))?.[0]
  const known = (line: string) =>
    line.replace(/^(<\d+>1) \S+ \S+ weftd \d+/, '$1').replace(/sequenceId="\d+"|port="\d+"|octets="\d+"/g, '')
  const raw = (await lines(weftd)).find((line) => is('commit', ['commit', '2'])(parse(line)))
  t.is(known(example ?? 'none'), known(raw ?? 'none'))
})

test('a password leaves no trace, in the audit log or elsewhere in the state folder', async (t) => {
  const weftd = await start(t)
  await t.throwsAsync(login(weftd, 'admin', 'wrongly-guessed-secret'))
  const client = await weftd.connect()
  const user = (password: string) =>
    `<system ${system}><authentication><user><name>bob</name><password>${password}</password></user></authentication></system>`
  await client.edit(user('$0$first-clear-secret'))
  await client.commit()
  await client.edit(user('$0$second-clear-secret'))
  await client.commit()
  await t.throwsAsync(client.edit(user('not-a-hash-secret')))
  await client.rpc('<get/>')
  await client[Symbol.asyncDispose]()
  await recorded(weftd, is('session-closed'))
  const records = (await lines(weftd)).map(parse)
  const path = "/ietf-system:system/authentication/user[name='bob']/password"
  const edits = records.filter(
    ({ id, fields }) => id === 'commit' && fields.some(([, value]) => value === path),
  )
  t.deepEqual(
    edits.map((record) => record.fields.find(([, value]) => value === path)?.[0]),
    ['created', 'changed'],
  )
  t.false((await lines(weftd)).some((line) => /\$[0156]\$|secret/.test(line)))
  const found = await promisify(execFile)('grep', [
    ...['-r', '-a', '-l', '-E', `clear-secret|guessed-secret|hash-secret|${adminPassword}`],
    weftd.state,
  ]).catch((error: { stdout: string }) => error)
  t.is(found.stdout, '')
})

test('a commit that nobody confirmed, and the end and start of the appliance', async (t) => {
  const weftd = await start(t)
  const client = await weftd.connect()
  await client.edit(loopback('lo1'))
  await client.rpc('<commit><confirmed/></commit>')
  await client[Symbol.asyncDispose]()
  const reverted = (await recorded(weftd, is('commit-reverted'))).find(is('commit-reverted'))
  t.deepEqual(
    ['commit', 'user', 'session'].map((name) => field(reverted as AuditRecord, name)),
    ['3', 'weftd', '0'],
  )
  t.regex(field(reverted as AuditRecord, 'comment') ?? '', /session 1 ended before it confirmed/)

  const again = await weftd.connect()
  await again.edit(loopback('lo2'))
  await again.rpc('<commit><confirmed/></commit>')
  await recorded(weftd, is('commit', ['commit', '4']))
  await weftd.kill('SIGKILL')
  await weftd.start()
  await recorded(weftd, is('commit-reverted', ['commit', '5']))
  await weftd.kill('SIGTERM')
  const records = (await lines(weftd)).map(parse)
  const life = records.filter(({ id }) => id === 'started' || id === 'stopped')
  t.deepEqual(
    life.map((record) => [record.id, field(record, 'commit')]),
    [
      ['started', '0'],
      ['started', '5'],
      ['stopped', '5'],
    ],
  )
})

test('a syslog server that is configured gets every record from then on, until it is not', async (t) => {
  const weftd = await start(t)
  const received: string[] = []
  const server = createSocket('udp4', (datagram) => received.push(datagram.toString()))
  t.teardown(() => server.close())
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  const audit = (content: string) =>
    `<audit xmlns="urn:weft:params:xml:ns:yang:weft-audit" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">${content}</audit>`
  const client = await weftd.connect()
  const documented = await readFile(join(root, 'docs/audit.md'), 'utf8')
  const [configuration = 'none', question = 'none'] = [...documented.matchAll(/^```xml\n([^]*?)^```$/gm)].map(
    ([, xml]) => xml,
  )
  await client.edit(configuration)
  await client.rpc('<validate><source><candidate/></source></validate>')
  await client.rpc('<discard-changes/>')
  await t.throwsAsync(client.edit(audit('<syslog><name>noc</name><address>nowhere</address></syslog>')), {
    message: /nowhere/,
  })
  await client.edit(
    audit(
      `<reads>false</reads><file><size>65536</size><keep>1</keep></file><syslog><name>noc</name><address>127.0.0.1</address><port>${server.address().port}</port></syslog>` +
        '<syslog><name>gone</name><transport>tcp</transport><address>127.0.0.1</address><port>1</port></syslog>',
    ),
  )
  await client.commit()
  await client.rpc('<get-config><source><running/></source></get-config>')
  await client.rpc('<validate><source><candidate/></source></validate>')
  while (received.length < 3) await once(server, 'message')
  t.deepEqual(
    received
      .map(parse)
      .map((record) => [record.id, field(record, 'operation')])
      .sort(),
    [
      ['commit', undefined],
      ['rpc', 'commit'],
      ['rpc', 'validate'],
    ],
  )
  const state = await client.rpc(question)
  t.regex(
    state,
    /<syslog><name>noc<\/name><written>3<\/written><lost>0<\/lost><waiting>0<\/waiting><\/syslog>/,
  )

  await untilAlarm(client, 'audit-not-written gone')
  const remove = (name: string) => `<syslog nc:operation="remove"><name>${name}</name></syslog>`
  await client.edit(audit(remove('noc') + remove('gone')))
  await client.commit()
  await untilAlarm(client, '(audit-not-written gone)')
  await client.rpc('<validate><source><candidate/></source></validate>')
  // Each of these is recorded under some 300 octets, and the file holds 65,536.
  await Promise.all(
    Array.from({ length: 300 }, () => client.send('<unlock><target><candidate/></target></unlock>')),
  )
  await client[Symbol.asyncDispose]()
  await recorded(weftd, is('session-closed'))
  const last = received.map(parse)
  t.deepEqual(
    last.slice(3).map((record) => field(record, 'operation')),
    ['edit-config'],
  )
  const files = await Promise.all(
    ['audit.log', 'audit.log.1'].map((name) => readFile(join(weftd.state, name), 'utf8')),
  )
  t.true(files.every((text) => text.length <= 65_536 && text.endsWith('\n')))
  const sequence = `${files[1]}${files[0]}`
    .split('\n')
    .slice(0, -1)
    .map((line) => parse(line).sequence)
  t.deepEqual(
    sequence,
    sequence.map((_, index) => (sequence[0] as number) + index),
  )
})
