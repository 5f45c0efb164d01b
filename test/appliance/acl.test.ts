/** Access lists from an edit by Debian's ncclient to TCP between the demo hosts: passed, dropped, rejected, and counted. */
import test from 'ava'
import { Weftd } from '../lab/weftd.js'

/** What becomes of a connection to each port of h2, where nobody listens: who gets through is refused by h2 itself. */
const connect = `
import errno, socket
for address in ('198.51.100.2', '2001:db8:2::2'):
    for port in (7001, 7002, 7003):
        s = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET)
        s.settimeout(1)
        try:
            s.connect((address, port))
        except socket.timeout:
            print('timeout', end=' ')
        except OSError as e:
            print(errno.errorcode[e.errno], end=' ')
`

const entry = (name: string, port: number, action: string) =>
  `<entry><name>${name}</name><matches><protocol>tcp</protocol><destination-port><port>${port}</port></destination-port></matches><action>${action}</action></entry>`

const list = (name: string, family: string, action: string) =>
  `<acl><name>${name}</name><family>${family}</family><default-action>${action}</default-action>` +
  `${entry('good', 7001, 'pass')}${entry('told', 7002, 'reject')}${entry('silent', 7003, 'drop')}</acl>`

const config = (content: string) =>
  `<config><acls xmlns="urn:weft:params:xml:ns:yang:weft-acl">${content}</acls></config>`

test('an access list passes, rejects and drops real connections, counts them, and a wrong one changes nothing', async (t) => {
  const weftd = await Weftd.start({ options: ['--log-level', 'warn'] })
  t.teardown(() => weftd[Symbol.asyncDispose]())
  const outcomes = async () => (await weftd.exec('h1', '/usr/bin/python3', '-c', connect)).stdout.trim()
  t.is(await outcomes(), Array(6).fill('ECONNREFUSED').join(' '))

  // IPv4 where packets enter, IPv6 where they leave.
  const lists = list('in4', 'ipv4', 'drop') + list('out6', 'ipv6', 'pass')
  const points =
    '<attachment-points><interface><interface-id>p1</interface-id><ingress><ipv4>in4</ipv4></ingress></interface>' +
    '<interface><interface-id>p2</interface-id><egress><ipv6>out6</ipv6></egress></interface></attachment-points>'
  await weftd.ncclient(
    `m.edit_config(target='candidate', config='''${config(lists + points)}''')\nm.commit()`,
  )
  t.is(await outcomes(), 'ECONNREFUSED EHOSTUNREACH timeout ECONNREFUSED EACCES timeout')
  t.false(await weftd.pings('h1', '198.51.100.2', 1))
  t.true(await weftd.pings('h1', '2001:db8:2::2'))

  const state = await weftd.ncclient(
    `print(m.get(('subtree', '''<acls xmlns="urn:weft:params:xml:ns:yang:weft-acl"/>''')))`,
  )
  const counted = [...state.matchAll(/<name>(\w+)<\/name>(?:(?!<name>).)*?<matched-packets>(\d+)</gs)]
  t.is(counted.filter(([, , packets]) => Number(packets) > 0).length, 6, state)

  const out = await weftd.ncclient(`
m.edit_config(target='candidate', config='''${config('<acl><name>in4</name><entry><name>good</name><matches><source-prefix>2001:db8::/32</source-prefix></matches></entry></acl>')}''')
try:
    m.commit()
except RPCError as error:
    print(error.tag, error.path, error.message)
m.discard_changes()`)
  t.regex(
    out,
    /^invalid-value .*acl\[.*in4.*\]\/.*entry\[.*good.*\]\/.*source-prefix a prefix of IPv6 in a list of family ipv4/,
  )
  await weftd.ncclient(
    `m.edit_config(target='candidate', config='''<config><acls xmlns="urn:weft:params:xml:ns:yang:weft-acl" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"/></config>''')\nm.commit()`,
  )
  t.is(await outcomes(), Array(6).fill('ECONNREFUSED').join(' '))
})
