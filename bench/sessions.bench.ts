/**
 * `npm run bench -- sessions`: what a NETCONF session costs, through SSH on loopback: small get-configs one after the other
 * with one session and with eight (each with a connection of its own that waits for a reply before it asks again), their
 * latency and the longest block of weftd's event loop meanwhile, the set-up of a session up to the exchanged hellos, and the
 * memory of one that is idle; then what 1,000 rules of access control add to a read of 100,000 routes. The client is a process of its own, on libssh, whose first choice of algorithms is used.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { adminPassword, Weftd } from '../test/lab/weftd.js'
import { settledMemory } from './memory.js'
import { quantile, report, single, type Figure } from './report.js'
import { accessFigures } from './sessions/access.js'
import { ask, hold, setUp, type Asked } from './sessions/load.js'

const getOne =
  '<get-config><source><running/></source><filter type="subtree"><interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>p1</name></interface></interfaces></filter></get-config>'

const seconds = 5
const rounds = 3
const idleSessions = 200

/** Milliseconds that weftd's event loop was blocked at most since this was asked last. */
async function longestBlock(weftd: Weftd, file: string): Promise<number> {
  await rm(file, { force: true })
  process.kill(weftd.pid, 'SIGUSR2')
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => '')
    if (text.endsWith('\n')) return Number(text)
    await pause(10)
  }
}

function askFigures(name: string, asked: readonly Asked[]): Figure[] {
  const each = (of: (one: Asked) => number) => asked.map(of)
  return [
    single(
      `${name}-per-second`,
      '1/s',
      'higher',
      each(({ rate }) => rate),
    ),
    single(
      `${name}-latency`,
      'ms',
      'lower',
      each(({ times }) => quantile(times, 0.5)),
    ),
    single(
      `${name}-latency-p99`,
      'ms',
      'lower',
      each(({ times }) => quantile(times, 0.99)),
    ),
  ]
}

async function load(weftd: Weftd, file: string): Promise<{ figures: Figure[]; cipher: string }> {
  const figures: Figure[] = []
  const { cipher } = await ask(weftd.port, 8, getOne, 2)
  for (const [name, sessions, depth] of [
    ['get-config-1-session', 1, 1],
    ['get-config-8-sessions', 8, 1],
    ['get-config-1-session-8-pipelined', 1, 8],
  ] as const) {
    const asked: Asked[] = []
    const blocks: number[] = []
    for (let round = 0; round < rounds; round++) {
      await longestBlock(weftd, file)
      asked.push(await ask(weftd.port, sessions, getOne, seconds, depth))
      blocks.push(await longestBlock(weftd, file))
    }
    figures.push(...askFigures(name, asked), single(`${name}-longest-block`, 'ms', 'lower', blocks))
  }
  return { figures, cipher }
}

async function idleMemory(weftd: Weftd): Promise<Figure> {
  const before = await settledMemory(weftd.pid)
  const held = await hold(weftd.port, idleSessions, () => settledMemory(weftd.pid))
  return single('memory-of-an-idle-session', 'kB', 'lower', [((held - before) * 1024) / idleSessions])
}

export async function bench(options: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-bench-'))
  const file = join(folder, 'block')
  const watch = new URL('./sessions/loop-watch.js', import.meta.url).href
  try {
    await using weftd = await Weftd.start({
      options: ['--log-level', 'error'],
      environment: {
        WEFT_ADMIN_PASSWORD: adminPassword,
        NODE_OPTIONS: `--import=${watch}`,
        WEFT_BENCH_LOOP: file,
      },
    })
    await setUp(weftd.port, 10)
    const { setup, exchange } = await setUp(weftd.port, 50)
    const memory = await idleMemory(weftd)
    const { figures, cipher } = await load(weftd, file)
    figures.unshift(
      single('session-set-up', 'ms', 'lower', setup),
      single('session-set-up-p99', 'ms', 'lower', [quantile(setup, 0.99)]),
      memory,
    )
    figures.push(...(await accessFigures()))
    const notes = [
      `set-up: connect, ${exchange}, password, hello; then ${cipher}`,
      'sessions: each has a connection of its own and waits for the reply before it asks again, but for the pipelined row',
    ]
    report('sessions', figures, notes, options.includes('--json'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
