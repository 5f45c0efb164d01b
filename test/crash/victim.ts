/**
 * A process that works on a datastore until it is killed: commits small and large, replaces everything, rolls back, makes
 * confirmed commits that it confirms, cancels, prolongs or leaves, while snapshots are written and old commits deleted after nearly every commit. Each deed is said before it is begun and
 * after it was acknowledged. Reads its task from its input.
 */
import { writeSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { openDatastores, RequestError } from '../../datastore/index.js'
import { alice, openContext } from '../datastore/support.js'
import { content, random, type Line, type LogEnd, type Outcome, type State, type Task } from './model.js'

const task = (await json(process.stdin)) as Task
const { directory, history } = task
const next = random(task.seed)
const upTo = (limit: number): number => Math.floor(next() * limit)

const silent = (): void => undefined
const context = await openContext()
const datastores = await openDatastores<object, never>({
  directory,
  context,
  controllers: [],
  createContext: () => ({}),
  stage: { prepare: async () => ({ apply: async () => undefined, abort: async () => undefined }) },
  log: { info: silent, warn: silent, error: silent },
  storage: { snapshotOctets: 20_000, snapshotPause: 0, history: { commits: history } },
})
const say = (line: Line): void => void writeSync(1, `${JSON.stringify(line)}\n`)

async function logEnd(): Promise<LogEnd> {
  const folder = join(directory, 'journal')
  const file =
    (await readdir(folder))
      .filter((name) => name.endsWith('.log'))
      .sort()
      .at(-1) ?? ''
  return { file, size: (await stat(join(folder, file)).catch(() => undefined))?.size ?? 0 }
}

const known = new Map(task.known)
let { state, sequence } = task

async function done(outcome: Outcome): Promise<void> {
  const number = datastores.head?.number ?? 0
  state = outcome.state
  if (number > 0) known.set(number, state)
  say({ say: 'done', outcome, number, log: await logEnd() })
}

function another(): State {
  const name = `c${sequence++}`
  const first = sequence * 100_000
  const kind = next()
  if (kind < 0.1) return { name, ranges: [[first, 20_000]] }
  if (kind < 0.3) return { name, ranges: [[first, upTo(300)]] }
  return { name, ranges: [...state.ranges.slice(-40), [first, 1 + upTo(5)]] }
}

async function edit(to: State): Promise<void> {
  using config = context.fragment(content(to))
  await datastores.edit(alice, 'candidate', config, {
    defaultOperation: 'replace',
    errorOption: 'rollback-on-error',
    testOption: 'set',
  })
}

async function commit(): Promise<void> {
  const outcome = { state: another() }
  say({ say: 'attempt', outcome })
  await edit(outcome.state)
  await datastores.commit(alice)
  await done(outcome)
}

async function rollback(): Promise<void> {
  const numbers = [...known.keys()].sort((a, b) => b - a).slice(0, 15)
  const number = numbers[upTo(numbers.length)] ?? 0
  const outcome = { state: known.get(number) ?? state }
  const refused = await datastores.rollback(alice, { commit: number }).then(
    () => false,
    (error: unknown) => error instanceof RequestError && /is not kept|back to before/.test(error.message),
  )
  if (refused) return
  say({ say: 'attempt', outcome })
  await datastores.commit(alice)
  await done(outcome)
}

/** A confirmed commit, perhaps prolonged; then it is confirmed, cancelled, or left until its time is over. */
async function confirmed(): Promise<void> {
  const base = state
  const persist = next() < 0.5
  const token = persist ? { persist: 'token' } : {}
  const id = persist ? { persistId: 'token' } : {}
  for (let times = 1 + upTo(2), first = true; times > 0; times--, first = false) {
    const pending = { base, persist }
    const outcome = { state: another(), pending }
    say({ say: 'attempt', outcome })
    await edit(outcome.state)
    await datastores.commit(alice, {
      confirmed: { timeoutSeconds: 1, ...token },
      ...(first ? {} : id),
    })
    await done(outcome)
  }
  const choice = next()
  const reverted = new Promise<void>((resolve) => (told = resolve))
  const outcome = { state: choice < 0.4 ? state : base }
  say({ say: 'attempt', outcome })
  try {
    if (choice < 0.4) await datastores.commit(alice, id)
    else if (choice < 0.7) await datastores.cancelCommit(alice, id.persistId)
    else await reverted
    await done(outcome)
  } catch (error) {
    // Its time was over before it was confirmed or cancelled: the machine was busy.
    if (datastores.confirmation || !(error instanceof RequestError)) throw error
    await done({ state: base })
  }
}

let told = (): void => undefined
datastores.on('commit', () => {
  if (!datastores.confirmation) told()
})

for (;;) {
  const kind = next()
  await (kind < 0.6 ? commit() : kind < 0.8 ? rollback() : confirmed())
}
