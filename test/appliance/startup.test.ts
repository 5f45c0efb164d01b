/** Startup through the front door: a killed weftd resumes running, a boot of the machine loads startup or the factory. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
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

test('a killed weftd resumes running, a boot loads startup, and the factory configuration when that was deleted', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'weft-boot-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const id = join(folder, 'boot')
  const boot = (number: number) => writeFile(id, `00000000-0000-0000-0000-00000000000${number}\n`)
  await boot(1)
  // What the kernel tells of the boot is covered up by a file, in a namespace of mounts of its own.
  const mount = `mount --bind ${id} /proc/sys/kernel/random/boot_id && exec "$@"`
  const weftd = await Weftd.start({
    options: ['--no-demo', '--log-level', 'warn', '--startup', '--writable-running'],
    within: ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', mount, 'sh'],
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
