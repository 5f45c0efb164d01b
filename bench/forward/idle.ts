/** What engines cost that have nothing to do: nine appliances with the demo chassis, whose hosts are silent. */
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Weftd } from '../../test/lab/weftd.js'
import { startBenchAppliance } from '../appliance.js'

const engines = 9
const seconds = 10
/** V8 gives back memory that it took to start, some seconds after; an engine at rest is one that has done so. */
const settling = 12

/** Nanoseconds of CPU that all threads of a process have used. */
async function cpuTime(pid: number): Promise<number> {
  const tasks = await readdir(`/proc/${pid}/task`)
  const all = await Promise.all(tasks.map((task) => readFile(`/proc/${pid}/task/${task}/schedstat`, 'utf8')))
  return all.reduce((sum, text) => sum + Number(text.split(' ')[0]), 0)
}

/** Per cent of one core that the processes of nine engines take together, several readings. */
export async function idleEngines(readings: number): Promise<number[]> {
  const running: Weftd[] = []
  try {
    for (let n = 0; n < engines; n += 3) {
      running.push(...(await Promise.all([0, 1, 2].map(() => startBenchAppliance()))))
    }
    await delay(settling * 1000)
    const all = () => Promise.all(running.map(({ enginePid }) => cpuTime(enginePid)))
    const values: number[] = []
    for (let reading = 0; reading < readings; reading++) {
      const before = await all()
      const start = performance.now()
      await delay(seconds * 1000)
      const elapsed = (performance.now() - start) / 1000
      const spent = (await all()).reduce((sum, now, n) => sum + now - (before[n] ?? 0), 0)
      values.push((spent / 1e9 / elapsed) * 100)
    }
    return values
  } finally {
    await Promise.all(running.map((weftd) => weftd[Symbol.asyncDispose]()))
  }
}
