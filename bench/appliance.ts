/** The appliance that a benchmark measures: a weftd of its own with the demo chassis. */
import { Weftd } from '../test/lab/weftd.js'

export function startBenchAppliance(): Promise<Weftd> {
  return Weftd.start({ options: ['--log-level', 'warn'] })
}
