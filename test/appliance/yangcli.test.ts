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
  const script = join(folder, 'script')
  const commands = [
    'sget-config source=running /interfaces',
    `merge /interfaces/interface[name='p1']/description --value="set by yangcli"`,
    'commit',
    'close-session',
  ]
  await writeFile(script, commands.join('\n') + '\n')
  const login = `--server=127.0.0.1 --user=admin --password=${adminPassword} --ncport=${weftd.port}`
  const { stdout } = await run('sh', [
    '-c',
    `HOME=${folder} timeout 60 yangcli ${login} --batch-mode --run-script=${script} 2>&1; true`,
  ])
  t.regex(stdout, /address 198\.51\.100\.1/)
  // Of merge and commit; that of close-session it may not wait for.
  t.true([...stdout.matchAll(/RPC OK Reply/g)].length >= 2, stdout)
  await using client = await weftd.connect()
  const reply = await client.rpc('<get-config><source><running/></source></get-config>')
  t.regex(reply, /<description>set by yangcli</)
})
