/** Ports that are made, on an appliance with the demo chassis: what is refused, and what goes on when processes are killed. */
import type { ExecutionContext } from 'ava'
import type { NetconfClient } from '../../src/demo/client.js'
import { commitOf, ethernet, getOf, interfaces, ip, nc, removed, weft } from '../lab/edits.js'
import { patiently } from '../lab/patience.js'
import type { Weftd } from '../lab/weftd.js'

const ports = (content: string) => `<ports ${weft('ports')} xmlns:nc="${nc}">${content}</ports>`
const port = (name: string, content: string) =>
  ports(`<port><name>${name}</name><made><namespace>${content}</made></port>`)
const address = '<address><ip>203.0.113.2</ip><prefix-length>24</prefix-length></address>'
const gateway = '<ipv4-gateway>203.0.113.1</ipv4-gateway>'

interface LinkOfHost {
  readonly ifindex: number
  readonly address: string
  readonly mtu: number
}

async function linkOf(weftd: Weftd): Promise<LinkOfHost | undefined> {
  const { stdout, code } = await weftd.exec('box', 'ip', '-j', 'link', 'show', 'net0')
  return code === 0 ? (JSON.parse(stdout) as LinkOfHost[])[0] : undefined
}

/** The other end, in namespace `box`, as it is when the port has been made. */
export async function makePort(
  t: ExecutionContext,
  weftd: Weftd,
  client: NetconfClient,
): Promise<LinkOfHost> {
  await commitOf(
    client,
    port('c1', `box</namespace><device>net0</device>${address}${gateway}`) +
      interfaces(ethernet('c1', ip('ipv4', '203.0.113.1', 24))),
  )
  t.true(await weftd.pings('box', '198.51.100.2'))
  for (const [config, path] of [
    [port('c2', 'h1</namespace>'), /made.*namespace 'h1' has a device 'eth0' already/s],
    [port('c2', 'box</namespace><device>net0</device>'), /c2|c1/],
    [port('p1', 'box</namespace>'), /port\[[^\]]*'p1'\]/],
    [ports('<port nc:operation="delete"><name>c1</name></port>'), /interface\[[^\]]*'c1'\]/],
  ] as const) {
    const { reply } = (await t.throwsAsync(commitOf(client, config), undefined, config)) as Error & {
      reply: string
    }
    t.regex(reply, path)
  }
  // What was refused is not in the way, nor has it left anything.
  const { stdout } = await weftd.exec('@ports', 'ip', '-j', 'link', 'show')
  t.is((JSON.parse(stdout) as { ifname: string }[]).filter(({ ifname }) => /^made/.test(ifname)).length, 1)
  const found = await linkOf(weftd)
  if (!found) throw new Error('box has no device net0')
  return found
}

/** After processes were killed: the same pair; it is made again when somebody deletes it, and leaves nothing. */
export async function keepPort(
  t: ExecutionContext,
  weftd: Weftd,
  client: NetconfClient,
  made: LinkOfHost,
): Promise<void> {
  t.true(await weftd.pings('box', '198.51.100.2'))
  t.is((await linkOf(weftd))?.ifindex, made.ifindex)
  await commitOf(
    client,
    port(
      'c1',
      'box</namespace><device>net0</device><mac-address>02:00:00:00:00:c1</mac-address><mtu>1400</mtu>',
    ),
  )
  t.like(await linkOf(weftd), { ifindex: made.ifindex, address: '02:00:00:00:00:c1', mtu: 1400 })
  t.true(await weftd.pings('box', '198.51.100.2'))
  await weftd.exec('box', 'ip', 'link', 'delete', 'net0')
  t.true(await weftd.pings('box', '198.51.100.2', 30))
  t.regex(
    await getOf(
      client,
      `<dataplane ${weft('dataplane')}><members><member><port/></member></members></dataplane>`,
    ),
    /<name>c1<.*<made[^>]*><namespace>box<\/namespace><device>net0<\/device><oper-status>up<.*02:00:00:00:00:c1<.*<mtu>1400</s,
  )
  await commitOf(
    client,
    ports('<port nc:operation="delete"><name>c1</name></port>') + interfaces(removed('c1')),
  )
  t.true(
    await patiently(
      10,
      async () => !(await weftd.tool('lab', 'hosts', '--state', weftd.state)).stdout.includes('box'),
    ),
  )
  const { stdout } = await weftd.exec('@ports', 'ip', '-o', 'link', 'show')
  t.notRegex(stdout, /made/)
}
