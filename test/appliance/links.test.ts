/**
 * Links come and go (RFC 8343, oper-status; RFC 8349, active routes): what is routed over a link that is down leaves the
 * active routes and comes back with it, and packets follow. The far end of port p2 is the device eth0 of host h2.
 */
import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import type { NetconfClient } from '../../src/demo/client.js'
import { makeHost } from '../../src/lab/lab.js'
import { demoHosts } from '../../src/lab/topology.js'
import { alarms, untilAlarm } from '../lab/alarms.js'
import { Weftd } from '../lab/weftd.js'

const h2 = '198.51.100.2'
/** A network behind h2. */
const behind = '203.0.113.1'
let weftd: Weftd

test.before(async () => {
  weftd = await Weftd.start({ options: ['--log-level', 'warn'] })
})
test.after.always(() => weftd?.[Symbol.asyncDispose]())

async function onHost2(
  t: { is(a: unknown, b: unknown, text?: string): void },
  ...commands: readonly string[]
) {
  for (const command of commands) {
    const { code, stderr } = await weftd.exec('h2', 'ip', ...command.split(' '))
    t.is(code, 0, `${command}: ${stderr}`)
  }
}

const up = ['link set eth0 up', 'route replace default via 198.51.100.1']

const interfaces = (content: string) =>
  `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">${content}</interfaces>`
const p2 = interfaces(`<interface><name>p2</name>
<type xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">t:ethernetCsmacd</type>
<ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ip"><forwarding>true</forwarding>
<address><ip>198.51.100.1</ip><prefix-length>24</prefix-length></address></ipv4></interface>`)
const gone = interfaces(
  '<interface xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"><name>p2</name></interface>',
)
const routes = `<routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing"><control-plane-protocols><control-plane-protocol>
<type>static</type><name>static</name><static-routes><ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ipv4-unicast-routing">
<route><destination-prefix>203.0.113.0/24</destination-prefix><next-hop><next-hop-address>${h2}</next-hop-address></next-hop></route>
</ipv4></static-routes></control-plane-protocol></control-plane-protocols></routing>`
const noRoutes =
  '<routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"/>'

async function operStatus(client: NetconfClient, name: string): Promise<string | undefined> {
  const filter = `<filter type="subtree">${interfaces(`<interface><name>${name}</name><oper-status/></interface>`)}</filter>`
  return /<oper-status>([^<]*)</.exec(await client.rpc(`<get>${filter}</get>`))?.[1]
}

/** Prefixes of the routes of the IPv4 RIB, those that are used and those that are not. */
async function rib(client: NetconfClient): Promise<{ active: string[]; inactive: string[] }> {
  const filter =
    '<filter type="subtree"><routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing"><ribs><rib><name>ipv4-master</name></rib></ribs></routing></filter>'
  const reply = await client.rpc(`<get>${filter}</get>`)
  const all = [...reply.matchAll(/<route>(.*?)<\/route>/gs)].map(([, text = '']) => ({
    prefix: /destination-prefix[^>]*>([^<]*)</.exec(text)?.[1] ?? '',
    active: text.includes('<active'),
  }))
  const prefixes = (active: boolean) =>
    all.flatMap((one) => (one.active === active ? [one.prefix] : [])).sort()
  return { active: prefixes(true), inactive: prefixes(false) }
}

/** An action of ietf-alarms (RFC 8632). */
const act = (client: NetconfClient, action: string): Promise<string> =>
  client.rpc(
    `<action xmlns="urn:ietf:params:xml:ns:yang:1"><alarms xmlns="urn:ietf:params:xml:ns:yang:ietf-alarms">${action}</alarms></action>`,
  )

/** Looks until it is so; fails by the timeout of the test, which tells what it waited for. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 15_000; !(await holds()); await delay(50)) {
    if (performance.now() > end) throw new Error(`${what}: not so after 15 s`)
  }
}

const same = (a: readonly string[], b: readonly string[]) => a.join() === b.join()

test.serial(
  'a link goes down: its routes leave, and what goes over them; it comes up: all is back',
  async (t) => {
    await using client = await weftd.connect()
    await client.edit(routes)
    await client.commit()
    await onHost2(t, `addr add ${behind}/32 dev lo`)
    t.true(await weftd.pings('h1', behind))
    const before = await rib(client)
    t.true(before.active.includes('198.51.100.0/24') && before.active.includes('203.0.113.0/24'))

    await onHost2(t, 'link set eth0 down')
    await until('p2 is down', async () => (await operStatus(client, 'p2')) === 'down')
    t.is(await operStatus(client, 'p1'), 'up')
    await untilAlarm(client, 'link-alarm p2')
    await until('its routes are not active', async () => {
      const { active } = await rib(client)
      return !active.includes('198.51.100.0/24') && !active.includes('203.0.113.0/24')
    })
    const during = await rib(client)
    t.true(during.inactive.includes('203.0.113.0/24'), JSON.stringify(during))
    t.true(during.active.includes('192.0.2.0/24'))
    // h1 is told: the engine has no route any more, which is more than silence.
    const { stdout } = await weftd.exec('h1', 'ping', '-n', '-c', '1', '-w', '5', behind)
    t.regex(stdout, /From 192\.0\.2\.1 .*Unreachable/)

    await onHost2(t, ...up)
    await until('p2 is up', async () => (await operStatus(client, 'p2')) === 'up')
    await until('its routes are active', async () => same((await rib(client)).active, before.active))
    await untilAlarm(client, '(link-alarm p2)')
    t.true(await weftd.pings('h1', behind, 10))
    t.true(await weftd.pings('h1', h2, 10))
    await client.edit(noRoutes)
    await client.commit()
  },
)

test.serial('an interface that is made while its link is down is not taken to be up', async (t) => {
  await using client = await weftd.connect()
  await client.edit(gone)
  await client.commit()
  await onHost2(t, 'link set eth0 down')
  await client.edit(p2)
  await client.commit()
  await until('p2 is down', async () => (await operStatus(client, 'p2')) === 'down')
  await until(
    'it has no connected route',
    async () => !(await rib(client)).active.includes('198.51.100.0/24'),
  )
  await onHost2(t, ...up)
  await until('it has one', async () => (await rib(client)).active.includes('198.51.100.0/24'))
  t.is(await operStatus(client, 'p2'), 'up')
  t.true(await weftd.pings('h1', h2, 10))
})

test.serial('a link that went down while weftd was not there is known when it is back', async (t) => {
  await weftd.kill('SIGKILL')
  await onHost2(t, 'link set eth0 down')
  await weftd.start()
  {
    await using client = await weftd.connect()
    t.is(await operStatus(client, 'p2'), 'down')
    await until(
      'it has no connected route',
      async () => !(await rib(client)).active.includes('198.51.100.0/24'),
    )
    // What held before and holds still is told again.
    await until('its alarm is raised', async () => same(await alarms(client), ['link-alarm p2']))
    await onHost2(t, ...up)
    await until('it has one', async () => (await rib(client)).active.includes('198.51.100.0/24'))
    await until('its alarm is cleared', async () => same(await alarms(client), ['(link-alarm p2)']))
  }
  t.true(await weftd.pings('h1', h2, 10))
})

test.serial('an alarm is acknowledged and purged, and a shelf takes the next one', async (t) => {
  await using client = await weftd.connect()
  const alarm = (content: string) => `<alarm-list><alarm>
<resource xmlns:i="urn:ietf:params:xml:ns:yang:ietf-interfaces">/i:interfaces/i:interface[i:name='p2']</resource>
<alarm-type-id xmlns:w="urn:weft:params:xml:ns:yang:weft-alarms">w:link-alarm</alarm-type-id><alarm-type-qualifier/>
${content}</alarm></alarm-list>`
  const closed = alarm(
    '<set-operator-state><state>closed</state><text>it was meant</text></set-operator-state>',
  )
  t.regex(await act(client, closed), /<ok\/>/)
  const filter = `<filter type="subtree"><alarms xmlns="urn:ietf:params:xml:ns:yang:ietf-alarms">${alarm('<operator-state-change/>')}</alarms></filter>`
  t.regex(
    await client.rpc(`<get>${filter}</get>`),
    /<operator>admin<\/operator><state>closed<.*it was meant/s,
  )
  const purge =
    '<alarm-list><purge-alarms><alarm-clearance-status>cleared</alarm-clearance-status></purge-alarms></alarm-list>'
  t.regex(await act(client, purge), /<purged-alarms [^>]*>1</)
  t.deepEqual(await alarms(client), [])
  await t.throwsAsync(act(client, closed), { message: /no such alarm/ })

  const shelf = (
    operation: string,
  ) => `<alarms xmlns="urn:ietf:params:xml:ns:yang:ietf-alarms"><control><alarm-shelving>
<shelf xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="${operation}"><name>links</name>
<resource xmlns:i="urn:ietf:params:xml:ns:yang:ietf-interfaces">/i:interfaces/i:interface</resource></shelf>
</alarm-shelving></control></alarms>`
  await client.edit(shelf('merge'))
  await client.commit()
  await onHost2(t, 'link set eth0 down')
  const shelved = async (): Promise<boolean> => {
    const state =
      '<filter type="subtree"><alarms xmlns="urn:ietf:params:xml:ns:yang:ietf-alarms"><shelved-alarms/></alarms></filter>'
    return /<shelf-name>links</.test(await client.rpc(`<get>${state}</get>`))
  }
  await until('the alarm is in the shelf', shelved)
  t.deepEqual(await alarms(client), [])
  await client.edit(shelf('delete'))
  await client.commit()
  await until('it is in the list', async () => same(await alarms(client), ['link-alarm p2']))
  await onHost2(t, ...up)
  await until('it is cleared', async () => same(await alarms(client), ['(link-alarm p2)']))
})

test.serial(
  'a port whose device is taken away and a member that dies are alarms until they are back',
  async (t) => {
    await using client = await weftd.connect()
    process.kill(weftd.enginePid, 'SIGKILL')
    await untilAlarm(client, '(member-detached 0)')
    await onHost2(t, 'link del eth0')
    await untilAlarm(client, 'port-device-missing p2')
    t.false((await alarms(client)).includes('link-alarm p2'))
    await using keeper = await weftd.keeper()
    for (const host of demoHosts) await makeHost(keeper, host)
    await untilAlarm(client, '(port-device-missing p2)')
    t.true(await weftd.pings('h1', h2, 10))
  },
)
