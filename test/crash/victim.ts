/**
 * A process that works on a datastore until it is killed: commits small and large, replaces everything, rolls back, while
 * snapshots are written and old commits deleted after nearly every commit. Each deed is said before it is begun and
 * after it was acknowledged. Reads its task from its input.
 */
import { writeSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { openDatastores } from '../../datastore/index.js'
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

for (;;) await commit()
