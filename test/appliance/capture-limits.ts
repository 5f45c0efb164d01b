/** What bounds captures, on an appliance with the demo chassis: rate, size of all files, sessions that end, users, restarts. */
import type { ExecutionContext } from 'ava'
import { NetconfClient } from '../../src/demo/client.js'
import { commitOf, getOf, ietf, weft } from '../lab/edits.js'
import { patiently } from '../lab/patience.js'
import { adminPassword, type Weftd } from '../lab/weftd.js'
import { Client } from '../netconf/support/client.js'

const rpc = (name: string, content: string) => `<${name} ${weft('capture')}>${content}</${name}>`
const shown = async (client: NetconfClient) => await getOf(client, `<captures ${weft('capture')}/>`)

export async function captureLimits(t: ExecutionContext, weftd: Weftd, client: NetconfClient): Promise<void> {
  // Faster than they may come, echo requests are left out, and counted.
  await client.rpc(
    rpc(
      'start-capture',
      '<name>slow</name><interface>p1</interface><direction>in</direction><filter>icmp</filter><max-rate>5</max-rate><max-seconds>3600</max-seconds>',
    ),
  )
  t.is((await weftd.exec('h1', 'ping', '-n', '-q', '-f', '-c', '300', '-w', '20', '198.51.100.2')).code, 0)
  const counted = async () => {
    const [text = ''] = /<capture>\s*<name>slow<.*?<\/capture>/s.exec(await shown(client)) ?? []
    return ['packets', 'over-rate'].map((name) => Number(new RegExp(`<${name}>(\\d+)<`).exec(text)?.[1]))
  }
  await client.rpc(rpc('stop-capture', '<name>slow</name>'))
  const [packets = 0, over = 0] = await counted()
  t.is(packets + over, 300)
  t.true(packets >= 1 && over >= 100, `${packets} captured, ${over} left out`)

  // What those that are under way may come to counts as taken.
  const large = ['large', 'larger']
  for (const name of large)
    await client.rpc(
      rpc(
        'start-capture',
        `<name>${name}</name><filter>ip proto 253</filter><max-size>268000000</max-size><max-seconds>3600</max-seconds>`,
      ),
    )
  await t.throwsAsync(
    client.rpc(
      rpc('start-capture', '<name>more</name><filter>ip proto 253</filter><max-size>1000000</max-size>'),
    ),
    { message: /captures may take 536870912 octets in all, of which 536\d+ are taken: delete some/ },
  )
  for (const name of large) {
    await client.rpc(rpc('stop-capture', `<name>${name}</name>`))
    await client.rpc(rpc('delete-capture', `<name>${name}</name>`))
  }

  // A session that is gone waits for nothing.
  const gone = await Client.connect({
    ...{ host: '127.0.0.1', port: weftd.port, username: 'admin', password: adminPassword },
  })
  t.teardown(() => gone.destroy())
  const waits = gone.rpc(
    rpc('start-capture', '<to>reply</to><filter>ip proto 253</filter><max-seconds>3600</max-seconds>'),
  )
  waits.catch(() => undefined)
  t.true(await patiently(20, async () => (await shown(client)).includes('<to>reply</to>')))
  gone.destroy()
  await t.throwsAsync(waits)
  t.true(await patiently(20, async () => !(await shown(client)).includes('<to>reply</to>')))

  // Who may not is told so, of each operation, and changes nothing.
  await commitOf(
    client,
    `<system ${ietf('system')}><authentication><user><name>guest</name><password>$0$of guests</password></user></authentication></system>`,
  )
  await using guest = await NetconfClient.connect({
    ...{ host: '127.0.0.1', port: weftd.port, username: 'guest', password: 'of guests' },
  })
  for (const [name, content] of [
    ['start-capture', '<name>theirs</name>'],
    ['stop-capture', '<name>slow</name>'],
    ['read-capture', '<name>slow</name>'],
    ['delete-capture', '<name>slow</name>'],
  ] as const)
    t.regex((await guest.send(rpc(name, content))).toString(), /<error-tag>access-denied</, name)
  const names = [...(await shown(client)).matchAll(/<name>([^<]*)</g)].map(([, name]) => name)
  t.true(names.includes('slow') && !names.includes('theirs'), names.join(' '))
}

/** After weftd was killed: the files that it had are there, and may be read and deleted. */
export async function capturesOfOneBefore(t: ExecutionContext, client: NetconfClient): Promise<void> {
  t.regex(await shown(client), /<name>slow<\/name>.*?<end-reason>restart</s)
  const [, data = ''] =
    /<data[^>]*>([^<]*)</.exec(await client.rpc(rpc('read-capture', '<name>slow</name>'))) ?? []
  t.is(Buffer.from(data, 'base64').readUInt32BE(0), 0x0a0d0d0a)
  await client.rpc(rpc('delete-capture', '<name>slow</name>'))
  t.notRegex(await shown(client), /<name>slow</)
}
