/**
 * Tunnels of one appliance to h2: VXLAN to a device of Linux, by IPv4 and IPv6, and the other kinds made and read by scapy. One start
 * for all.
 *
 *   h1 192.0.2.2 – p1 [engine] p2 198.51.100.1, 2001:db8:2::1 – h2 198.51.100.2, 2001:db8:2::2
 */
import test from 'ava'
import { tcpEnd, tcpListener } from '../lab/tcp.js'
import { Weftd } from '../lab/weftd.js'

const ends4 = '<source>198.51.100.1</source><destination>198.51.100.2</destination>'
const ends6 = '<source>2001:db8:2::1</source><destination>2001:db8:2::2</destination>'

function tunnel(name: string, content: string, address: string): string {
  const [ip, length] = address.split('/')
  return (
    `<interface><name>${name}</name><type xmlns:i="urn:ietf:params:xml:ns:yang:iana-if-type">i:tunnel</type>` +
    `<tunnel xmlns="urn:weft:params:xml:ns:yang:weft-tunnels">${content}</tunnel>` +
    '<ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ip"><forwarding>true</forwarding>' +
    `<address><ip>${ip}</ip><prefix-length>${length}</prefix-length></address></ipv4></interface>`
  )
}

const tunnels = [
  tunnel('vx4', `${ends4}<vxlan><vni>104</vni></vxlan>`, '10.4.0.1/24'),
  tunnel('vx6', `${ends6}<vxlan><vni>106</vni></vxlan>`, '10.6.0.1/24'),
  tunnel('gre', `${ends4}<gre><key>7</key><checksum>true</checksum></gre>`, '10.7.0.1/24'),
  tunnel('nv', `${ends4}<nvgre><virtual-subnet-id>5001</virtual-subnet-id></nvgre>`, '10.8.0.1/24'),
  tunnel('ip4', `${ends4}<ipip/>`, '10.9.0.1/24'),
  tunnel('ip6', `${ends6}<ipip/>`, '10.10.0.1/24'),
]

/** Echo requests of h2 in each kind of packet, made by hand; the answers read by their fields. */
const packets = `
from scapy.all import *
conf.verb = 0
mac = getmacbyip('198.51.100.1')
outer4 = Ether(dst=mac) / IP(src='198.51.100.2', dst='198.51.100.1')
outer6 = Ether(dst=mac) / IPv6(src='2001:db8:2::2', dst='2001:db8:2::1')
def echo(net):
    return IP(src='10.%d.0.2' % net, dst='10.%d.0.1' % net) / ICMP(id=net, seq=1) / (b'x' * 40)
def ask(name, packet, matches):
    answers = AsyncSniffer(iface='eth0', lfilter=matches, count=1, timeout=10)
    answers.start()
    for _ in range(20):
        sendp(packet, iface='eth0')
        answers.thread.join(0.5)
        if not answers.thread.is_alive(): break
    found = answers.results
    print(name, 'answered' if found else 'silent', flush=True)
    return found[0] if found else None
def reply(p, net):
    return ICMP in p and p[ICMP].type == 0 and p[ICMP].id == net
def sent_by(p):
    return p[Ether].src == mac
gre = ask('gre', outer4 / GRE(key_present=1, key=7, chksum_present=1) / echo(7), lambda p: sent_by(p) and GRE in p and reply(p, 7))
wire = bytes(gre[GRE])
print('gre', gre[GRE].key, gre[GRE].chksum_present, checksum(wire), gre[IP].ttl)
ask('ip4', outer4 / echo(9), lambda p: sent_by(p) and p.haslayer(IP) and p[IP].proto == 4 and reply(p, 9))
ask('ip6', outer6 / echo(10), lambda p: sent_by(p) and p.haslayer(IPv6) and p[IPv6].nh == 4 and reply(p, 10))
virtual = '02:00:00:00:08:02'
def nvgre(inner):
    return outer4 / GRE(proto=0x6558, key_present=1, key=5001 << 8 | 0x21) / inner
def is_nvgre(p):
    return sent_by(p) and GRE in p and p[GRE].proto == 0x6558 and p[GRE].key >> 8 == 5001
who = nvgre(Ether(src=virtual, dst='ff:ff:ff:ff:ff:ff') / ARP(op=1, hwsrc=virtual, psrc='10.8.0.2', pdst='10.8.0.1'))
arp = ask('nvgre arp', who, lambda p: is_nvgre(p) and ARP in p and p[ARP].op == 2)
ask('nvgre', nvgre(Ether(src=virtual, dst=arp[ARP].hwsrc) / echo(8)), lambda p: is_nvgre(p) and reply(p, 8))
other = outer4 / GRE(key_present=1, key=8) / echo(7)
for _ in range(3): sendp(other, iface='eth0')
`

test('tunnels carry packets to Linux and to scapy, and leave nothing behind', async (t) => {
  const weftd = await Weftd.start({ options: ['--log-level', 'warn'] })
  t.teardown(() => weftd[Symbol.asyncDispose]())
  await using client = await weftd.connect()
  const xmlns =
    'xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"'
  await client.edit(`<interfaces ${xmlns}>${tunnels.join('')}</interfaces>`)
  await client.commit()

  for (const [name, id, ends, address] of [
    ['vx4', '104', ['local', '198.51.100.2', 'remote', '198.51.100.1'], '10.4.0.2'],
    ['vx6', '106', ['local', '2001:db8:2::2', 'remote', '2001:db8:2::1'], '10.6.0.2'],
  ] as const) {
    const add = ['ip', 'link', 'add', name, 'type', 'vxlan', 'id', id, ...ends, 'dstport', '4789']
    const made = await weftd.exec('h2', ...add)
    t.is(made.code, 0, made.stderr)
    await weftd.exec('h2', 'ip', 'address', 'add', `${address}/24`, 'dev', name)
    await weftd.exec('h2', 'ip', 'link', 'set', name, 'up')
    t.true(await weftd.pings('h2', address.replace(/2$/, '1')), `${name} is answered`)
    // The host's answer takes the same way back.
    await weftd.exec('h2', 'ip', 'route', 'replace', '192.0.2.0/24', 'via', address.replace(/2$/, '1'))
    t.true(await weftd.pings('h1', address), `${name} forwards`)
    const there = await tcpListener(t, weftd.hostCommand('h2', ...tcpEnd('listen', address)))
    const sent = await weftd.exec('h1', ...tcpEnd('connect', address))
    t.is(sent.stdout, 'done\n', sent.stderr)
    t.is(await there.ended, 'listening\ndone\n')
    await weftd.exec('h2', 'ip', 'route', 'del', '192.0.2.0/24')
  }

  const { stdout, stderr } = await weftd.exec('h2', '/usr/bin/python3', '-c', packets)
  t.deepEqual(
    stdout.trim().split('\n'),
    ['gre answered', 'gre 7 1 0 64', 'ip4 answered', 'ip6 answered', 'nvgre arp answered', 'nvgre answered'],
    stderr,
  )
  const state = await client.rpc(
    '<get><filter type="subtree"><interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"/></filter></get>',
  )
  for (const name of ['vx4', 'vx6', 'gre', 'nv', 'ip4', 'ip6']) {
    const [, one = ''] = new RegExp(`<name>${name}</name>([\\s\\S]*?)</interface>`).exec(state) ?? []
    t.regex(one, /<oper-status>up</, name)
    t.regex(one, /<underlay-interface>p2</, name)
    t.true(Number(/<in-unicast-pkts>(\d+)</.exec(one)?.[1]) > 0, `${name} counts what came`)
    t.true(Number(/<out-unicast-pkts>(\d+)</.exec(one)?.[1]) > 0, `${name} counts what went`)
  }
  const drops = await client.rpc(
    '<get><filter type="subtree"><dataplane xmlns="urn:weft:params:xml:ns:yang:weft-dataplane"/></filter></get>',
  )
  t.regex(drops, /<reason>unknown-tunnel<\/reason>\s*<packets>[1-9]/)

  const gone = ['vx4', 'vx6', 'gre', 'nv', 'ip4', 'ip6'].map(
    (name) => `<interface nc:operation="delete"><name>${name}</name></interface>`,
  )
  await client.edit(`<interfaces ${xmlns}>${gone.join('')}</interfaces>`)
  await client.commit()
  t.false(await weftd.pings('h2', '10.4.0.1', 1))
  t.true(await weftd.pings('h1', '198.51.100.2'))
})
