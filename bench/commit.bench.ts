/**
 * `npm run bench -- commit`: what an edit costs as the configuration grows, all through SSH to a running weftd. With
 * N = 0, 10,000 and 100,000 static routes in running: a one-leaf edit-config + commit, the bulk load of N routes in one
 * edit-config + commit, and get-config of the N routes.
 */
import { startBenchAppliance } from './appliance.js'
import { milliseconds } from './clock.js'
import { single, report, type Figure } from './report.js'
import { routesXml } from './routes.js'

const nextHop = '198.51.100.2'
const getRoutes = `<get-config><source><running/></source><filter type="subtree"><routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing"/></filter></get-config>`

function name(n: number): string {
  return n === 0 ? '0' : `${n / 1000}k`
}

export async function bench(options: readonly string[]): Promise<void> {
  const figures: Figure[] = []
  const notes: string[] = []
  await using appliance = await startBenchAppliance()
  await using client = await appliance.connect()
  for (const n of [0, 10_000, 100_000]) {
    if (n > 0) {
      const loads: number[] = []
      for (let round = 0; round < 3; round++) {
        const xml = routesXml(0, n, nextHop)
        loads.push(
          await milliseconds(async () => {
            await client.edit(xml)
            await client.commit()
          }),
        )
        if (round < 2) {
          await client.edit(
            `<routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"/>`,
          )
          await client.commit()
        }
      }
      figures.push(single(`bulk-load-${name(n)}`, 'ms', 'lower', loads))
      const reads: number[] = []
      let bytes = 0
      for (let round = 0; round < 6; round++) {
        const time = await milliseconds(async () => (bytes = (await client.send(getRoutes)).length))
        if (round > 0) reads.push(time)
      }
      if (bytes < n * 100) throw new Error(`get-config of ${n} routes returned only ${bytes} bytes`)
      figures.push(single(`get-config-${name(n)}`, 'ms', 'lower', reads))
      notes.push(`get-config of ${n} routes: ${(bytes / 1e6).toFixed(1)} MB`)
    }
    const leaf: number[] = []
    for (let round = 0; round < 12; round++) {
      const config = `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>p1</name><description>round ${n}-${round}</description></interface></interfaces>`
      const time = await milliseconds(async () => {
        await client.edit(config)
        await client.commit()
      })
      if (round > 1) leaf.push(time)
    }
    figures.push(single(`one-leaf-${name(n)}`, 'ms', 'lower', leaf))
  }
  report('commit', figures, notes, options.includes('--json'))
}
