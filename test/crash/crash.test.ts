/**
 * The datastore is killed at random moments, over and over on one folder, its log cut or flipped behind what had been
 * acknowledged, and what a start then finds is compared with what was acknowledged. Short by default;
 * WEFT_CRASH_SECONDS=600 goes on for so long, WEFT_CRASH_SEED=7 repeats a run as far as a clock allows.
 */
import test, { type ExecutionContext } from 'ava'
import type { Context } from 'libyang-js'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, cp, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { flip } from '../lab/damage.js'
import { RequestError } from '../../datastore/index.js'
import { alice, openBench, openContext, temporaryFolder, type Bench } from '../datastore/support.js'
import {
  inWords,
  nothing,
  random,
  recognise,
  type Line,
  type LogEnd,
  type Outcome,
  type State,
  type Task,
} from './model.js'

const seconds = Number(process.env['WEFT_CRASH_SECONDS'] ?? 5)
const firstSeed = Number(process.env['WEFT_CRASH_SEED'] ?? Math.floor(Math.random() * 1e9))
const script = new URL('./victim.js', import.meta.url).pathname

let context: Context
test.before(async () => {
  context = await openContext()
})

/** One folder, and what is known of it. */
class Run {
  readonly #t: ExecutionContext
  readonly #directory: string
  readonly #random: () => number
  readonly #history: number
  readonly #known = new Map<number, State>([[0, nothing]])
  #sequence = 1
  #state = nothing
  #acknowledged = 0
  #outcomes: Outcome[] = [{ state: nothing }]
  #log: LogEnd | undefined

  constructor(t: ExecutionContext, directory: string, seed: number, history: number) {
    this.#t = t
    this.#directory = directory
    this.#random = random(seed)
    this.#history = history
  }

  async round(): Promise<void> {
    await this.#untilKilled()
    await this.#damage()
    await this.#replayed()
    await this.#verify()
  }

  get commits(): number {
    return this.#acknowledged
  }

  #upTo(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  /** Lets the process work and kills it, sometimes while it starts. */
  async #untilKilled(): Promise<void> {
    const task: Task = {
      directory: this.#directory,
      seed: this.#upTo(1e9),
      state: this.#state,
      sequence: this.#sequence,
      known: [...this.#known],
      history: this.#history,
    }
    this.#log = undefined
    const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
    const exit = once(child, 'exit')
    const kill = () => child.kill('SIGKILL')
    const patience = this.#random()
    let timer = patience < 0.15 ? setTimeout(kill, 300 + this.#upTo(400)) : undefined
    child.stdin.on('error', () => undefined).end(JSON.stringify(task))
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as Line
      this.#heard(line)
      if (patience < 0.4 || line.say === 'done') timer ??= setTimeout(kill, this.#upTo(600))
    }
    clearTimeout(timer)
    const [, signal] = (await exit) as [number | null, string | null]
    if (signal !== 'SIGKILL') throw new Error('the process ended by itself')
  }

  #heard(line: Line): void {
    if (line.say === 'attempt') {
      this.#outcomes.push(line.outcome)
      this.#sequence = Math.max(this.#sequence, Number(line.outcome.state.name.slice(1)) + 1 || 1)
      return
    }
    this.#outcomes = [line.outcome]
    this.#acknowledged = line.number
    this.#known.set(line.number, line.outcome.state)
    this.#log = line.log
  }

  /** What LevelDB's log has behind the last acknowledged commit is cut, flipped, or followed by rubbish. */
  async #damage(): Promise<void> {
    if (this.#log === undefined || this.#random() < 0.5) return
    const file = join(this.#directory, 'journal', this.#log.file)
    const size = (await stat(file).catch(() => undefined))?.size ?? 0
    const behind = size - this.#log.size
    if (behind < 0) return
    const kind = this.#random()
    if (kind < 0.4) await truncate(file, this.#log.size + this.#upTo(behind + 1))
    else if (kind < 0.8 && behind >= 4) await flip(file, this.#log.size + this.#upTo(behind - 3))
    else await appendFile(file, Buffer.alloc(1 + this.#upTo(5000), this.#upTo(256)))
  }

  /** As long as there is all of the history, doing it again must come to the same as the snapshots. */
  async #replayed(): Promise<void> {
    if (this.#history < 1000 || this.#random() < 0.5) return
    // Of both, nothing that waits to be confirmed is taken back meanwhile.
    const now = Date.now()
    const stopped = { clock: () => now, timers: { after: () => ({ [Symbol.dispose]: () => undefined }) } }
    const copies = await Promise.all([temporaryFolder(this.#t), temporaryFolder(this.#t)])
    const texts: string[] = []
    for (const [index, copy] of copies.entries()) {
      await cp(this.#directory, copy, { recursive: true })
      if (index > 0) await rm(join(copy, 'snapshots'), { recursive: true, force: true })
      const bench = await openBench(this.#t, context, { ...stopped, directory: copy })
      this.#t.deepEqual(bench.datastores.recovery.lost, [])
      texts.push(recognise(await bench.text('running')))
      await bench.datastores[Symbol.asyncDispose]()
      await rm(copy, { recursive: true, force: true })
    }
    this.#t.true(texts[0] === texts[1], 'the snapshots say something else than the history')
  }

  async #verify(): Promise<void> {
    const bench = await openBench(this.#t, context, { directory: this.#directory })
    const { datastores } = bench
    const { lost, faults, invalid } = datastores.recovery
    this.#t.deepEqual({ lost, faults, invalid }, { lost: [], faults: [], invalid: [] })
    const head = datastores.head?.number ?? 0
    this.#t.true(head >= this.#acknowledged, `${this.#acknowledged} acknowledged, ${head} is the last`)
    this.#state = await this.#settle(bench)
    this.#acknowledged = datastores.head?.number ?? 0
    this.#known.set(this.#acknowledged, this.#state)
    await this.#lookBack(bench)
    this.#outcomes = [{ state: this.#state }]
    await datastores[Symbol.asyncDispose]()
  }

  /** The one of the possible outcomes that running is, once nothing waits to be confirmed any more. */
  async #settle({ datastores, text }: Bench): Promise<State> {
    const running = recognise(await text('running'))
    const { confirmation } = datastores
    const possible = this.#outcomes.map(({ state, pending }) =>
      pending && !confirmation ? pending.base : state,
    )
    const index = this.#outcomes.findIndex(
      ({ pending }, at) =>
        inWords(possible[at] ?? nothing) === running && (!confirmation || pending?.persist === true),
    )
    const outcome = this.#outcomes[index]
    if (outcome === undefined) {
      const words = possible.map((state) => inWords(state).slice(0, 200)).join(' or ')
      throw new Error(`running is none of the possible outcomes: ${running.slice(0, 200)}, not ${words}`)
    }
    if (!confirmation || !outcome.pending) return possible[index] ?? nothing
    const { base } = outcome.pending
    this.#known.set(datastores.head?.number ?? 0, outcome.state)
    while (datastores.confirmation) await delay(20)
    this.#t.is(recognise(await text('running')), inWords(base), 'what was not confirmed was not taken back')
    return base
  }

  /** What was acknowledged is there wholly, as long as it is kept: two states of the past, loaded into the candidate. */
  async #lookBack({ datastores, text }: Bench): Promise<void> {
    const numbers = [...this.#known.keys()].sort((a, b) => b - a).slice(0, 30)
    for (let looks = 0; looks < 2; looks++) {
      const number = numbers[this.#upTo(numbers.length)] ?? 0
      const kept = await datastores.rollback(alice, { commit: number }).then(
        () => true,
        (error: unknown) => {
          if (error instanceof RequestError && /is not kept/.test(error.message)) return false
          throw error
        },
      )
      if (!kept) continue
      const expected = this.#known.get(number) ?? nothing
      this.#t.is(recognise(await text('candidate')), inWords(expected), `the state after commit ${number}`)
      await datastores.discard(alice)
    }
  }
}

for (const [index, history] of [3, 100_000].entries()) {
  const seed = firstSeed + index
  test(`killed at random (a history of ${history} commits): what was acknowledged is there, all else whole or not at all`, async (t) => {
    t.timeout((seconds + 60) * 1000)
    const run = new Run(t, await temporaryFolder(t), seed, history)
    const end = performance.now() + seconds * 1000
    let rounds = 0
    try {
      for (; rounds < 3 || performance.now() < end; rounds++) await run.round()
    } catch (error) {
      t.log(`WEFT_CRASH_SEED=${firstSeed}, round ${rounds}`)
      throw error
    }
    t.true(run.commits > 0)
    if (!t.passed) t.log(`WEFT_CRASH_SEED=${firstSeed}`)
    t.log(`${run.commits} commits, killed ${rounds} times`)
  })
}
