/** Debian's yangcli, an independent client, against the appliance. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { adminPassword, run, Weftd } from '../lab/weftd.js'

test('yangcli connects, reads running, edits and commits', async (t) => {
  const weftd = await Weftd.start({ options: ['--log-level', 'warn'] })
  t.teardown(() => weftd[Symbol.asyncDispose]())
  const folder = await mkdtemp(join(tmpdir(), 'weft-yangcli-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const commands = join(folder, 'commands')
  await writeFile(
    commands,
    [
      `connect server=127.0.0.1 user=admin password=${adminPassword} ncport=${weftd.port}`,
      'sget-config source=running /interfaces',
      "merge target=/interfaces/interface[name='p1']/description value='set by yangcli'",
      'commit',
      'close-session',
      'quit',
      '',
    ].join('\n'),
  )
  const { stdout, stderr } = await run('sh', [
    '-c',
    `HOME=${folder} timeout 60 yangcli --batch-mode --autoload=true --keep-session-model-copies-after-compilation=false < ${commands} 2>&1`,
  ])
  t.regex(stdout + stderr, /p2/)
  await using client = await weftd.connect()
  const reply = await client.rpc('<get-config><source><running/></source></get-config>')
  t.regex(reply, /<description>set by yangcli</)
})
