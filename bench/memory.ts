/** Resident memory of a process. */
import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

/** In MB, once it stands still. */
export async function settledMemory(pid: number): Promise<number> {
  let last = NaN
  for (let round = 0; round < 20; round++) {
    const now = Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
    if (Math.abs(now - last) < 0.002 * now) return now
    last = now
    await pause(1500)
  }
  return last
}
