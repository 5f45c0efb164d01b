/** What engines cost that have nothing to do: nine appliances with the demo chassis, whose hosts are silent. */
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Weftd } from '../../test/lab/weftd.js'
import { startBenchAppliance } from '../appliance.js'

const engines = 9
const seconds = 5
/** Of the kernel's clock ticks (USER_HZ). */
const ticksPerSecond = 100

async function ticks(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/** Per cent of one core that the processes of nine engines take together, several readings. */
export async function idleEngines(readings: number): Promise<number[]> {
  const running: Weftd[] = []
  try {
    for (let n = 0; n < engines; n += 3) {
      running.push(...(await Promise.all([0, 1, 2].map(() => startBenchAppliance()))))
    }
    await delay(2000)
    const all = () => Promise.all(running.map(({ enginePid }) => ticks(enginePid)))
    const values: number[] = []
    for (let reading = 0; reading < readings; reading++) {
      const before = await all()
      const start = performance.now()
      await delay(seconds * 1000)
      const elapsed = (performance.now() - start) / 1000
      const spent = (await all()).reduce((sum, now, n) => sum + now - (before[n] ?? 0), 0)
      values.push(((spent / ticksPerSecond) * 100) / elapsed)
    }
    return values
  } finally {
    await Promise.all(running.map((weftd) => weftd[Symbol.asyncDispose]()))
  }
}
