/**
 * A mesh of five sites: this appliance with h1, and hosts h2 … h5, each with a VXLAN device of Linux that knows no more than the way
 * here. Their devices have addresses in the subnet of h1.
 *
 *   h1 192.0.2.11 ── p1 [domain lan: p1, vx] p2 … p5 ── h2 … h5 192.0.2.22 … 192.0.2.25
 */
import type { ExecutionContext } from 'ava'
import type { NetconfClient } from '../../src/demo/client.js'
import { commitOf, ethernet, getOf, interfaces, ip, own, weft } from '../lab/edits.js'
import { sendFrames } from '../lab/frames.js'
import { patiently } from '../lab/patience.js'
import type { Weftd } from '../lab/weftd.js'

const source = '198.51.100.1'
const remoteOf = (n: number) => (n === 5 ? '198.51.100.2' : `10.20.${n}.2`)
const nearOf = (n: number) => (n === 5 ? source : `10.20.${n}.1`)
const addressOf = (n: number) => `192.0.2.2${n}`
const sites = [2, 3, 4, 5]
const lan = (content: string) =>
  `<bridge-domains ${weft('bridge')}><bridge-domain><name>lan</name>${content}</bridge-domain></bridge-domains>`
const member = (name: string) => `<member><interface>${name}</interface></member>`
const capture = (operation: string, content: string) =>
  `<${operation} ${weft('capture')}><name>mesh</name>${content}</${operation}>`

export async function fourSites(
  t: ExecutionContext,
  weftd: Weftd,
  client: NetconfClient,
  macOfH1: string,
): Promise<void> {
  const remotes = sites.map((n) => `<remote><address>${remoteOf(n)}</address></remote>`).join('')
  const tunnel = `<tunnel ${weft('tunnels')}><source>${source}</source>${remotes}<vxlan><vni>77</vni></vxlan></tunnel>`
  const ways = sites.map((n) => ethernet(`p${n}`, ip('ipv4', nearOf(n), 24))).join('')
  await commitOf(
    client,
    interfaces(ethernet('p1') + ways + own('tunnel', 'vx', tunnel)) + lan(member('p1') + member('vx')),
  )
  for (const n of sites) {
    const run = async (...command: readonly string[]) => {
      const { code, stderr } = await weftd.exec(`h${n}`, ...command)
      t.is(code, 0, `h${n}: ${command.join(' ')}: ${stderr}`)
    }
    if (n !== 5) {
      await run('ip', 'address', 'add', `${remoteOf(n)}/24`, 'dev', 'eth0')
      await run('ip', 'route', 'add', `${source}/32`, 'via', nearOf(n))
    }
    const ends = ['local', remoteOf(n), 'remote', source, 'dstport', '4789']
    await run('ip', 'link', 'add', 'vx', 'type', 'vxlan', 'id', '77', ...ends)
    await run('ip', 'address', 'add', `${addressOf(n)}/32`, 'dev', 'vx')
    await run('ip', 'link', 'set', 'vx', 'up')
    await run('ip', 'route', 'replace', '192.0.2.11/32', 'dev', 'vx', 'src', addressOf(n))
    await weftd.exec('h1', 'ip', 'neigh', 'flush', 'dev', 'eth0')
    t.true(await weftd.pings('h1', addressOf(n)), addressOf(n))
    const { stdout } = await weftd.exec(`h${n}`, 'ip', '-j', 'link', 'show', 'vx')
    const mac = (JSON.parse(stdout) as { address: string }[])[0]?.address ?? ''
    const wanted = `<state><mac-table><entry><mac-address>${mac}</mac-address></entry></mac-table></state>`
    const entry = await getOf(client, lan(wanted))
    t.true(entry.includes(`<interface>vx</interface><remote>${remoteOf(n)}</remote>`), entry)
  }

  // Broadcasts of h1, as they leave for the sites: four copies of each, and no more.
  const ports = sites.map((n) => `<interface>p${n}</interface>`).join('')
  const inside = 'udp dst port 4789 and udp[28:2] = 0x88b5'
  await client.rpc(
    capture(
      'start-capture',
      `${ports}<direction>out</direction><filter>${inside}</filter><max-seconds>3600</max-seconds>`,
    ),
  )
  const captured = async () =>
    Number(/<packets>(\d+)</.exec(await getOf(client, `<captures ${weft('capture')}/>`))?.[1])
  await sendFrames(weftd, 'h1', 10, [['ff:ff:ff:ff:ff:ff', macOfH1]])
  t.true(await patiently(20, async () => (await captured()) >= 40))
  // One of h4 goes to h1 alone: sites do not hear each other by this box. What follows it has been heard by then.
  const { stdout } = await weftd.exec('h4', 'ip', '-j', 'link', 'show', 'vx')
  const macOfSite = (JSON.parse(stdout) as { address: string }[])[0]?.address ?? ''
  const copies = async () => Number(/<copies>(\d+)</.exec(await getOf(client, lan('<state/>')))?.[1])
  const before = await copies()
  await sendFrames(weftd, 'h4', 10, [['ff:ff:ff:ff:ff:ff', macOfSite]], 'vx')
  t.true(await patiently(20, async () => (await copies()) >= before + 10))
  await weftd.exec('h4', 'ip', 'route', 'replace', '192.0.2.25/32', 'dev', 'vx', 'src', addressOf(4))
  t.not((await weftd.exec('h4', 'ping', '-n', '-c', '1', '-W', '1', addressOf(5))).code, 0)
  await client.rpc(capture('stop-capture', ''))
  t.is(await captured(), 40)
  await client.rpc(capture('delete-capture', ''))
}
