/** What needs the machine for itself: packets that may not be lost are judged when no other test keeps the engine from a core. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { Weftd } from '../lab/weftd.js'

const udpLoad = join(resolve(fileURLToPath(import.meta.url), '../../../..'), 'build/engine/udp-load')
const h2 = '198.51.100.2'

/** Sends 50,000 datagrams a second for 10 s and kills weftd in the middle; resolves with how many were sent. None may be lost. */
async function streamOverRestart(t: ExecutionContext, weftd: Weftd): Promise<number> {
  const [program, args] = weftd.hostCommand('h2', udpLoad, 'receive', h2, '7000', '2')
  const receiver = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => receiver.kill())
  let received = ''
  await new Promise<void>((listening) => {
    receiver.stdout.on('data', (text: Buffer) => {
      received += text.toString()
      if (received.includes('listening')) listening()
    })
  })
  const sending = weftd.exec('h1', udpLoad, 'send', h2, '7000', '10', '18', '50000')
  await weftd.kill('SIGKILL')
  await weftd.start()
  const sent = await sending
  await once(receiver, 'exit')
  const count = Number(/sent (\d+)/.exec(sent.stdout)?.[1])
  t.is(received.split('\n')[1], `received ${count} lost 0 reordered 0`, sent.stderr)
  return count
}

test('at 50,000 packets a second for 10 s, weftd is killed and started again, and not one packet is lost', async (t) => {
  const weftd = await Weftd.start({ options: ['--log-level', 'warn'] })
  t.teardown(() => weftd[Symbol.asyncDispose]())
  const engine = weftd.enginePid
  t.true(await weftd.pings('h1', h2))
  // A busy machine may keep the sender from its rate; then it tries again.
  let count = 0
  for (let attempt = 0; attempt < 3 && count < 450_000; attempt++) count = await streamOverRestart(t, weftd)
  t.true(count >= 450_000, `the sender managed only ${count} of 500,000`)
  t.is(weftd.enginePid, engine)
})
