/**
 * Captures and mirrors, on an appliance with the demo chassis: what clients are given is judged by tcpdump, and what h2 is sent
 * by a tcpdump there.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { ExecutionContext } from 'ava'
import type { NetconfClient } from '../../src/demo/client.js'
import type { Weftd } from '../lab/weftd.js'

const execute = promisify(execFile)
const xmlns = 'xmlns="urn:weft:params:xml:ns:yang:weft-capture"'
const mirrors = (content: string): string =>
  `<mirrors xmlns="urn:weft:params:xml:ns:yang:weft-mirror">${content}</mirrors>`

const rpc = (name: string, content: string): string => `<${name} ${xmlns}>${content}</${name}>`
const start = (content: string): string => rpc('start-capture', content)

/** Frames of a capture, a line each. */
async function frames(t: ExecutionContext, pcapng: Buffer): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-capture-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'it.pcapng')
  await writeFile(file, pcapng)
  const { stdout } = await execute('tcpdump', ['-nn', '-e', '-r', file])
  return stdout.trim().split('\n')
}

const octetsOf = (reply: string, leaf: string): Buffer =>
  Buffer.from(new RegExp(`<${leaf}[^>]*>([^<]*)<`).exec(reply)?.[1] ?? '', 'base64')

/** Pings until it is done. */
async function whilePinging<Value>(weftd: Weftd, address: string, work: Promise<Value>): Promise<Value> {
  let ended = false
  const value = work.finally(() => (ended = true))
  value.catch(() => undefined)
  while (!ended) await weftd.exec('h1', 'ping', '-n', '-c', '1', '-W', '1', address)
  return await value
}

async function shown(client: NetconfClient, name: string): Promise<string> {
  const all = await client.rpc(`<get><filter><captures ${xmlns}/></filter></get>`)
  return new RegExp(`<capture>\\s*<name>${name}</name>.*?</capture>`, 's').exec(all)?.[0] ?? ''
}

async function ended(client: NetconfClient, name: string): Promise<string> {
  for (const since = Date.now(); Date.now() - since < 30_000;) {
    const state = await shown(client, name)
    if (state.includes('<state>ended</state>')) return state
    await setTimeout(50)
  }
  throw new Error(`capture ${name} did not end`)
}

export async function captures(t: ExecutionContext, weftd: Weftd, client: NetconfClient): Promise<void> {
  // To a file: a ping as it comes and its answer as it leaves.
  await client.rpc(
    start('<name>ping</name><interface>p1</interface><filter>icmp</filter><max-packets>2</max-packets>'),
  )
  const state = await whilePinging(weftd, '198.51.100.2', ended(client, 'ping'))
  t.regex(state, /<end-reason>packets<.*<packets>2</s)
  t.is((await stat(join(weftd.state, 'captures/ping.pcapng'))).mode & 0o777, 0o600)
  const whole = octetsOf(await client.rpc(rpc('read-capture', '<name>ping</name>')), 'data')
  const parts = [0, 100].map((offset) =>
    client.rpc(
      rpc(
        'read-capture',
        `<name>ping</name><offset>${offset}</offset><length>${offset ? 1e6 : 100}</length>`,
      ),
    ),
  )
  t.deepEqual(Buffer.concat((await Promise.all(parts)).map((reply) => octetsOf(reply, 'data'))), whole)
  const [request, answer] = await frames(t, whole)
  t.regex(
    request ?? '',
    / In .*192\.0\.2\.2 > 198\.51\.100\.2: ICMP echo request| 192\.0\.2\.2 > 198\.51\.100\.2: ICMP echo request/,
  )
  t.regex(answer ?? '', /198\.51\.100\.2 > 192\.0\.2\.2: ICMP echo reply/)
  t.true(whole.includes('port p1'))

  // To the reply: where a packet is dropped, and why.
  const dropped = await whilePinging(
    weftd,
    '203.0.113.9',
    client.rpc(
      start(
        '<to>reply</to><drops>ip4-lookup/no-route</drops><filter>icmp</filter><max-packets>1</max-packets>',
      ),
    ),
  )
  t.regex(dropped, /<end-reason[^>]*>packets</)
  const pcapng = octetsOf(dropped, 'pcapng')
  t.true(pcapng.includes('ip4-lookup/no-route'))
  t.regex((await frames(t, pcapng)).join('\n'), /192\.0\.2\.2 > 203\.0\.113\.9: ICMP echo request/)

  for (const [content, message] of [
    ['<name>x</name><filter>udp port</filter>', /syntax error/],
    ['<name>x</name><interface>p9</interface>', /there is no interface 'p9'/],
    ['<name>x</name><drops>ip4-lookup/luck</drops>', /there is no drop 'ip4-lookup\/luck'/],
    ['<name>ping</name>', /there is a capture ping already/],
    ['<interface>p1</interface>', /a capture to a file needs a name/],
    ['<name>../x</name>', /\.\.\/x/],
    ['<to>reply</to><max-size>4194305</max-size>', /a reply has at most 4194304 octets/],
    ['<name>x</name><member>7</member>', /there is no member 7/],
  ] as const)
    await t.throwsAsync(client.rpc(start(content)), { message }, content)
  await client.rpc(rpc('delete-capture', '<name>ping</name>'))
  await t.throwsAsync(client.rpc(rpc('read-capture', '<name>ping</name>')), {
    message: /there is no capture ping/,
  })

  // Stopped; a time limit is met without packets; one that is under way is not deleted.
  await client.rpc(start('<name>long</name><interface>p2</interface><max-seconds>3600</max-seconds>'))
  await t.throwsAsync(client.rpc(rpc('delete-capture', '<name>long</name>')), { message: /under way/ })
  t.true(await weftd.pings('h1', '198.51.100.2'))
  await client.rpc(rpc('stop-capture', '<name>long</name>'))
  t.regex(await shown(client, 'long'), /<end-reason>stopped</)
  const short = await client.rpc(
    start('<to>reply</to><filter>ip proto 253</filter><max-seconds>1</max-seconds>'),
  )
  t.regex(short, /<end-reason[^>]*>time</)
}

/** ICMP types and addresses of the first two frames of pings to the box that come by. */
const listener = `
import socket
seen = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
seen.bind(('eth0', 0))
seen.settimeout(60)
told = 0
while told < 2:
    frame, where = seen.recvfrom(2048)
    source, destination = (socket.inet_ntoa(frame[at:at + 4]) for at in (26, 30))
    if where[2] != socket.PACKET_OUTGOING and frame[12:14] == b'\\x08\\x00' and '192.0.2.1' in (source, destination):
        print(frame[34], source, '>', destination)
        told += 1
`

export async function mirroring(t: ExecutionContext, weftd: Weftd, client: NetconfClient): Promise<void> {
  await client.edit(
    mirrors(
      '<mirror><name>tap</name><source><interface>p1</interface></source><destination>p2</destination><filter>icmp</filter></mirror>',
    ),
  )
  await client.commit()
  const seen = weftd.exec('h2', '/usr/bin/python3', '-c', listener)
  const { stdout, stderr } = await whilePinging(weftd, '192.0.2.1', seen)
  t.is(stdout, '8 192.0.2.2 > 192.0.2.1\n0 192.0.2.1 > 192.0.2.2\n', stderr)
  const state = await client.rpc(`<get><filter>${mirrors('')}</filter></get>`)
  t.true(Number(/<packets>(\d+)</.exec(state)?.[1]) >= 2, state)

  const refused = async (change: string, message: RegExp): Promise<void> => {
    await t.throwsAsync(
      client.edit(mirrors(`<mirror><name>tap</name>${change}</mirror>`)).then(() => client.commit()),
      { message },
    )
    await client.rpc('<discard-changes/>')
  }
  await refused('<destination>p1</destination>', /what is sent would be copied again/)
  await refused('<filter>port</filter>', /syntax error/)
  await client.edit(
    mirrors(
      '<mirror xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"><name>tap</name></mirror>',
    ),
  )
  await client.commit()
  t.notRegex(await client.rpc(`<get><filter>${mirrors('')}</filter></get>`), /tap/)
}

/** The engine is killed, and started again by weftd. */
export async function captureOfKilledEngine(
  t: ExecutionContext,
  weftd: Weftd,
  client: NetconfClient,
): Promise<void> {
  await client.rpc(start('<name>cut</name><filter>icmp</filter><max-seconds>3600</max-seconds>'))
  t.true(await weftd.pings('h1', '198.51.100.2'))
  while (!/<packets>[1-9]/.test(await shown(client, 'cut'))) await setTimeout(50)
  process.kill(weftd.enginePid, 'SIGKILL')
  t.regex(await ended(client, 'cut'), /<end-reason>member-lost</)
  const data = octetsOf(await client.rpc(rpc('read-capture', '<name>cut</name>')), 'data')
  t.regex((await frames(t, data)).join('\n'), /ICMP echo request/)
  t.true(await weftd.pings('h1', '198.51.100.2'))
}
