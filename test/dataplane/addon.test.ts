import { fileURLToPath } from 'node:url'
import test from 'ava'
import { loadEngine } from '../../dataplane/agent/engine.js'
import { Lab } from '../lab/lab.js'

const script = fileURLToPath(new URL('../lab/agent-worker.js', import.meta.url))

test('a Worker that runs out of memory leaves an engine with which the next one goes on', async (t) => {
  await using lab = await Lab.create()
  const ports = await lab.host('ports')
  for (const name of ['h1', 'h2']) {
    await lab.link(await lab.host(name), { name: 'eth0' }, ports, { name: name.replace('h', 'p') })
  }
  const chassis = await lab.host('chassis')
  const ends = JSON.parse(await chassis.exec(process.execPath, script, lab.keeperSocket)) as string[]
  t.deepEqual(ends, [
    'dies: prepared: ERR_WORKER_OUT_OF_MEMORY',
    'goes on: prepared, commit 3: exit',
    'main: 2 ports',
  ])
})

test('calls that make no sense throw, and do not end the process', (t) => {
  const engine = loadEngine()
  t.throws(() => engine.ports(), { message: 'the engine has not been started' })
  t.throws(() => engine.stage(1, new Uint8Array(1)), { message: 'the engine has not been started' })
  t.throws(() => engine.start('/nowhere', 0), {
    instanceOf: TypeError,
    message: 'there are 1 to 256 workers',
  })
  t.throws(() => engine.start(7 as unknown as string, 1), { instanceOf: TypeError })
  t.throws(() => engine.onEvent(undefined as unknown as () => void), { instanceOf: TypeError })
})
