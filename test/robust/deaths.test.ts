/**
 * Engine and keeper die twenty times, at moments that nobody chose: while all is well, while they are started again, while they
 * are programmed. weftd stays, and packets go through again whenever they are let live.
 */
import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import { patiently } from '../lab/patience.js'
import { Weftd } from '../lab/weftd.js'
import { dice } from './dice.js'

const DEATHS = 20
/** Milliseconds in which a start has got somewhere. */
const WHILE = 400
const h2 = '198.51.100.2'

async function pidOf(weftd: Weftd, what: 'engine' | 'keeper'): Promise<number> {
  if (what === 'engine') return weftd.enginePid
  await using keeper = await weftd.keeper()
  return keeper.pid
}

test('whenever engine or keeper die, also one after the other, all is made good again', async (t) => {
  const weftd = await Weftd.start({ options: ['--log-level', 'warn'] })
  t.teardown(() => weftd[Symbol.asyncDispose]())
  const { pid } = weftd
  const roll = dice(20)
  const moments: string[] = []
  for (let death = 0; death < DEATHS; death++) {
    const what = roll(2) === 0 ? 'engine' : 'keeper'
    const after = roll(WHILE)
    await delay(after)
    // While the other one is being made anew there may be none: the next one that there is.
    const killed = await patiently(30, async () => {
      try {
        process.kill(await pidOf(weftd, what), 'SIGKILL')
        return true
      } catch {
        await delay(5)
        return false
      }
    })
    moments.push(`${what} ${after}`)
    t.true(killed, `there was no ${what} after ${moments.join(', ')}: ${weftd.output}`)
    if (roll(5) > 0) continue
    t.true(await recovers(weftd), `after ${moments.join(', ')}: ${weftd.output}`)
  }
  t.true(await recovers(weftd), `after ${moments.join(', ')}: ${weftd.output}`)
  t.is(weftd.pid, pid)
  t.regex(weftd.output, /the keeper died/)
})

/** Meanwhile there may be nothing that answers, neither to a ping nor to NETCONF. */
function recovers(weftd: Weftd): Promise<boolean> {
  return patiently(60, () => weftd.pings('h1', h2, 1).catch(() => false))
}
