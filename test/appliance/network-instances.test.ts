/**
 * Network instances: two with the same addresses, routes that lead from one into the other, and what is left when they go.
 *
 *   h1 (192.0.2.2) ── p1 ┐ red   ┌ p2 ── h2 (198.51.100.2)
 *   h3 (192.0.2.2) ── p3 ┘ blue  └ p4 ── h4 (198.51.100.2)
 *
 * Each port has the address .1 of its host's network, in its own instance.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { connectKeeper } from '../../dataplane/client/index.js'
import type { NetconfClient } from '../../src/demo/client.js'
import { runFolder } from '../../src/state.js'
import { boundTo, commitOf, ethernet, getOf, ietf, interfaces, ip, nc, weft } from '../lab/edits.js'
import { patiently } from '../lab/patience.js'
import type { Weftd } from '../lab/weftd.js'
import { startWithHosts, tapsHeldBy } from '../lab/with-hosts.js'

let weftd: Weftd
let client: NetconfClient

const nets = { odd: '192.0.2', even: '198.51.100' }
const netOf = (n: number) => (n % 2 === 1 ? nets.odd : nets.even)
const sixOf = (n: number) => `2001:db8:${n % 2 === 1 ? 1 : 2}:`

test.before(async () => {
  weftd = await startWithHosts(
    [1, 2, 3, 4].map((n) => ({
      name: `h${n}`,
      port: `p${n}`,
      ipv4: `${netOf(n)}.2/24`,
      ipv6: `${sixOf(n)}:2/64`,
      gateway4: `${netOf(n)}.1`,
      gateway6: `${sixOf(n)}:1`,
    })),
  )
  client = await weftd.connect()
})
test.after.always(async () => {
  await client?.[Symbol.asyncDispose]()
  await weftd?.[Symbol.asyncDispose]()
  if (weftd) await rm(weftd.state, { recursive: true, force: true })
})

const instances = (content: string) =>
  `<network-instances ${weft('network-instance')} xmlns:nc="${nc}">${content}</network-instances>`
const port = (n: number, instance: string) =>
  ethernet(`p${n}`, boundTo(instance) + ip('ipv4', `${netOf(n)}.1`, 24) + ip('ipv6', `${sixOf(n)}:1`, 64))
const routing = (content: string) => `<routing ${ietf('routing')} xmlns:nc="${nc}">${content}</routing>`
const protocols = (content: string) =>
  routing(`<control-plane-protocols>${content}</control-plane-protocols>`)
/** Static routes of an instance. */
const statics = (instance: string, content: string) => `<control-plane-protocol><type>static</type>
<name>${instance}</name><network-instance ${weft('network-instance')}>${instance}</network-instance><static-routes><ipv4
xmlns="urn:ietf:params:xml:ns:yang:ietf-ipv4-unicast-routing">${content}</ipv4></static-routes>
</control-plane-protocol>`
/** Takes a container away. */
const everything = (xml: string) => xml.replace(/(<[^>]*)><.*/, '$1 nc:operation="remove"/>')
const route = (prefix: string, nextHop: string) =>
  `<route><destination-prefix>${prefix}</destination-prefix><next-hop>${nextHop}</next-hop></route>`

const commit = (config: string) => commitOf(client, config)
const get = (filter: string) => getOf(client, filter)

/** What the host of that number receives of an address while `work` is done. */
async function heard(t: ExecutionContext, host: string, work: () => Promise<unknown>): Promise<number> {
  const counter = async () => {
    const { stdout } = await weftd.exec(host, 'ip', '-j', '-s', 'link', 'show', 'eth0')
    return (JSON.parse(stdout) as { stats64: { rx: { packets: number } } }[])[0]?.stats64.rx.packets ?? NaN
  }
  const before = await counter()
  await work()
  const after = await counter()
  t.true(Number.isInteger(before) && Number.isInteger(after))
  return after - before
}

const devices = async (instance: string) => {
  const { stdout, stderr, code } = await weftd.tool(
    ...['vrf', 'exec', '--state', weftd.state, instance, '--', 'ip', '-j', 'address', 'show'],
  )
  if (code !== 0) throw new Error(stderr)
  const links = JSON.parse(stdout) as { ifname: string; addr_info: { local: string }[] }[]
  return new Map(links.map(({ ifname, addr_info: all }) => [ifname, all.map(({ local }) => local)]))
}

const listed = async () =>
  (await weftd.tool('vrf', 'list', '--state', weftd.state)).stdout.trim().split('\n').sort()

const two = instances(
  '<network-instance><name>red</name></network-instance><network-instance><name>blue</name></network-instance>',
)

test.serial(
  'two instances with the same addresses serve their own hosts, and nothing of the one gets into the other',
  async (t) => {
    await commit(two + interfaces(port(1, 'red') + port(2, 'red') + port(3, 'blue') + port(4, 'blue')))
    t.deepEqual(await listed(), ['blue', 'default', 'red'])
    for (const [from, to] of [
      ['h1', 'h4'],
      ['h3', 'h2'],
    ] as const) {
      const leaked = await heard(t, to, async () => {
        t.true(await weftd.pings(from, `${nets.even}.2`))
        t.true(await weftd.pings(from, '2001:db8:2::2'))
        const flood = ['ping', '-n', '-q', '-f', '-c', '200', '-w', '20', `${nets.even}.2`]
        t.is((await weftd.exec(from, ...flood)).code, 0)
      })
      t.true(leaked < 20, `${to} received ${leaked} packets`)
    }
    // The host's side: a tap with the interface's addresses and the way into the engine, in the instance's own namespace.
    const red = await devices('red')
    t.deepEqual([...red.keys()].sort(), ['lo', 'p1', 'p2', 'weft0'])
    t.true(red.get('p1')?.includes('192.0.2.1'))
    t.deepEqual([...(await devices('blue')).keys()].sort(), ['lo', 'p3', 'p4', 'weft0'])
    const fromBox = ['vrf', 'exec', '--state', weftd.state, 'red', '--', 'ping', '-n', '-c', '1', '-w', '10']
    const quiet = await heard(t, 'h4', async () =>
      t.is((await weftd.tool(...fromBox, '198.51.100.2')).code, 0),
    )
    t.true(quiet < 10)
  },
)

test.serial(
  'state tells of each instance its interfaces and routes, and of its RIBs what is in them',
  async (t) => {
    const reply = await get(instances('<network-instance><name>red</name><state/></network-instance>'))
    t.regex(reply, /<namespace>vrf-red<\/namespace><interface>p1<\/interface><interface>p2<\/interface>/)
    t.regex(reply, /<ipv4-routes>4<\/ipv4-routes><ipv6-routes>4<\/ipv6-routes>/)
    t.false(reply.includes('blue'))
    const rib = await get(
      '<routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing"><ribs><rib><name>blue-ipv4</name></rib></ribs></routing>',
    )
    t.regex(rib, /<network-instance [^>]*>blue<\/network-instance>/)
    t.regex(rib, /<outgoing-interface>p4<\/outgoing-interface>.*198\.51\.100\.0\/24/)
    t.false(rib.includes('p1'))
  },
)

test.serial(
  'a route into another instance, and what is imported from it, let packets through; the way back is configured too',
  async (t) => {
    // h1 reaches h4 where its own route leads: red imports 10.4.0.0/16, and blue has the way back.
    t.is((await weftd.exec('h4', 'ip', 'address', 'add', '10.4.0.4/32', 'dev', 'lo')).code, 0)
    t.is((await weftd.exec('h1', 'ip', 'address', 'add', '10.1.0.1/32', 'dev', 'lo')).code, 0)
    const imports = `<network-instance><name>red</name><import><from>blue</from><prefix><prefix>10.4.0.0/16</prefix><le>32</le></prefix></import></network-instance>`
    await commit(
      instances(imports) +
        protocols(
          statics('red', route('10.1.0.0/24', `<next-hop-address>${nets.odd}.2</next-hop-address>`)) +
            statics(
              'blue',
              route('10.4.0.0/24', `<next-hop-address>${nets.even}.2</next-hop-address>`) +
                route('10.1.0.0/16', `<network-instance ${weft('network-instance')}>red</network-instance>`),
            ),
        ),
    )
    const ping = ['ping', '-n', '-i', '0.2', '-c', '1', '-w', '10', '-I', '10.1.0.1', '10.4.0.4']
    t.is((await weftd.exec('h1', ...ping)).code, 0)
    const rib = await get(
      '<routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing"><ribs><rib><name>red-ipv4</name></rib></ribs></routing>',
    )
    t.regex(
      rib,
      /<source-protocol[^>]*>[a-z-]+:leaked<\/source-protocol>(?:(?!<\/route>).)*<source-network-instance[^>]*>blue</s,
    )
    // Without the import there is no way.
    await commit(
      instances(
        '<network-instance><name>red</name><import nc:operation="delete"><from>blue</from></import></network-instance>',
      ),
    )
    t.not((await weftd.exec('h1', 'ping', '-n', '-c', '1', '-W', '1', '-I', '10.1.0.1', '10.4.0.4')).code, 0)
    await commit(everything(routing('<a/>')))
  },
)

test.serial('an instance that is disabled is not served, and comes back', async (t) => {
  await commit(instances('<network-instance><name>blue</name><enabled>false</enabled></network-instance>'))
  t.not((await weftd.exec('h3', 'ping', '-n', '-c', '1', '-W', '1', `${nets.even}.2`)).code, 0)
  t.true(await weftd.pings('h1', `${nets.even}.2`))
  await commit(instances('<network-instance><name>blue</name><enabled>true</enabled></network-instance>'))
  t.true(await weftd.pings('h3', `${nets.even}.2`))
})

test.serial('an interface moves to another instance by one commit', async (t) => {
  // h1 now is in blue, where p3 gives way to it.
  await commit(interfaces(`<interface nc:operation="delete"><name>p3</name></interface>${port(1, 'blue')}`))
  t.deepEqual([...(await devices('blue')).keys()].sort(), ['lo', 'p1', 'p4', 'weft0'])
  t.deepEqual([...(await devices('red')).keys()].sort(), ['lo', 'p2', 'weft0'])
  const others = await heard(t, 'h2', async () => t.true(await weftd.pings('h1', `${nets.even}.2`)))
  t.true(others < 10)
  await commit(interfaces(port(1, 'red') + port(3, 'blue')))
  t.true(await weftd.pings('h1', `${nets.even}.2`))
  t.true(await weftd.pings('h3', `${nets.even}.2`))
})

test.serial('a killed engine and a killed weftd come back with all of it', async (t) => {
  process.kill(weftd.enginePid, 'SIGKILL')
  t.true(await weftd.pings('h1', `${nets.even}.2`, 60))
  t.true(await weftd.pings('h3', `${nets.even}.2`, 60))
  await client[Symbol.asyncDispose]()
  await weftd.kill('SIGKILL')
  t.is((await weftd.exec('h1', 'ping', '-n', '-c', '1', '-w', '10', `${nets.even}.2`)).code, 0)
  await weftd.start()
  client = await weftd.connect()
  t.deepEqual(await listed(), ['blue', 'default', 'red'])
  t.true(await weftd.pings('h3', `${nets.even}.2`))
  t.deepEqual([...(await devices('red')).keys()].sort(), ['lo', 'p1', 'p2', 'weft0'])
})

test.serial('what cannot be is refused with its path, and what is deleted leaves nothing', async (t) => {
  const refused = async (config: string) =>
    (await t.throwsAsync(commit(config), undefined, config)) as Error & { reply: string }
  const bound = await refused(interfaces(port(1, 'green')))
  t.regex(bound.reply, /interface\[[^\]]*name='p1'\]\/[a-z-]+:bind-network-instance-name/)
  const gone = await refused(
    instances('<network-instance nc:operation="delete"><name>red</name></network-instance>'),
  )
  t.regex(gone.reply, /bind-network-instance-name|control-plane-protocol/)
  const gone4 = [1, 2, 3, 4].map((n) => `<interface nc:operation="delete"><name>p${n}</name></interface>`)
  await commit(everything(instances('<a/>')) + interfaces(gone4.join('')) + everything(routing('<a/>')))
  t.deepEqual(await listed(), ['default'])
  const nothing = async () => tapsHeldBy(weftd.enginePid).length === 0
  t.true(await patiently(20, nothing), tapsHeldBy(weftd.enginePid).join(' '))
  const left = await get(
    instances('') + '<routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing"><ribs/></routing>',
  )
  t.false(left.includes('red'))
  t.false(left.includes('<route>'))
  await using keeper = await connectKeeper(join(runFolder(weftd.state), 'keeper.sock'))
  t.false((await keeper.request('taps')).includes('vrf-'))
  const objects = await get(
    '<dataplane xmlns="urn:weft:params:xml:ns:yang:weft-dataplane"><members><member><tables/></member></members></dataplane>',
  )
  t.regex(objects, /<ipv4-routes>0<\/ipv4-routes><ipv6-routes>0<\/ipv6-routes><objects>0<\/objects>/)
})
