/** Records on their way to a file: in order, bounded, whole, and none lost in silence. */
import { spawn, spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { FileSink } from '../../src/audit/file.js'
import { Outbox, type OutboxOptions, type Sink } from '../../src/audit/outbox.js'
import type { AuditEvent } from '../../src/audit/record.js'
import { createLog } from '../../src/log.js'

const time = new Date(0)

function event(text: string): AuditEvent {
  return { id: 'rpc', severity: 'info', time, fields: [], text }
}

function outbox(sink: Sink, options: Partial<OutboxOptions> = {}): { box: Outbox; log: string[] } {
  const log: string[] = []
  const box = new Outbox(sink, {
    clock: () => time,
    pause: 5,
    log: createLog('info', (line) => log.push(line)),
    format: ({ text }, sequence) => `${sequence} ${text}`,
    ...options,
  })
  return { box, log }
}

/** Keeps what it gets, and fails while it is told to. */
class Place implements Sink {
  readonly name = 'place'
  readonly records: string[] = []
  failing = false
  failed = 0
  closed = false

  async write(records: readonly string[]): Promise<void> {
    await Promise.resolve()
    if (this.failing) {
      this.failed++
      throw new Error('no room')
    }
    this.records.push(...records)
  }

  close(): Promise<void> {
    this.closed = true
    return Promise.resolve()
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'weft-audit-'))
  t.teardown(() => rm(path, { recursive: true, force: true }))
  return path
}

test('records arrive in the order in which they were told, however many', async (t) => {
  const place = new Place()
  const { box, log } = outbox(place)
  for (let number = 1; number <= 2000; number++) {
    box.push(event(`${number}`))
    if (number % 700 === 0) await until(() => place.records.length === number)
  }
  await box.close()
  t.deepEqual(
    place.records,
    Array.from({ length: 2000 }, (_, index) => `${index + 1} ${index + 1}`),
  )
  t.true(place.closed)
  t.deepEqual(box.state, { written: 2000, lost: 0, waiting: 0, failure: undefined })
  t.deepEqual(log, [])
})

test('what does not fit is counted, and a record in its place says how many are missing', async (t) => {
  const place = new Place()
  const { box, log } = outbox(place, { capacity: 3 })
  place.failing = true
  for (const text of ['a', 'b', 'c', 'd', 'e']) box.push(event(text))
  await until(() => place.failed > 2)
  t.is(box.state.lost, 2)
  t.is(box.state.failure, 'no room')
  place.failing = false
  await until(() => box.state.waiting === 0)
  box.push(event('f'))
  await box.close()
  t.deepEqual(place.records, ['1 a', '2 b', '3 c', '6 2 audit records were lost here', '7 f'])
  const told = log.map((line) => line.trim().replace(/^\S+ (\w+) .*?: /, '$1 '))
  t.deepEqual(told, [
    'error place: audit records cannot be written: no room',
    'info place: records are written again',
    'error place: 2 audit records were lost',
  ])
})

test('closing does not wait for a place that takes nothing, and says what is lost', async (t) => {
  const place = new Place()
  const { box, log } = outbox(place, { pause: 60_000 })
  place.failing = true
  box.push(event('a'))
  await until(() => place.failed === 1)
  await box.close()
  t.is(place.failed, 2)
  t.regex(log.at(-1) ?? '', /1 records are lost at the end/)
})

test('a file is rotated by size, private, and goes on where it was', async (t) => {
  const path = join(await folder(t), 'audit.log')
  const line = 'x'.repeat(39)
  const sink = () => new FileSink({ path, size: 100, keep: 2 })
  const first = sink()
  for (const number of [1, 2, 3, 4, 5]) await first.write([`${number}${line}`])
  await first.close()
  const second = sink()
  for (const number of [6, 7]) await second.write([`${number}${line}`])
  await second.close()
  const contents = async (file: string) =>
    (await readFile(file, 'utf8')).split('\n').map((text) => text.slice(0, 1))
  t.deepEqual(await contents(path), ['7', ''])
  t.deepEqual(await contents(`${path}.1`), ['5', '6', ''])
  t.deepEqual(await contents(`${path}.2`), ['3', '4', ''])
  t.deepEqual((await readdir(join(path, '..'))).sort(), ['audit.log', 'audit.log.1', 'audit.log.2'])
  t.is((await stat(path)).mode & 0o777, 0o600)
})

test('a line that was cut gets an end, and a file that others could read is closed to them', async (t) => {
  const path = join(await folder(t), 'audit.log')
  await writeFile(path, 'whole\ncut in the mid')
  await chmod(path, 0o644)
  const sink = new FileSink({ path, size: 1000, keep: 1 })
  await sink.write(['next'])
  await sink.close()
  t.is(await readFile(path, 'utf8'), 'whole\ncut in the mid\nnext\n')
  t.is((await stat(path)).mode & 0o777, 0o600)
})

test('while the file cannot be written records wait, and are written when it can be again', async (t) => {
  const path = join(await folder(t), 'audit.log')
  await mkdir(path)
  const { box } = outbox(new FileSink({ path, size: 1000, keep: 1 }))
  box.push(event('a'))
  await until(() => box.state.failure !== undefined)
  t.regex(box.state.failure ?? '', /EISDIR/)
  await rm(path, { recursive: true })
  await box.close()
  t.is(await readFile(path, 'utf8'), '1 a\n')
})

test('records that come at once and do not fit into one file go to several', async (t) => {
  const path = join(await folder(t), 'audit.log')
  const { box } = outbox(new FileSink({ path, size: 20, keep: 3 }))
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) box.push(event(name))
  await box.close()
  const files = await Promise.all(['.1', ''].map((end) => readFile(path + end, 'utf8')))
  t.deepEqual(files, ['1 a\n2 b\n3 c\n4 d\n5 e\n', '6 f\n7 g\n'])
})

interface SmallDisk {
  readonly full: { readonly written: number; readonly failure: string; readonly file: string }
  readonly alarms: readonly string[]
  readonly state: { readonly written: number; readonly lost: number }
  readonly lines: string[]
}

test('on a full disk lines stay whole, and what was lost is counted when there is room', async (t) => {
  if (spawnSync('unshare', ['-Urm', 'true']).status !== 0) {
    t.log('skipped: this machine does not let its users make namespaces')
    t.pass()
    return
  }
  const program = fileURLToPath(new URL('small-disk.js', import.meta.url))
  const child = spawn('unshare', ['-Urm', process.execPath, program, await folder(t)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  t.is(errors, '')
  const { full, alarms, state, lines } = JSON.parse(output) as SmallDisk
  t.is(full.written, 1)
  t.regex(full.failure, /ENOSPC/)
  t.is(full.file, '1 before\n')
  t.is(alarms.length, 2)
  t.regex(alarms[0] ?? '', /audit records cannot be written: ENOSPC/)
  t.is(state.lost, 10)
  t.is(state.written, 52)
  t.is(lines.pop(), '')
  t.is(lines.pop(), '62 10 audit records were lost here')
  t.deepEqual(
    lines.map((line) => Number(line.split(' ')[0])),
    Array.from({ length: 51 }, (_, index) => index + 1),
  )
})
