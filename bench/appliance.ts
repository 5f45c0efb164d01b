/** The appliance that a benchmark measures: a weftd of its own with the demo chassis; of root without a user namespace, for what needs BPF. */
import { Weftd } from '../test/lab/weftd.js'

export function startBenchAppliance(): Promise<Weftd> {
  const place = process.getuid?.() === 0 ? ['--no-user-namespace'] : []
  return Weftd.start({ options: ['--log-level', 'warn', ...place] })
}
