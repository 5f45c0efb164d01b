/**
 * What the audit file does on a disk that is full: to be run in a user and mount namespace of its own, where anybody may
 * mount. Argument: an empty folder to mount a small file system on. Prints what happened, as JSON.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { FileSink } from '../../src/audit/file.js'
import { Outbox } from '../../src/audit/outbox.js'
import type { AuditEvent } from '../../src/audit/record.js'
import { createLog } from '../../src/log.js'

const folder = process.argv[2] ?? ''
const path = join(folder, 'audit.log')
const ballast = join(folder, 'ballast')
const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', folder], {
  encoding: 'utf8',
})
if (status !== 0) throw new Error(`mount: ${stderr}`)

const alarms: string[] = []
const box = new Outbox(new FileSink({ path, size: 1 << 20, keep: 1 }), {
  capacity: 50,
  pause: 5,
  clock: () => new Date(0),
  log: createLog('error', (line) => alarms.push(line)),
  format: ({ text }, sequence) => `${sequence} ${text}`,
})
const event = (text: string): AuditEvent => ({
  id: 'rpc',
  severity: 'info',
  time: new Date(0),
  fields: [],
  text,
})
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await delay(2)
}

box.push(event('before'))
await until(() => box.state.written === 1)
// Room for a page more, which is less than what comes.
writeFileSync(ballast, Buffer.alloc(56 << 10))
for (let number = 0; number < 60; number++) box.push(event('x'.repeat(200)))
await until(() => box.state.failure !== undefined)
const full = { ...box.state, file: readFileSync(path, 'utf8') }
rmSync(ballast)
await until(() => box.state.waiting === 0)
await box.close()
process.stdout.write(
  JSON.stringify({ full, alarms, state: box.state, lines: readFileSync(path, 'utf8').split('\n') }),
)
