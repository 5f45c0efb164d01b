import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { Spool } from '../../netconf/transport/spool.js'

async function spoolOf(
  t: ExecutionContext,
  memoryBytes: number,
): Promise<{ spool: Spool; directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'weft-spool-'))
  const spool = new Spool({ memoryBytes, directory })
  t.teardown(async () => {
    await spool.close()
    await rm(directory, { recursive: true })
  })
  return { spool, directory }
}

async function readAll(spool: Spool): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (let piece = await spool.read(); piece !== undefined; piece = await spool.read()) pieces.push(piece)
  return Buffer.concat(pieces)
}

const pieces = Array.from({ length: 200 }, (_, i) =>
  Buffer.alloc(10_000 + i, String.fromCharCode(33 + (i % 90))),
)

for (const memory of [0, 15_000, 500_000, 10_000_000]) {
  test(`what is written is read in order with ${memory} bytes of memory`, async (t) => {
    const { spool, directory } = await spoolOf(t, memory)
    for (const piece of pieces) t.true(await spool.write(piece))
    spool.end()
    t.is(spool.spilled > 0, memory < 3_000_000)
    t.deepEqual(await readdir(directory), [])
    t.true((await readAll(spool)).equals(Buffer.concat(pieces)))
  })

  test(`a reader that follows the writer reads the same with ${memory} bytes of memory`, async (t) => {
    const { spool } = await spoolOf(t, memory)
    const reading = readAll(spool)
    for (const [index, piece] of pieces.entries()) {
      await spool.write(piece)
      if (index % 7 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    spool.end()
    t.true((await reading).equals(Buffer.concat(pieces)))
  })
}

test('a failure before anything was written is told at once; a later one after what was written', async (t) => {
  const early = (await spoolOf(t, 1_000)).spool
  const ready = early.ready()
  early.fail(new Error('early'))
  await t.throwsAsync(ready, { message: 'early' })
  const late = (await spoolOf(t, 1_000)).spool
  await late.write(Buffer.from('some'))
  late.fail(new Error('late'))
  await late.ready()
  t.is((await late.read())?.toString(), 'some')
  await t.throwsAsync(late.read(), { message: 'late' })
})

test('closing lets a waiting reader go and refuses the writer', async (t) => {
  const { spool } = await spoolOf(t, 1_000)
  const reading = spool.read()
  await spool.close()
  t.is(await reading, undefined)
  t.false(await spool.write(Buffer.from('x')))
})

test('closing at any moment leaves no file open', async (t) => {
  const { directory } = await spoolOf(t, 0)
  for (let turns = 0; turns < 12; turns++) {
    const spool = new Spool({ memoryBytes: 0, directory })
    const writing = spool.write(Buffer.alloc(1_000_000))
    for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
    await Promise.all([spool.close(), writing])
  }
  const open = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  )
  t.deepEqual(
    open.filter((path) => path.startsWith(directory)),
    [],
  )
})

test('a folder that is not there is an error of the write', async (t) => {
  const spool = new Spool({ memoryBytes: 0, directory: '/nonexistent/folder' })
  await t.throwsAsync(spool.write(Buffer.from('x')), { code: 'ENOENT' })
})
