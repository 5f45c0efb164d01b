/**
 * Bridge domains of one appliance, with four hosts in them and one beside them.
 *
 *   h1 … h4 (192.0.2.11 … .14, 2001:db8:1::11 … ::14) ── p1 … p4 [engine] p5 ── h5 (198.51.100.2, 2001:db8:2::2)
 *
 * Gateways are 192.0.2.1 and 2001:db8:1::1, of the interface that routes for a domain, and 198.51.100.1 and 2001:db8:2::1, of p5.
 */
import { rm } from 'node:fs/promises'
import test from 'ava'
import { NetconfClient } from '../../src/demo/client.js'
import {
  boundTo,
  commitOf,
  ethernet,
  getOf,
  ietf,
  interfaces,
  ip,
  nc,
  own,
  removed,
  weft,
} from '../lab/edits.js'
import { patiently } from '../lab/patience.js'
import { sendFrames, Talker } from '../lab/frames.js'
import type { Weftd } from '../lab/weftd.js'
import { startWithHosts, tapsHeldBy } from '../lab/with-hosts.js'
import { fourSites } from './four-sites.js'

let weftd: Weftd
let client: NetconfClient
/** MAC addresses of the hosts, by name. */
const macs = new Map<string, string>()

test.before(async () => {
  const inside = { gateway4: '192.0.2.1', gateway6: '2001:db8:1::1' }
  const hosts = [1, 2, 3, 4].map((n) => ({
    ...inside,
    ...{ name: `h${n}`, port: `p${n}`, ipv4: `192.0.2.1${n}/24`, ipv6: `2001:db8:1::1${n}/64` },
  }))
  const outside = { ipv4: '198.51.100.2/24', ipv6: '2001:db8:2::2/64' }
  const its = { name: 'h5', port: 'p5', gateway4: '198.51.100.1', gateway6: '2001:db8:2::1' }
  weftd = await startWithHosts([...hosts, { ...its, ...outside }])
  client = await weftd.connect()
  for (const n of [1, 2, 3, 4, 5]) {
    const { stdout } = await weftd.exec(`h${n}`, 'ip', '-j', 'link', 'show', 'eth0')
    macs.set(`h${n}`, (JSON.parse(stdout) as { address: string }[])[0]?.address ?? '')
  }
})
test.after.always(async () => {
  await client?.[Symbol.asyncDispose]()
  await weftd?.[Symbol.asyncDispose]()
  if (weftd) await rm(weftd.state, { recursive: true, force: true })
})

const domains = (content: string) =>
  `<bridge-domains ${weft('bridge')} xmlns:nc="${nc}">${content}</bridge-domains>`
const domain = (name: string, content = '') => `<bridge-domain><name>${name}</name>${content}</bridge-domain>`
const lan = (content: string) => domains(domain('lan', content))
const member = (name: string, content = '') => `<member><interface>${name}</interface>${content}</member>`
const routed = (name: string, of: string, content: string) =>
  own('l3ipvlan', name, `<bridge-domain ${weft('bridge')}>${of}</bridge-domain>${content}`)
const switched = (mode: string) => `<switched ${weft('bridge')}>${mode}</switched>`
const gateway = ip('ipv4', '192.0.2.1', 24) + ip('ipv6', '2001:db8:1::1', 64)
const noDomains = `<bridge-domains ${weft('bridge')} xmlns:nc="${nc}" nc:operation="remove"/>`
const noInterfaces = removed('p1', 'p2', 'p3', 'p4', 'p5', 'office', 'shop', 'vx')
const allPorts = ['p1', 'p2', 'p3', 'p4'].map((name) => ethernet(name)).join('')

const commit = (config: string) => commitOf(client, config)
const get = (filter: string) => getOf(client, filter)
const stateOf = (name: string) => get(domains(domain(name, '<state/>')))

/** One number of what a domain counts. */
async function counter(name: string, ...path: readonly string[]): Promise<number> {
  const pattern = path.map((one) => `<${one}>`).join('(?:(?!</statistics>)[^])*?')
  return Number(new RegExp(`${pattern}(\\d+)<`).exec(await stateOf(name))?.[1])
}

/** Behind which member an address is, as the domain knows. */
async function memberOf(name: string, mac: string): Promise<string | undefined> {
  const found = await get(
    domains(
      domain(name, `<state><mac-table><entry><mac-address>${mac}</mac-address></entry></mac-table></state>`),
    ),
  )
  return /<entry>.*?<interface>([^<]*)</s.exec(found)?.[1]
}

/** Severity and state of the alarm of a type. */
async function alarm(type: string): Promise<'none' | 'raised' | 'cleared'> {
  const list = await get(`<alarms ${ietf('alarms')}><alarm-list/></alarms>`)
  const found = list.split('<alarm>').find((one) => one.includes(`:${type}</alarm-type-id>`))
  if (found === undefined) return 'none'
  return found.includes('<is-cleared>true<') ? 'cleared' : 'raised'
}

const pingsOnce = async (host: string, address: string) =>
  (await weftd.exec(host, 'ping', '-n', '-c', '1', '-W', '1', address)).code === 0
/** Sooner or later. */
const reaches = (host: string, address: string) => patiently(20, () => pingsOnce(host, address))

const send = (host: string, count: number, pairs: Parameters<typeof sendFrames>[3]) =>
  sendFrames(weftd, host, count, pairs)
const all = 'ff:ff:ff:ff:ff:ff'
const macOf = (host: string) => macs.get(host) as string

test.serial('hosts of a domain reach each other, another subnet and the router itself', async (t) => {
  await commit(
    interfaces(
      allPorts +
        ethernet('p5', ip('ipv4', '198.51.100.1', 24) + ip('ipv6', '2001:db8:2::1', 64)) +
        routed('office', 'lan', gateway),
    ) + lan(['p1', 'p2', 'p3', 'p4'].map((name) => member(name)).join('')),
  )
  for (const to of [
    '192.0.2.12',
    '2001:db8:1::13',
    '192.0.2.1',
    '2001:db8:1::1',
    '198.51.100.2',
    '2001:db8:2::2',
  ])
    t.true(await weftd.pings('h1', to), to)
  t.true(await weftd.pings('h5', '192.0.2.14'))
  t.is(await memberOf('lan', macOf('h1')), 'p1')
  t.is(await memberOf('lan', macOf('h4')), 'p4')
  const text = await stateOf('lan')
  t.regex(text, /<routed-interface>office</)
  t.regex(text, /<origin>static<.*|<interface>office</)
  t.true((await counter('lan', 'forwarded')) > 0)
  t.true((await counter('lan', 'to-routed-interface')) > 0)
  t.true((await counter('lan', 'flooded', 'broadcast')) > 0)
  // Who knows whom sends to nobody else.
  const before = await counter('lan', 'copies')
  t.is((await weftd.exec('h1', 'ping', '-n', '-q', '-f', '-c', '200', '-w', '20', '192.0.2.12')).code, 0)
  t.true((await counter('lan', 'copies')) - before < 50)
})

test.serial(
  'an address that moves is followed, and an alarm tells of one that moves too often',
  async (t) => {
    await commit(lan('<mac-move><moves>2</moves><window>600</window></mac-move>'))
    await send('h3', 1, [[macOf('h2'), macOf('h1')]])
    t.true(await patiently(10, async () => (await memberOf('lan', macOf('h1'))) === 'p3'))
    t.true(await reaches('h1', '192.0.2.12'))
    t.is(await memberOf('lan', macOf('h1')), 'p1')
    t.is(await counter('lan', 'moves'), 2)
    t.is(await alarm('bridge-mac-moving'), 'none')
    await send('h3', 1, [[macOf('h2'), macOf('h1')]])
    t.true(await patiently(10, async () => (await alarm('bridge-mac-moving')) === 'raised'))
    t.regex(
      await stateOf('lan'),
      new RegExp(`<moving-mac><mac-address>${macOf('h1')}<.*<from>p1<.*<to>p3<`, 's'),
    )
  },
)

test.serial(
  'what exceeds a limit is not learned and goes to all; the alarm ends when there is room',
  async (t) => {
    await commit(lan(member('p4', '<mac-limit>2</mac-limit>')))
    const strangers = [1, 2, 3, 4, 5, 6].map((n) => `02:00:5e:00:00:0${n}`)
    await send(
      'h4',
      1,
      strangers.map((mac) => [macOf('h1'), mac]),
    )
    t.true(await patiently(10, async () => (await alarm('bridge-mac-limit')) === 'raised'))
    const text = await stateOf('lan')
    t.regex(text, /<mac-limit-reached>true</)
    t.regex(text, /<member><interface>p4<.*?<mac-addresses>2</s)
    t.true((await counter('lan', 'not-learned')) >= 4)
    const flooded = await counter('lan', 'flooded', 'unknown-unicast')
    await send('h1', 3, [[strangers[5] as string, macOf('h1')]])
    t.true(
      await patiently(10, async () => (await counter('lan', 'flooded', 'unknown-unicast')) === flooded + 3),
    )
    await commit(lan(member('p4', '<mac-limit nc:operation="delete"/>')))
    t.true(await patiently(10, async () => (await alarm('bridge-mac-limit')) === 'cleared'))
  },
)

test.serial('broadcasts above a policer’s rate are dropped and counted', async (t) => {
  await commit(lan('<policers><broadcast><rate>10</rate><burst>10</burst></broadcast></policers>'))
  const [before, policed] = [
    await counter('lan', 'flooded', 'broadcast'),
    await counter('lan', 'policed', 'broadcast'),
  ]
  await send('h4', 500, [[all, macOf('h4')]])
  const told = async () => {
    const flooded = (await counter('lan', 'flooded', 'broadcast')) - before
    return [flooded, (await counter('lan', 'policed', 'broadcast')) - policed] as const
  }
  t.true(await patiently(10, async () => (await told()).reduce((one, other) => one + other) >= 500))
  const [flooded, dropped] = await told()
  t.true(flooded >= 10 && dropped >= 400, `${flooded} went to all, ${dropped} were dropped`)
  await commit(lan('<policers nc:operation="delete"/>'))
})

test.serial('members of a split-horizon group do not hear each other', async (t) => {
  const group = '<split-horizon-group>7</split-horizon-group>'
  await commit(lan(member('p1', group) + member('p2', group)))
  t.false(await pingsOnce('h1', '192.0.2.12'))
  t.true(await reaches('h1', '192.0.2.13'))
  t.true(await reaches('h2', '192.0.2.13'))
  const none = '<split-horizon-group nc:operation="delete"/>'
  await commit(lan(member('p1', none) + member('p2', none)))
  t.true(await reaches('h1', '192.0.2.12'))
})

test.serial('requests for known neighbours are answered and go no further', async (t) => {
  await commit(lan('<neighbour-suppression>true</neighbour-suppression>'))
  const forget = (host: string) => weftd.exec(host, 'ip', 'neigh', 'flush', 'dev', 'eth0')
  // What stations say is heard.
  await forget('h1')
  for (const address of ['192.0.2.12', '192.0.2.13', '2001:db8:1::12', '2001:db8:1::13'])
    t.true(await reaches('h1', address))
  await client.rpc(
    `<start-capture ${weft('capture')}><name>asked</name><interface>p4</interface><direction>out</direction><filter>arp or icmp6</filter></start-capture>`,
  )
  const before = await counter('lan', 'suppressed')
  await forget('h3')
  for (const address of ['192.0.2.12', '2001:db8:1::12', '192.0.2.1', '2001:db8:1::1'])
    t.true(await reaches('h3', address), address)
  t.true((await counter('lan', 'suppressed')) >= before + 4)
  await client.rpc(`<stop-capture ${weft('capture')}><name>asked</name></stop-capture>`)
  const captured = await get(`<captures ${weft('capture')}/>`)
  t.regex(captured, /<packets>0<\/packets>/)
  await client.rpc(`<delete-capture ${weft('capture')}><name>asked</name></delete-capture>`)
  await commit(lan('<neighbour-suppression>false</neighbour-suppression>'))
})

test.serial('learned addresses are forgotten when that is asked for by who may', async (t) => {
  await commit(
    `<system ${ietf('system')}><authentication><user><name>guest</name><password>$0$of guests</password></user></authentication></system>`,
  )
  const to = { host: '127.0.0.1', port: weftd.port, username: 'guest', password: 'of guests' }
  const clear = (content: string) => `<clear-mac-addresses ${weft('bridge')}>${content}</clear-mac-addresses>`
  const one = clear(`<bridge-domain>lan</bridge-domain><mac-address>${macOf('h3')}</mac-address>`)
  {
    await using guest = await NetconfClient.connect(to)
    t.regex((await guest.send(one)).toString(), /<error-tag>access-denied</)
  }
  t.is(await memberOf('lan', macOf('h3')), 'p3')
  t.regex(await client.rpc(one), /<cleared[^>]*>1</)
  t.is(await memberOf('lan', macOf('h3')), undefined)
  const [, cleared] = /<cleared[^>]*>(\d+)</.exec(await client.rpc(clear('<interface>p2</interface>'))) ?? []
  t.true(Number(cleared) >= 1)
  t.is(await memberOf('lan', macOf('h2')), undefined)
})

test.serial(
  'access and trunk ports let frames of their VLANs pass, with the tags that they have there',
  async (t) => {
    const trunk = (content: string) => switched(`<trunk>${content}</trunk>`)
    await commit(noDomains + interfaces(removed('office')))
    await commit(
      domains(domain('ten', '<vlan-id>10</vlan-id>') + domain('twenty', '<vlan-id>20</vlan-id>')) +
        interfaces(
          ethernet('p1', switched('<access><vlan>10</vlan></access>')) +
            ethernet('p2', trunk('<native-vlan>20</native-vlan>')) +
            ethernet('p3', switched('<access><vlan>20</vlan></access>')) +
            ethernet('p4', trunk('<vlan><vlan-id>20</vlan-id></vlan>')),
        ),
    )
    t.true(await reaches('h2', '192.0.2.13'))
    t.is(await memberOf('twenty', macOf('h3')), 'p3.20')
    t.regex(await stateOf('ten'), /<member><interface>p2\.10<\/interface><switch-port>p2</)

    const [h1, h2, h3, h4] = ['h1', 'h2', 'h3', 'h4'].map(
      (host) => new Talker(t, weftd, host, macOf(host)),
    ) as [Talker, Talker, Talker, Talker]
    for (const one of [h1, h2, h3, h4]) t.true(await one.heard('ready'))
    h4.say('20 a', '10 b', '- c')
    t.true(await h2.heard('- h4:a'))
    h1.say('- d')
    t.true(await h2.heard('10 h1:d'))
    h2.say('- e', '10 f')
    t.true(await h1.heard('- h2:f'))
    t.true(await h3.heard('- h2:e'))
    t.true(await h4.heard('20 h2:e'))
    t.deepEqual(h1.end(), ['- h2:f'])
    t.deepEqual(h2.end(), ['- h4:a', '10 h1:d'])
    t.deepEqual(h3.end(), ['- h4:a', '- h2:e'])
    t.deepEqual(h4.end(), ['20 h2:e'])
    const drops = await get(`<dataplane ${weft('dataplane')}/>`)
    t.regex(drops, /<reason>vlan-tag-without-circuit<\/reason>\s*<packets>[1-9]/)
    await commit(noDomains + interfaces(noInterfaces))
  },
)

test.serial('domains of two network instances have the same addresses and are apart', async (t) => {
  await commit(noDomains + interfaces(noInterfaces))
  const instance = (name: string) => `<network-instance><name>${name}</name></network-instance>`
  await commit(
    `<network-instances ${weft('network-instance')}>${instance('red')}${instance('blue')}</network-instances>` +
      interfaces(
        allPorts +
          routed('office', 'lan', boundTo('red') + gateway) +
          routed('shop', 'mart', boundTo('blue') + gateway),
      ) +
      domains(domain('lan', member('p1') + member('p2')) + domain('mart', member('p3') + member('p4'))),
  )
  for (const [host, other] of [
    ['h1', '192.0.2.12'],
    ['h3', '192.0.2.14'],
  ] as const) {
    await weftd.exec(host, 'ip', 'neigh', 'flush', 'dev', 'eth0')
    t.true(await reaches(host, '192.0.2.1'))
    t.true(await reaches(host, other))
  }
  t.false(await pingsOnce('h1', '192.0.2.13'))
  t.is(await memberOf('lan', macOf('h3')), undefined)
  t.is(await memberOf('mart', macOf('h3')), 'p3')
})

test.serial(
  'a domain stretches over tunnels to four sites of Linux, each of which gets what is for all once',
  async (t) => {
    await commit(noDomains + interfaces(noInterfaces))
    await fourSites(t, weftd, client, macOf('h1'))
  },
)

test.serial('what cannot be is refused where it stands, and what is deleted leaves nothing', async (t) => {
  await commit(noDomains + interfaces(noInterfaces))
  await commit(
    interfaces(allPorts + routed('office', 'lan', gateway)) +
      domains(domain('lan', member('p1') + member('p2')) + domain('mart', member('p3') + member('p4'))),
  )
  const refusals: readonly (readonly [config: string, path: RegExp])[] = [
    [domains(domain('mart', member('p1'))), /bridge-domain\[[^\]]*'mart'\]\/[^/]*member\[[^\]]*'p1'\]/],
    [interfaces(ethernet('p1', ip('ipv4', '10.9.0.1', 24))), /(member\[[^\]]*'p1'\])/],
    [interfaces(routed('lobby', 'lan', '')), /interface\[[^\]]*'(lobby|office)'\]\/[^/]*bridge-domain/],
    [interfaces(own('l3ipvlan', 'lobby')), /interface\[[^\]]*'lobby'\]/],
    [interfaces(routed('lobby', 'nowhere', '')), /interface\[[^\]]*'lobby'\]\/[^/]*bridge-domain/],
    [
      domains('<bridge-domain nc:operation="delete"><name>lan</name></bridge-domain>'),
      /'office'\]\/[^/]*bridge-domain/,
    ],
    [interfaces(ethernet('p1', switched('<access><vlan>10</vlan></access>'))), /'p1'\].*vlan/],
    [
      lan('<static-mac><mac-address>02:00:00:00:00:05</mac-address><interface>p3</interface></static-mac>'),
      /static-mac\[[^\]]*\]\/[^/]*interface/,
    ],
  ]
  for (const [config, path] of refusals) {
    const { reply } = (await t.throwsAsync(commit(config), undefined, config)) as Error & { reply: string }
    t.regex(/<error-path[^>]*>([^]*?)<\/error-path>/.exec(reply)?.[1] ?? reply, path, reply)
  }
  await commit(
    noDomains +
      interfaces(noInterfaces) +
      `<network-instances ${weft('network-instance')} xmlns:nc="${nc}" nc:operation="remove"/>`,
  )
  t.notRegex(await get(domains('')), /<bridge-domain>/)
  const objects = await get(
    `<dataplane ${weft('dataplane')}><members><member><tables/></member></members></dataplane>`,
  )
  t.regex(objects, /<ipv4-routes>0<\/ipv4-routes><ipv6-routes>0<\/ipv6-routes><objects>0<\/objects>/)
  // The default instance's way into the engine stays.
  const nothing = async () => tapsHeldBy(weftd.enginePid).every((name) => name === 'weft0')
  t.true(await patiently(20, nothing), tapsHeldBy(weftd.enginePid).join(' '))
  await using keeper = await weftd.keeper()
  t.notRegex(await keeper.request('taps'), /office|shop/)
})
