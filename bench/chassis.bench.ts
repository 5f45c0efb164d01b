/**
 * `npm run bench -- chassis`: how commits grow with the members of a chassis. 100,000 static routes are committed over NETCONF and
 * deleted again with 1, 4 and 16 members, each a process of its own on this machine, so that all share its processors: what it costs
 * beside one member is an upper bound of what machines of their own would cost.
 */
import { chassisNamespace, routed, Stitch } from '../test/lab/stitch.js'
import { median, report, type Figure } from './report.js'
import { routesXml } from './routes.js'

const routes = 100_000
const sizes = [1, 4, 16]
const rounds = 2

export async function bench(options: readonly string[]): Promise<void> {
  const names = Array.from({ length: Math.max(...sizes) - 1 }, (_, index) => `m${index + 1}`)
  await using stitch = await Stitch.start(names, ['--log-level', 'warn'])
  await stitch.commit(
    `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">${routed('p0', 0).replace('10.0.0.1', '192.0.2.1')}</interfaces>`,
  )
  const figures: Figure[] = []
  let joined = 1
  let alone = NaN
  for (const size of sizes) {
    for (; joined < size; joined++) await stitch.join(`m${joined}`)
    const set: number[] = []
    for (let round = 0; round < rounds; round++) {
      set.push(await commitOf(stitch, routesXml(0, routes, '192.0.2.2')))
      await commitOf(stitch, routesXml(0, routes, '192.0.2.2', ' nc:operation="delete"'))
    }
    const value = median(set)
    if (size === 1) alone = value
    figures.push({
      ...({ name: `program-100k-${size}`, value, unit: 'ms', better: 'lower' } as const),
      ...(size > 1 && { peer: 'one member', peer_value: alone, ratio: alone / value }),
    })
  }
  const state = await stitch.get(
    `<chassis xmlns="${chassisNamespace}"><member><state><commit/></state></member></chassis>`,
  )
  const commits = new Set([...state.matchAll(/<commit>(\d+)</g)].map(([, commit]) => commit))
  if (commits.size !== 1) throw new Error(`members are at commits ${[...commits].join(', ')}`)
  report(
    'chassis',
    figures,
    ['program-100k-N: the <commit/> of 100,000 routes with N members'],
    options.includes('--json'),
  )
}

/** Milliseconds from <commit/> to its <ok/>. */
async function commitOf(stitch: Stitch, config: string): Promise<number> {
  await using client = await stitch.weftd.connect()
  await client.rpc(
    `<edit-config xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"><target><candidate/></target><config>${config}</config></edit-config>`,
  )
  const start = performance.now()
  await client.rpc('<commit/>')
  return performance.now() - start
}
