/**
 * Workers and queues over NETCONF, and what the devices do: another MTU and another address are followed. That packets lose nothing
 * by it is tested for each driver (test/drivers/suite.ts).
 */
import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import { RpcReplyError, type NetconfClient } from '../../src/demo/client.js'
import { execIn } from '../../src/lab/namespace.js'
import { untilAlarm } from '../lab/alarms.js'
import { Weftd } from '../lab/weftd.js'

const h2 = '198.51.100.2'
const xmlns =
  'xmlns="urn:weft:params:xml:ns:yang:weft-ports" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"'
let weftd: Weftd

test.before(async () => {
  weftd = await Weftd.start({ options: ['--log-level', 'warn'] })
})
test.after.always(() => weftd?.[Symbol.asyncDispose]())

function config(count: number, ports: Readonly<Record<string, readonly number[]>>): string {
  const list = Object.entries(ports).map(
    ([name, workers]) =>
      `<port nc:operation="replace"><name>${name}</name><rx-queues>2</rx-queues>` +
      [...new Set(workers)].map((id) => `<worker><id>${id}</id></worker>`).join('') +
      '</port>',
  )
  return `<workers ${xmlns}><count>${count}</count></workers><ports ${xmlns}>${list.join('')}</ports>`
}

async function commit(client: NetconfClient, content: string): Promise<void> {
  await client.edit(content)
  await client.commit()
}

/** What `<get>` tells of the member's part with this element, without what is between tags. */
async function member(client: NetconfClient, content: string): Promise<string> {
  const filter =
    '<filter type="subtree"><dataplane xmlns="urn:weft:params:xml:ns:yang:weft-dataplane"><members><member>' +
    `<name>0</name>${content}</member></members></dataplane></filter>`
  return (await client.rpc(`<get>${filter}</get>`)).replace(/>\s+</g, '><')
}

/** The workers of a port's receive queues, in order. */
async function servers(client: NetconfClient, port: string): Promise<number[]> {
  const text = await member(client, `<port><name>${port}</name><rx-queue ${xmlns}/></port>`)
  return [...text.matchAll(/<worker[^>]*>(\d+)</g)].map(([, id]) => Number(id))
}

test.serial(
  'receive queues are served by the workers that are named, and move with each commit',
  async (t) => {
    await using client = await weftd.connect()
    await commit(client, config(2, { p1: [0, 1], p2: [0, 1] }))
    t.deepEqual(await servers(client, 'p1'), [0, 1])
    t.true(await weftd.pings('h1', h2))
    await commit(client, config(3, { p1: [2, 0], p2: [1] }))
    t.deepEqual(await servers(client, 'p1'), [2, 0])
    t.deepEqual(await servers(client, 'p2'), [1, 1])
    t.true(await weftd.pings('h1', h2))
    await commit(client, config(1, { p1: [0], p2: [0] }))
    t.deepEqual(await servers(client, 'p1'), [0, 0])
    t.true(await weftd.pings('h1', h2))
  },
)

test.serial(
  'workers are told: how many, where they run, and why one does not run where it should',
  async (t) => {
    await using client = await weftd.connect()
    const workers =
      `<workers ${xmlns}><count>2</count><worker><id>0</id><cpu>0</cpu></worker>` +
      '<worker><id>1</id><cpu>1000</cpu></worker></workers>'
    await commit(client, workers)
    const text = await member(client, `<worker ${xmlns}/>`)
    t.is(text.match(/<cpu-time/g)?.length, 2)
    t.regex(text, /<cpu>0<|CPU 0 is not one that this process may use/)
    t.regex(text, /CPU 1000 is not one that this process may use/)
    await untilAlarm(client, 'worker-not-pinned 1')
    await t.throwsAsync(commit(client, config(2, { p1: [2] })), { message: /no worker of that number/ })
    await client.rpc('<discard-changes/>')
    await commit(client, `<workers ${xmlns} nc:operation="remove"/><ports ${xmlns} nc:operation="remove"/>`)
    t.deepEqual(await servers(client, 'p1'), [0])
    t.true(await weftd.pings('h1', h2))
    await untilAlarm(client, '(worker-not-pinned 1)')
  },
)

test.serial('what the data plane refuses of ports is told for each, at its place', async (t) => {
  await using client = await weftd.connect()
  const port = (name: string) => `<port><name>${name}</name><driver>af_xdp</driver></port>`
  await client.edit(`<ports ${xmlns}>${port('p1')}${port('p2')}</ports>`)
  // In a user namespace, as this is.
  const { reply } = (await t.throwsAsync(client.commit(), { instanceOf: RpcReplyError }))!
  const paths = [...reply.matchAll(/<error-path[^>]*>([^<]*)</g)].map(([, path]) => path)
  t.is(paths.length, 2)
  for (const name of ['p1', 'p2'])
    t.true(
      paths.some((path) => path?.endsWith(`port[weft-ports:name='${name}']`)),
      paths.join(),
    )
  t.regex(reply, /port 'p1': af_xdp: .*--no-user-namespace/)
  await client.rpc('<discard-changes/>')
  t.true(await weftd.pings('h1', h2))
})

test.serial('another MTU and another address of a device are followed within a second', async (t) => {
  await using client = await weftd.connect()
  await using keeper = await weftd.keeper()
  const ports = await keeper.namespace('ports')
  const inPorts = (...command: readonly string[]) => execIn(keeper, ports, ['ip', 'link', 'set', ...command])
  const filter =
    '<filter type="subtree"><interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">' +
    '<interface><name>p1</name><phys-address/><ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ip"><mtu/></ipv4></interface></interfaces></filter>'
  const reads = async (what: RegExp): Promise<boolean> => {
    for (const end = performance.now() + 10_000; performance.now() < end; await delay(50))
      if (what.test(await client.rpc(`<get>${filter}</get>`))) return true
    return false
  }
  const { device } = /<device>(?<device>[^<]*)</.exec(
    await member(client, '<port><name>p1</name><device/></port>'),
  )?.groups as { device: string }
  await inPorts('dev', device, 'mtu', '1400')
  t.true(await reads(/<mtu>1400</))
  await inPorts('dev', device, 'address', '02:00:5e:77:00:01')
  t.true(await reads(/02:00:5e:77:00:01/))
  t.true(await weftd.pings('h2', '192.0.2.1'))
  await inPorts('dev', device, 'mtu', '1500')
  t.true(await reads(/<mtu>1500</))
})
