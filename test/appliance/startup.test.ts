/** Startup through the front door: a killed weftd resumes running, a boot of the machine loads startup or the factory. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Weftd } from '../lab/weftd.js'

const interfaces = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"'
const loopback = (name: string) =>
  `<edit-config><target><running/></target><config><interfaces ${interfaces}><interface><name>${name}</name><type xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">t:softwareLoopback</type></interface></interfaces></config></edit-config>`
const save = '<copy-config><target><startup/></target><source><running/></source></copy-config>'

async function names(weftd: Weftd): Promise<string[]> {
  await using client = await weftd.connect()
  const reply = await client.rpc(
    `<get-config><source><running/></source><filter><interfaces ${interfaces}/></filter></get-config>`,
  )
  return [...reply.matchAll(/<name>([^<]*)</g)].map(([, name = '']) => name)
}

async function does(weftd: Weftd, ...operations: readonly string[]): Promise<void> {
  await using client = await weftd.connect()
  for (const operation of operations) await client.rpc(operation)
}

/** A command line that runs others where the kernel tells of the boot what a file says. */
async function pretending(t: ExecutionContext, file: string): Promise<readonly string[]> {
  const mount = `mount --bind ${file} /proc/sys/kernel/random/boot_id && echo ready && exec cat`
  const user = process.getuid?.() === 0 ? [] : ['--user']
  const mapped = user.map(() => '--map-root-user')
  const holder = spawn('unshare', [...user, ...mapped, '--mount', 'sh', '-c', mount])
  t.teardown(() => {
    holder.stdin.end()
  })
  await Promise.race([
    once(holder.stdout, 'data'),
    once(holder, 'exit').then(() => Promise.reject(new Error('there is no namespace of mounts'))),
  ])
  return ['nsenter', '--preserve-credentials', ...user, '--mount', '--target', String(holder.pid)]
}

test('a killed weftd resumes running, a boot loads startup, and the factory configuration when that was deleted', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'weft-boot-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const id = join(folder, 'boot')
  const boot = (number: number) => writeFile(id, `00000000-0000-0000-0000-00000000000${number}\n`)
  await boot(1)
  const weftd = await Weftd.start({
    options: ['--no-demo', '--log-level', 'warn', '--startup', '--writable-running'],
    within: await pretending(t, id),
  })
  t.teardown(() => weftd[Symbol.asyncDispose]())

  await does(weftd, loopback('saved'), save, loopback('later'))
  await weftd.kill('SIGKILL')
  await weftd.start()
  t.deepEqual(await names(weftd), ['saved', 'later'])

  await weftd.kill('SIGKILL')
  await boot(2)
  await weftd.start()
  t.deepEqual(await names(weftd), ['saved'])

  await does(weftd, loopback('again'), '<delete-config><target><startup/></target></delete-config>')
  await weftd.kill('SIGTERM')
  await boot(3)
  await weftd.start()
  t.deepEqual(await names(weftd), [])
})
