import { readdir } from 'node:fs/promises'
import test from 'ava'
import { BASE } from './support/client.js'
import { startAppliance, until } from './support/appliance.js'

const INTERFACES = 20_000
const GET_CONFIG = '<get-config><source><candidate/></source></get-config>'

function configuration(): string {
  const entries = Array.from(
    { length: INTERFACES },
    (_, i) =>
      `<interface><name>port ${i}</name><description>${'d'.repeat(100)}</description>` +
      '<type xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type">ianaift:ethernetCsmacd</type></interface>',
  )
  return `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">${entries.join('')}</interfaces>`
}

test('a client that asks much and never reads takes bounded memory, holds up nobody, and gets all when it reads', async (t) => {
  const appliance = await startAppliance(t, { limits: { spoolBytes: 1024 * 1024 } })
  const { server } = appliance
  const other = await appliance.connect()
  const edit =
    '<edit-config><target><candidate/></target><test-option>set</test-option>' +
    `<config>${configuration()}</config></edit-config>`
  t.regex(await other.rpc(edit), /<ok\/>/)
  const whole = await other.rpc(GET_CONFIG)
  t.is(whole.match(/<interface>/g)?.length, INTERFACES)

  const slow = await appliance.connect()
  slow.socket.pause()
  const asked = 300
  for (let i = 0; i < asked; i++) {
    const rpc = `<rpc xmlns="${BASE}" message-id="${i}">${GET_CONFIG}</rpc>`
    slow.raw(`\n#${rpc.length}\n${rpc}\n##\n`)
  }
  await until(t, 'its first rpc is being answered', () => server.registry.counters.inRpcs >= 3)
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  // What it asked for is 300 times what one reply holds; meanwhile another session edits, reads and locks.
  const small = edit.replace(/(<interface>.*?<\/interface>).*<\/interfaces>/, '$1</interfaces>')
  for (let i = 0; i < 100; i++) {
    t.regex(await other.rpc('<lock><target><running/></target></lock>'), /<ok\/>/)
    t.regex(await other.rpc(small.replace('port 0<', `port new ${i}<`)), /<ok\/>/)
    t.regex(await other.rpc('<unlock><target><running/></target></unlock>'), /<ok\/>/)
  }
  await other.rpc(GET_CONFIG)
  const growth = process.memoryUsage().rss - before
  t.log(`memory grew by ${Math.round(growth / 1e6)} MB`)
  t.true(
    growth < 300e6,
    `memory grew by ${Math.round(growth / 1e6)} MB for replies of ${Math.round((asked * whole.length) / 1e6)} MB`,
  )
  t.true(slow.messages.length === 0)
  const counters = server.sessions.find(({ id }) => id === slow.sessionId)?.counters
  t.true(counters !== undefined && counters.inRpcs < 10)

  slow.socket.resume()
  const first = await slow.message(0)
  t.is(first.match(/<interface>/g)?.length, INTERFACES)
  t.true(first.endsWith('</interfaces></data></rpc-reply>'))
  await slow.message(3)
  t.regex(slow.messages[3] ?? '', /message-id="3"/)
})

test('a reply that went to disk leaves no file, and one that is never read goes with its session', async (t) => {
  const spool = await import('node:os').then(({ tmpdir }) => tmpdir())
  const left = async (): Promise<string[]> =>
    (await readdir(spool)).filter((name) => name.startsWith('weft-reply-'))
  const appliance = await startAppliance(t, { limits: { spoolBytes: 1024, spoolDirectory: spool } })
  const client = await appliance.connect()
  const edit = `<edit-config><target><candidate/></target><test-option>set</test-option><config>${configuration()}</config></edit-config>`
  t.regex(await client.rpc(edit), /<ok\/>/)
  t.is((await client.rpc(GET_CONFIG)).match(/<interface>/g)?.length, INTERFACES)
  t.deepEqual(await left(), [])
  client.socket.pause()
  client.send(`<rpc xmlns="${BASE}" message-id="x">${GET_CONFIG}</rpc>`)
  await until(t, 'the rpc is being answered', () => appliance.server.registry.counters.inRpcs === 3)
  client.destroy()
  await until(t, 'the session is gone', () => appliance.server.sessions.length === 0)
  await until(
    t,
    'its handles are gone',
    () => appliance.context.alive.rpcs === 0 && appliance.context.alive.filters === 0,
  )
  t.deepEqual(await left(), [])
})
