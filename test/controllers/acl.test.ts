import test from 'ava'
import { encodeRecords } from '../../dataplane/client/index.js'
import { everything } from '../../datastore/controller.js'
import { formatAddress } from '../../src/rib/index.js'
import { Box, interfaces } from './box.js'

const acls = (content: string) =>
  `<acls xmlns="urn:weft:params:xml:ns:yang:weft-acl" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">${content}</acls>`
const acl = (name: string, content: string, family = 'ipv4') =>
  `<acl><name>${name}</name><family>${family}</family>${content}</acl>`
const entry = (name: string, matches: string, action = 'pass') =>
  `<entry><name>${name}</name><matches>${matches}</matches><action>${action}</action></entry>`
const attach = (name: string, content: string) =>
  `<attachment-points><interface><interface-id>${name}</interface-id>${content}</interface></attachment-points>`
const p1 = interfaces({ p1: { ipv4: ['10.0.1.1/24'] }, p2: { ipv4: ['10.0.2.1/24'] } })
const path = "/weft-acl:acls/acl[name='a']"

test('a list is told as a whole, in order, and attached', async (t) => {
  using box = await Box.open()
  const steps = await box.commit(
    p1 +
      acls(
        acl(
          'a',
          '<default-action>reject</default-action>' +
            entry(
              'web',
              '<source-prefix>10.0.0.0/8</source-prefix><protocol>tcp</protocol><destination-port><port>443</port></destination-port>',
            ) +
            entry(
              'high',
              '<protocol>udp</protocol><source-port><lower-port>1024</lower-port><upper-port>65535</upper-port></source-port>',
              'drop',
            ) +
            entry(
              'not-dns',
              '<protocol>17</protocol><destination-port><operator>neq</operator><port>53</port></destination-port>',
              'reject',
            ) +
            entry('ping', '<protocol>icmp</protocol><icmp><type>8</type></icmp>') +
            entry(
              'syn',
              '<protocol>tcp</protocol><tcp-flags>syn</tcp-flags><tcp-flags-mask>syn ack</tcp-flags-mask>',
            ) +
            entry(
              'rest',
              '<dscp>46</dscp><ttl>1</ttl><length><upper>100</upper></length><fragment>later</fragment>',
            ),
        ) + attach('p1', '<ingress><ipv4>a</ipv4></ingress><egress><ipv4>a</ipv4></egress>'),
      ),
  )
  t.true(
    steps.some(({ summary }) =>
      summary.startsWith('set access list a of 6 entries, attach access list a to interface p1 in for IPv4'),
    ),
  )
  const told = box.member.acls.get('a')
  t.is(told?.otherwise, 'reject')
  t.deepEqual(
    told?.entries.map(({ source, ...rest }) => ({
      ...rest,
      ...(source && { source: `${formatAddress(source.address)}/${source.length}` }),
    })),
    [
      { name: 'web', action: 'pass', source: '10.0.0.0/8', protocol: 6, destinationPorts: [[443, 443]] },
      { name: 'high', action: 'drop', protocol: 17, sourcePorts: [[1024, 65535]] },
      {
        name: 'not-dns',
        action: 'reject',
        protocol: 17,
        destinationPorts: [
          [0, 52],
          [54, 65535],
        ],
      },
      { name: 'ping', action: 'pass', protocol: 1, sourcePorts: [[8, 8]] },
      { name: 'syn', action: 'pass', protocol: 6, tcpFlags: { flags: 2, mask: 18 } },
      { name: 'rest', action: 'pass', dscp: 46, ttl: [1, 1], length: [0, 100], fragment: 'later' },
    ],
  )
  t.deepEqual(Object.fromEntries(box.member.bindings), { 'p1 in 4': 'a', 'p1 out 4': 'a' })
})

test('only lists that are touched are told again; detached ones go', async (t) => {
  using box = await Box.open()
  await box.commit(
    p1 +
      acls(
        acl('a', entry('one', '')) +
          acl('b', entry('one', '')) +
          attach('p1', '<ingress><ipv4>a</ipv4></ingress>'),
      ),
  )
  const changed = await box.commit(
    acls('<acl><name>b</name><entry><name>one</name><action>drop</action></entry></acl>'),
  )
  t.deepEqual(
    changed.map(({ summary }) => summary),
    ['set access list b of 1 entries'],
  )
  const moved = await box.commit(acls(attach('p1', '<ingress><ipv4>b</ipv4></ingress>')))
  t.deepEqual(
    moved.map(({ summary }) => summary),
    ['attach access list b to interface p1 in for IPv4'],
  )
  await box.commit(
    `<acls xmlns="urn:weft:params:xml:ns:yang:weft-acl" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"/>`,
  )
  t.is(box.member.acls.size, 0)
  t.is(box.member.bindings.size, 0)
})

test('a full plan tells everything', async (t) => {
  using box = await Box.open()
  await box.commit(p1 + acls(acl('a', entry('one', '')) + attach('p2', '<egress><ipv4>a</ipv4></egress>')))
  const all = (await box.full()).flatMap(({ operations }) => operations.map(({ op }) => op))
  t.true(all.includes('acl-set') && all.includes('acl-bind'))
})

const wrong: Readonly<Record<string, readonly [entry: string, error: string]>> = {
  'an IPv6 prefix in a list of IPv4': [
    '<source-prefix>2001:db8::/32</source-prefix>',
    'source-prefix: a prefix of IPv6 in a list of family ipv4, where none matches',
  ],
  'ports without a protocol': [
    '<destination-port><port>80</port></destination-port>',
    'destination-port: only tcp, udp, udp-lite, sctp and dccp have ports; the entry names no protocol',
  ],
  'ICMP in an entry of TCP': [
    '<protocol>tcp</protocol><icmp><type>8</type></icmp>',
    "icmp: types and codes of a list of family ipv4 need protocol icmp; the entry's is 6",
  ],
  'a code without a type': [
    '<protocol>icmp</protocol><icmp><code>0</code></icmp>',
    'icmp/code: a code needs the type that it belongs to',
  ],
  'a range of ports upside down': [
    '<protocol>udp</protocol><source-port><lower-port>9</lower-port><upper-port>5</upper-port></source-port>',
    'source-port/upper-port: the range 9 to 5 is upside down; the upper port is not below the lower',
  ],
  'lengths upside down': [
    '<length><lower>100</lower><upper>99</upper></length>',
    'length/upper: the lengths 100 to 99 are upside down; upper is not below lower',
  ],
  'lengths below that of the header': [
    '<length><upper>19</upper></length>',
    'length/upper: no packet of IPv4 is shorter than its header of 20 octets',
  ],
  'ports of later fragments': [
    '<protocol>udp</protocol><destination-port><port>53</port></destination-port><fragment>later</fragment>',
    'fragment: later fragments have no ports, ICMP types or TCP flags, which the entry asks for',
  ],
  'an ICMP type of later fragments': [
    '<protocol>icmp</protocol><icmp><type>8</type></icmp><fragment>later</fragment>',
    'fragment: later fragments have no ports, ICMP types or TCP flags, which the entry asks for',
  ],
  'flags in an entry of UDP': [
    '<protocol>udp</protocol><tcp-flags>syn</tcp-flags>',
    "tcp-flags: TCP flags need protocol tcp; the entry's is 17",
  ],
  'flags beside their mask': [
    '<protocol>tcp</protocol><tcp-flags>syn</tcp-flags><tcp-flags-mask>ack</tcp-flags-mask>',
    'tcp-flags: flags that tcp-flags-mask does not name are not looked at',
  ],
}

test('conditions that nothing fulfils are refused, each with where it stands', async (t) => {
  using box = await Box.open()
  for (const [what, [matches, error]] of Object.entries(wrong)) {
    const told = await box.refusal(acls(acl('a', entry('x', matches))))
    t.deepEqual(told, [`${path}/entry[name='x']/matches/${error}`], what)
  }
  for (const protocol of ['0', '43', '44', 'ah', '60', '135'])
    t.regex(
      (await box.refusal(acls(acl('a', entry('x', `<protocol>${protocol}</protocol>`), 'ipv6')))).join(),
      /matches\/protocol: \d+ is an extension header of IPv6/,
    )
  t.deepEqual(await box.refusal(acls(acl('a', entry('x', '<length><upper>39</upper></length>'), 'ipv6'))), [
    `${path}/entry[name='x']/matches/length/upper: no packet of IPv6 is shorter than its header of 40 octets`,
  ])
  t.is(box.member.acls.size, 0)
})

test('an attachment needs a list of its family, and an interface', async (t) => {
  using box = await Box.open()
  const of = (content: string) => box.refusal(p1 + acls(acl('a', '') + content))
  t.deepEqual(await of(attach('p1', '<ingress><ipv6>a</ipv6></ingress>')), [
    "/weft-acl:acls/attachment-points/interface[interface-id='p1']/ingress/ipv6: " +
      "access list 'a' is of family ipv4; here stands one of family ipv6",
  ])
  t.regex((await of(attach('p1', '<ingress><ipv4>b</ipv4></ingress>'))).join(), /ingress\/ipv4: /)
  t.regex((await of(attach('p9', '<ingress><ipv4>a</ipv4></ingress>'))).join(), /interface-id: /)
})

test('counters stand in their entries, and a filter by name asks for no more', async (t) => {
  using box = await Box.open()
  await box.commit(acls(acl('a', entry('one', '') + entry('two', ''))))
  const count = (n: bigint) => ({ packets: n, octets: n * 60n })
  box.member.answer = {
    acls: [
      {
        name: 'a',
        entries: [
          { name: 'one', ...count(3n) },
          { name: 'two', ...count(0n) },
        ],
        rest: count(7n),
      },
    ],
  }
  const state = await box.operational()
  t.like(state['/weft-acl:acls'], {
    acl: [
      {
        entry: [
          { name: 'one', statistics: { 'matched-packets': '3', 'matched-octets': '180' } },
          { name: 'two', statistics: { 'matched-packets': '0', 'matched-octets': '0' } },
        ],
        'default-statistics': { 'matched-packets': '7' },
      },
    ],
  })
  const pieces: string[] = []
  const only = {
    ...everything,
    values: (leaf: string) => (leaf.endsWith('entry/name') ? ['two'] : undefined),
  }
  for (const { state: providers } of box.controllers.controllers)
    for (const provider of providers ?? [])
      if (provider.path === '/weft-acl:acls')
        for await (const piece of provider.read(only)) pieces.push(piece)
  t.false(pieces.join('').includes('<name>one</name>'))
  t.true(pieces.join('').includes('<name>two</name>'))
})

test('a list of as many entries as there can be fits one record', (t) => {
  const entries = Array.from({ length: 20_000 }, (_, n) => ({
    name: `${n}`.padEnd(64, 'é'),
    action: 'pass' as const,
  }))
  const blocks = [
    ...encodeRecords([{ op: 'acl-set', acl: { name: 'a', family: 4, otherwise: 'drop', entries } }]),
  ]
  t.is(blocks.length, 1)
})
