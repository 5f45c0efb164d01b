/** Through the front door: an interface that 100,000 static routes use cannot be deleted, and what it costs to say so. */
import { RpcReplyError, type NetconfClient } from '../../src/demo/client.js'
import { Weftd } from '../../test/lab/weftd.js'
import { milliseconds } from '../clock.js'
import { single, type Figure } from '../report.js'
import { interfaceName, routePrefix, staticRoutes } from '../routes.js'

const routes = 100_000
const rounds = 11
const interfaces = (content: string): string =>
  `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">${content}</interfaces>`
const deletion = (name: string): string =>
  interfaces(`<interface nc:operation="delete"><name>${name}</name></interface>`)
/** No route of these uses it. */
const unusedName = 'p1'
const rollback = '<rollback xmlns="urn:weft:params:xml:ns:yang:weft-history"><back>1</back></rollback>'

async function change(client: NetconfClient, config: string): Promise<void> {
  await client.edit(config)
  await client.commit()
}

/** The edit is judged at once, as edit-config does by default (RFC 6241, section 7.2: test-then-set). */
async function refused(client: NetconfClient): Promise<void> {
  const error = await client.edit(deletion(interfaceName)).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof RpcReplyError) || !error.reply.includes('instance-required'))
    throw new Error('an interface that routes use could be deleted', { cause: error })
}

export async function interfaceFigures(): Promise<readonly Figure[]> {
  await using weftd = await Weftd.start({ options: ['--log-level', 'warn'] })
  await using client = await weftd.connect()
  const hop = `<next-hop><outgoing-interface>${interfaceName}</outgoing-interface><next-hop-address>198.51.100.2</next-hop-address></next-hop>`
  const list = Array.from(
    { length: routes },
    (_, i) => `<route><destination-prefix>${routePrefix(i)}</destination-prefix>${hop}</route>`,
  )
  await change(client, staticRoutes(list.join('')))
  const used: number[] = []
  const unused: number[] = []
  for (let round = -1; round < rounds; round++) {
    const one = await milliseconds(() => refused(client))
    const other = await milliseconds(() => change(client, deletion(unusedName)))
    await client.rpc(rollback)
    await client.commit()
    if (round < 0) continue
    used.push(one)
    unused.push(other)
  }
  return [
    single('100k-delete-interface-used-by-all', 'ms', 'lower', used),
    single('100k-delete-interface-used-by-none', 'ms', 'lower', unused),
  ]
}
