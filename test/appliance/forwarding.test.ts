/**
 * An edit over NETCONF moves packets: the demo chassis (h1 - p1 [engine] p2 - h2), driven by Debian's ncclient.
 */
import test, { type ExecutionContext } from 'ava'
import { Weftd } from '../lab/weftd.js'

const h2 = { ipv4: '198.51.100.2', ipv6: '2001:db8:2::2' }

async function start(t: ExecutionContext, options: readonly string[] = []): Promise<Weftd> {
  const weftd = await Weftd.start({ options: ['--log-level', 'warn', ...options] })
  t.teardown(() => weftd[Symbol.asyncDispose]())
  return weftd
}

const interfaces = (content: string) =>
  `<config><interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">${content}</interfaces></config>`

test('h1 reaches h2 over IPv4 and IPv6 through the engine, not through the kernel', async (t) => {
  const weftd = await start(t)
  const before = await weftd.sentByEngine()
  t.true(await weftd.pings('h1', h2.ipv4))
  t.true(await weftd.pings('h1', h2.ipv6))
  t.true((await weftd.sentByEngine()) >= before + 4)
  t.is(await weftd.forwardedByKernel(), 0)
})

test('what comes by a port is kept from the kernel of its namespace', async (t) => {
  const weftd = await start(t)
  const before = await weftd.takenByKernel()
  t.true(await weftd.pings('h1', h2.ipv4))
  t.is(await weftd.takenByKernel(), before)
})

test('ncclient disables an interface and enables it again, and the ping follows', async (t) => {
  const weftd = await start(t)
  const set = (enabled: boolean) => `
m.edit_config(target='candidate', config='''${interfaces(`<interface><name>p2</name><enabled>${enabled}</enabled></interface>`)}''')
m.validate('candidate')
m.commit()`
  await weftd.ncclient(set(false))
  t.false(await weftd.pings('h1', h2.ipv4, 1))
  await weftd.ncclient(set(true))
  t.true(await weftd.pings('h1', h2.ipv4, 10))
})

test('what is discarded, or only edited, changes nothing', async (t) => {
  const weftd = await start(t)
  const out = await weftd.ncclient(`
m.edit_config(target='candidate', config='''${interfaces(`<interface><name>p2</name><enabled>false</enabled></interface>`)}''')
print('enabled in running:', '<enabled>false' in str(m.get_config('running')))
m.discard_changes()
print('enabled in candidate:', '<enabled>false' in str(m.get_config('candidate')))`)
  t.is(out, 'enabled in running: False\nenabled in candidate: False\n')
  t.true(await weftd.pings('h1', h2.ipv4))
})

test('a commit that a controller refuses names the path, keeps the candidate, and packets prove that nothing changed', async (t) => {
  const weftd = await start(t)
  const route = `<config><routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing"><control-plane-protocols><control-plane-protocol>
<type>static</type><name>static</name><static-routes><ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ipv4-unicast-routing">
<route><destination-prefix>198.51.100.2/32</destination-prefix><next-hop><special-next-hop>blackhole</special-next-hop></next-hop></route>
<route><destination-prefix>203.0.113.0/24</destination-prefix><next-hop><next-hop-address>203.0.113.9</next-hop-address></next-hop></route>
</ipv4></static-routes></control-plane-protocol></control-plane-protocols></routing></config>`
  const out = await weftd.ncclient(`
m.edit_config(target='candidate', config='''${route}''')
try:
    m.commit()
    print('accepted')
except RPCError as error:
    print(error.tag, error.type, error.path, error.message)
print('203.0.113.0/24' in str(m.get_config('candidate')), '203.0.113.0/24' in str(m.get_config('running')))`)
  t.regex(out, /^invalid-value application \/.*route\[.*203\.0\.113\.0\/24.*203\.0\.113\.9/)
  t.true(out.endsWith('True False\n'), out)
  t.true(await weftd.pings('h1', h2.ipv4))
})

test('static routes: a blackhole stops the ping, its deletion lets it go on', async (t) => {
  const weftd = await start(t)
  const route = (
    operation: string,
  ) => `<config><routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing"><control-plane-protocols><control-plane-protocol>
<type>static</type><name>static</name><static-routes><ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ipv4-unicast-routing">
<route xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="${operation}"><destination-prefix>198.51.100.2/32</destination-prefix><next-hop><special-next-hop>blackhole</special-next-hop></next-hop></route>
</ipv4></static-routes></control-plane-protocol></control-plane-protocols></routing></config>`
  await weftd.ncclient(`m.edit_config(target='candidate', config='''${route('create')}''')\nm.commit()`)
  t.false(await weftd.pings('h1', h2.ipv4, 1))
  await weftd.ncclient(
    `m.edit_config(target='candidate', config='''${route('delete').replace(/<next-hop>.*<\/next-hop>/, '')}''')\nm.commit()`,
  )
  t.true(await weftd.pings('h1', h2.ipv4))
})

test('two sessions: a lock is refused with the holder, and goes with its session', async (t) => {
  const weftd = await start(t)
  const out = await weftd.ncclient(`
other = manager.connect(host='127.0.0.1', port=${weftd.port}, username='admin', password='test-password-of-admin', hostkey_verify=False, allow_agent=False, look_for_keys=False)
m.lock('candidate')
try:
    other.lock('candidate')
    print('locked twice')
except RPCError as error:
    print(error.tag, m.session_id in str(error.info))
try:
    other.edit_config(target='candidate', config='''${interfaces('<interface><name>p1</name><description>x</description></interface>')}''')
    print('edited')
except RPCError as error:
    print(error.tag)
m.unlock('candidate')
other.lock('candidate')
other.close_session()
m.lock('candidate')
print('done')`)
  t.is(out, 'lock-denied True\nin-use\ndone\n')
})

test('get returns operational state: addresses, neighbours, statistics, active routes', async (t) => {
  const weftd = await start(t)
  await using client = await weftd.connect()
  const interfaces = await client.rpc(
    '<get><filter type="subtree"><interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>p1</name></interface></interfaces></filter></get>',
  )
  t.regex(interfaces, /<oper-status>up</)
  t.regex(
    interfaces,
    /<neighbor>\s*<ip>192\.0\.2\.2<\/ip>\s*<link-layer-address>([0-9a-f]{2}:){5}[0-9a-f]{2}</,
  )
  t.regex(interfaces, /<ip>fe80::/)
  t.notRegex(interfaces, /<name>p2</)
  const ribs = await client.rpc(
    '<get><filter type="subtree"><routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing"><ribs/></routing></filter></get>',
  )
  t.regex(ribs, /198\.51\.100\.0\/24/)
  t.regex(ribs, /2001:db8:2::\/64/)
})
