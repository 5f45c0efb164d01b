/** Malformed packets of every kind, sent by scapy from h1: each is dropped under a name, and forwarding goes on. */
import test from 'ava'
import { setTimeout } from 'node:timers/promises'
import { adminPassword, Weftd } from '../lab/weftd.js'
import { Client } from '../netconf/support/client.js'
import { captureLimits, capturesOfOneBefore } from './capture-limits.js'
import { captureOfKilledEngine, captures, mirroring } from './looking-in.js'
import { keepPort, makePort } from './made-ports.js'

const script = `
from scapy.all import *
conf.verb = 0
mac = getmacbyip('192.0.2.1') or 'ff:ff:ff:ff:ff:ff'
e = Ether(dst=mac)
def ip4(**fields):
    return IP(**{'src': '192.0.2.2', 'dst': '198.51.100.2', **fields}) / UDP(sport=1, dport=2) / (b'x' * 20)
def ip6(**fields):
    return IPv6(**{'src': '2001:db8:1::2', 'dst': '2001:db8:2::2', **fields}) / UDP(sport=1, dport=2) / (b'x' * 20)
good, good6 = ip4(), ip6()
frames = [
    e / ip4(chksum=0x1234),
    e / ip4(version=5),
    e / ip4(ihl=3),
    e / ip4(len=10),
    e / ip4(len=1400),
    e / ip4(src='127.0.0.1'),
    e / ip4(src='224.0.0.1'),
    e / ip4(src='255.255.255.255'),
    e / ip4(dst='127.0.0.1'),
    e / ip4(dst='240.0.0.1'),
    e / ip6(version=4),
    e / ip6(plen=2000),
    e / ip6(src='ff02::1'),
    e / ip6(dst='::1'),
    e / ip6(src='fe80::1'),
    e / ip4(options=[IPOption_LSRR(routers=['198.51.100.2'])]),
    e / ip4(options=[IPOption(copy_flag=0, optclass=0, option=7, length=9, value=b'\\x04\\x00')]),
    e / (IPv6(src='2001:db8:1::2', dst='2001:db8:2::2') / IPv6ExtHdrHopByHop(options=[HBHOptUnknown(otype=0x81, optdata=b'xx')]) / UDP(sport=1, dport=2)),
    Ether(dst='02:00:00:00:00:01') / good,
    e / Raw(b''),
    Ether(dst=mac, type=0x1234) / Raw(b'?' * 40),
    Ether(dst=mac, type=0x0800) / Raw(b'\\x45'),
    Ether(dst=mac, type=0x86dd) / Raw(b'\\x60\\x00'),
    Ether(dst=mac, type=0x0806) / Raw(b'\\x00\\x01'),
    Ether(dst=mac) / ARP(op=7, psrc='192.0.2.2', pdst='192.0.2.1'),
    Ether(dst=mac) / Dot1Q(vlan=7) / good,
]
for _ in range(10):
    for f in frames:
        sendp(f, iface='eth0')
for seed in range(500):
    random.seed(seed)
    data = bytearray(bytes(e / (good if seed % 2 else good6)))
    for _ in range(random.randint(1, 8)):
        data[random.randrange(12, len(data))] = random.randrange(256)
    sendp(Raw(bytes(data[:random.randint(14, len(data))])), iface='eth0')
print(len(frames))
`

test('malformed packets are counted drops, the engine lives, and good packets still pass', async (t) => {
  const weftd = await Weftd.start({ options: ['--log-level', 'warn'] })
  t.teardown(() => weftd[Symbol.asyncDispose]())
  const engine = weftd.enginePid
  const { stdout, stderr } = await weftd.exec('h1', '/usr/bin/python3', '-c', script)
  t.is(stdout, '26\n', stderr)
  t.true(await weftd.pings('h1', '198.51.100.2'))
  t.true(await weftd.pings('h1', '2001:db8:2::2'))
  t.is(weftd.enginePid, engine)
  await using client = await weftd.connect()
  const state = await client.rpc(
    '<get><filter type="subtree"><dataplane xmlns="urn:weft:params:xml:ns:yang:weft-dataplane"/></filter></get>',
  )
  const drops = new Map<string, number>()
  for (const [, node, reason, packets] of state.matchAll(
    /<drop>\s*<node>([^<]*)<\/node>\s*<reason>([^<]*)<\/reason>\s*<packets>(\d+)</g,
  )) {
    drops.set(`${node} ${reason}`, Number(packets))
  }
  for (const reason of [
    'ip4-input source-route-option',
    'ip4-input bad-option',
    'ip6-input unknown-hop-by-hop-option',
  ])
    t.true((drops.get(reason) ?? 0) >= 10, `${reason}: ${drops.get(reason)}`)
  const total = [...drops.values()].reduce((sum, packets) => sum + packets, 0)
  t.true(total >= 200, JSON.stringify([...drops]))
  t.true([...drops.values()].filter((packets) => packets >= 10).length >= 8, JSON.stringify([...drops]))
})

test('traces, captures and mirrors show what becomes of packets; made ports outlive what is killed', async (t) => {
  const weftd = await Weftd.start({ options: ['--log-level', 'warn'] })
  t.teardown(() => weftd[Symbol.asyncDispose]())
  t.true(await weftd.pings('h1', '198.51.100.2'))
  await using client = await weftd.connect()
  await using other = await weftd.connect()
  const trace = (content: string): string =>
    `<trace-packets xmlns="urn:weft:params:xml:ns:yang:weft-dataplane">${content}</trace-packets>`
  const steps = (reply: string): string[] =>
    [
      ...reply.matchAll(/<node>([^<]*)<\/node>(?:\s*<decision>([^<]*)<\/decision>)?(\s*<other-packet>)?/g),
    ].map(([, node, decision, made]) => `${made ? '+' : ''}${node}: ${decision ?? ''}`)

  // The trace begins a moment after it was asked for.
  const whilePinging = async (address: string, traced: Promise<string>): Promise<string> => {
    let ended = false
    const reply = traced.finally(() => (ended = true))
    reply.catch(() => undefined)
    while (!ended) await weftd.pings('h1', address, 1)
    return await reply
  }

  // One of two that ask at once has it; the other is told who is in the way.
  const both = [client, other].map((session) =>
    session.rpc(
      trace(
        '<count>1</count><seconds>30</seconds><match><from>port</from><destination>198.51.100.2/32</destination></match>',
      ),
    ),
  )
  const refused = await Promise.any(
    both.map((reply) =>
      reply.then(
        () => Promise.reject(new Error('not refused')),
        (error: Error) => error.message,
      ),
    ),
  )
  t.regex(refused, /member 0 traces packets for session \d+ \(admin\)/)
  const ping = await whilePinging('198.51.100.2', Promise.any(both))
  t.regex(ping, /<description>IPv4 192\.0\.2\.2 &gt; 198\.51\.100\.2, ICMP type 8 code 0, TTL 64</)
  t.regex(ping, /<interface>p1<\/interface>/)
  t.regex(ping, /<result>sent</)
  t.regex(
    steps(ping).join('\n'),
    /^ethernet-input: \nip4-input: \n(.*\n)*ip4-lookup: route 198\.51\.100\.0\/24, glean 0x/,
  )
  t.regex(
    steps(ping).at(-1) ?? '',
    /^glean: neighbour 198\.51\.100\.2 on p2; leaves by p2 for [0-9a-f:]{17}$/,
  )

  const reply = await whilePinging(
    '203.0.113.9',
    other.rpc(
      trace(
        '<count>1</count><match><protocol>icmp</protocol><destination>203.0.113.9/32</destination></match>',
      ),
    ),
  )
  t.regex(reply, /<result>dropped</)
  t.true(
    steps(reply).some((step) =>
      /^ip4-lookup: no route to 203\.0\.113\.9.*drops it: ip4-lookup no-route$/.test(step),
    ),
    reply,
  )
  t.true(steps(reply).some((step) => /^\+glean: .*leaves by p1/.test(step)))

  // A trace ends with its session, however that ends.
  const long = trace('<count>1000</count><seconds>60</seconds><match><protocol>253</protocol></match>')
  const short = trace('<seconds>1</seconds><match><protocol>253</protocol></match>')
  const until = async (wanted: (said: string) => boolean): Promise<string> => {
    for (const since = Date.now(); Date.now() - since < 20_000;) {
      const said = await other.rpc(short).catch((error: Error) => error.message)
      if (wanted(said)) return said
      await setTimeout(50)
    }
    throw new Error('waited for 20 s')
  }
  for (const end of ['cut', 'killed', 'closed']) {
    const gone = await Client.connect({
      host: '127.0.0.1',
      port: weftd.port,
      username: 'admin',
      password: adminPassword,
    })
    t.teardown(() => gone.destroy())
    // The other one's may be under way.
    const insist = async (): Promise<void> => {
      while ((await gone.rpc(long)).includes('traces packets for')) await setTimeout(50)
    }
    const traced = insist()
    traced.catch(() => undefined)
    const said = await until((text) => text.includes(`traces packets for session ${gone.sessionId} `))
    t.regex(said, /\(admin\)/)
    if (end === 'killed')
      await other.rpc(`<kill-session><session-id>${gone.sessionId}</session-id></kill-session>`)
    else if (end === 'cut') gone.destroy()
    if (end === 'closed') {
      const late = setTimeout(30_000, 'the trace went on', { ref: false })
      t.regex(await Promise.race([gone.rpc('<close-session/>'), late]), /<ok\/>/)
      await t.notThrowsAsync(traced)
    } else {
      await t.throwsAsync(traced)
    }
    t.regex(await until((text) => !text.includes('traces packets for')), /<ok\/>/)
  }

  t.regex(await client.rpc(trace('<seconds>1</seconds><match><protocol>253</protocol></match>')), /<ok\/>/)
  for (const [content, message] of [
    ['<match><interface>p9</interface></match>', /there is no interface 'p9'/],
    ['<member>7</member>', /there is no member 7/],
    [
      '<match><protocol>icmp</protocol><source-port>7</source-port></match>',
      /no packet of protocol icmp has a source port/,
    ],
    ['<match><protocol>icmpv7</protocol></match>', /icmpv7/],
    ['<count>1001</count>', /1001/],
    [
      '<match><family>ipv6</family><source>192.0.2.0/24</source></match>',
      /source is an IPv4 prefix, which no packet has beside family ipv6/,
    ],
  ] as const)
    await t.throwsAsync(client.rpc(trace(content)), { message })

  await captures(t, weftd, client)
  await mirroring(t, weftd, client)
  await captureLimits(t, weftd, client)
  const made = await makePort(t, weftd, client)
  await captureOfKilledEngine(t, weftd, client)
  await weftd.kill('SIGKILL')
  await weftd.start()
  await using again = await weftd.connect()
  await capturesOfOneBefore(t, again)
  await keepPort(t, weftd, again, made)
})
