/**
 * A file that names a living process: its id and when it started, which together name it for good. Written by the process
 * itself when it has the place, read by those who look for it.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'

export interface ProcessName {
  readonly pid: number
  /** Clock ticks since boot, from /proc/PID/stat. */
  readonly startTime: string
}

/** Undefined: there is no such process, or only its remains. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

export function isAlive({ pid, startTime }: ProcessName): boolean {
  return startTimeOf(pid) === startTime
}

/** The living process that the file names, if any. */
export function readProcessFile(path: string): ProcessName | undefined {
  try {
    const [pid, startTime] = readFileSync(path, 'utf8').trim().split(' ')
    const name = { pid: Number(pid), startTime: startTime ?? '' }
    return Number.isInteger(name.pid) && isAlive(name) ? name : undefined
  } catch {
    return undefined
  }
}

export function writeProcessFile(path: string, pid: number): void {
  const temporary = `${path}.${pid}`
  writeFileSync(temporary, `${pid} ${startTimeOf(pid) ?? ''}\n`, { mode: 0o600 })
  renameSync(temporary, path)
}
