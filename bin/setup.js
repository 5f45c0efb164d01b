/**
 * Everything that Weft needs on a fresh Debian 12 with Node 20: Debian packages, npm packages, native builds, TypeScript.
 * Plain JavaScript without dependencies, because it runs before anything is installed. Each step looks first whether there
 * is something to do, so that a second run takes a fraction of a second.
 *
 *   node bin/setup.js [--test | --bench]     also what only the tests, or only benchmarks and tests, need
 *
 * What does not wait for each other is done at the same time: packages are fetched and unpacked while compilers run, and where one
 * build has but one file left to do another one goes on.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once as event } from 'node:events'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { clearInterval, setInterval } from 'node:timers'
import { fileURLToPath } from 'node:url'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

const buildPackages = [
  'g++',
  'make',
  'cmake',
  'pkg-config',
  'python3',
  'libyang2-dev',
  'libxdp-dev',
  'libbpf-dev',
  'libpcap-dev',
  'gcc-bpf',
  'binutils-bpf',
]
const runPackages = ['libyuma-base', 'iproute2', 'util-linux', 'iputils-ping', 'procps', 'python3-ncclient']
const testPackages = [
  'yangcli',
  'python3-scapy',
  'iperf3',
  'libyang2-tools',
  'ethtool',
  'openssh-client',
  'python3-asyncssh',
  'libssh-dev',
  'libssl-dev',
  'ansible',
  'tcpdump',
]

/** Characters of a command's output that are kept to be told. */
const mostOutput = 1 << 16

export class SetupError extends Error {}

function say(text) {
  process.stderr.write(`weft: ${text}\n`)
}

/** Runs a command; on failure rejects with what it printed last. */
async function run(command, args, { env = {}, cwd = root } = {}) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const progress = underWay.getStore()
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-mostOutput)
      const share = [...text.matchAll(/\[ *(\d+%)\]/g)].at(-1)?.[1]
      if (share && progress) progress.share = `${share}, `
    })
  const [status, signal] = await event(child, 'close').catch((error) => {
    throw new SetupError(`${command} could not be started: ${error.message}`)
  })
  if (status === 0) return
  // Of builds side by side the one that failed need not be the one that spoke last.
  const lines = output.trim().split('\n')
  const last = lines.slice(-25)
  const errors = lines.slice(0, -25).filter((line) => /\berror\b|undefined reference/i.test(line))
  const told = [...errors.slice(0, 15), ...last].join('\n')
  throw new SetupError(`\`${command} ${args.join(' ')}\` failed (exit ${status ?? signal}):\n${told}`)
}

/** Resolves when all are done; rejects, when none is under way any more, with the first error. */
async function together(...works) {
  const failed = (await Promise.allSettled(works)).find(({ status }) => status === 'rejected')
  if (failed) throw failed.reason
}

/** Of the step under way: the share that its program says is done. */
const underWay = new AsyncLocalStorage()

/** Says that it begins, each half minute that it goes on, and when it is done. */
async function step(text, work) {
  const start = Date.now()
  const seconds = () => (Date.now() - start) / 1000
  const progress = { share: '' }
  say(`${text} …`)
  const telling = setInterval(() => say(`${text}: ${progress.share}${seconds().toFixed(0)} s so far`), 30_000)
  try {
    await underWay.run(progress, work)
  } finally {
    clearInterval(telling)
  }
  say(`${text}: done in ${seconds().toFixed(1)} s`)
}

/** Newest modification time below some files and folders, in milliseconds, and how many files there are. */
function newest(paths, seen = { time: 0, files: 0 }) {
  for (const path of paths) {
    const full = join(root, path)
    if (!existsSync(full)) continue
    const stat = statSync(full)
    seen.time = Math.max(seen.time, stat.mtimeMs)
    seen.files++
    if (!stat.isDirectory()) continue
    const entries = readdirSync(full).filter((entry) => !['node_modules', 'build', 'dist'].includes(entry))
    newest(
      entries.map((entry) => join(path, entry)),
      seen,
    )
  }
  return seen
}

/** Does `work` unless a stamp says that it was done for these inputs by this Node. */
async function once(name, inputs, outputs, text, work) {
  const stamp = join(root, 'build', `.${name}.stamp`)
  const { time, files } = newest(inputs)
  const state = `${time} ${files} ${process.version} ${root}`
  const done = existsSync(stamp) && readFileSync(stamp, 'utf8') === state
  if (done && outputs.every((output) => existsSync(join(root, output)))) return
  await step(text, work)
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, state)
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new SetupError(`Node ${process.version} is too old: Weft needs Node 20.19 or later`)
  }
}

function installed(names) {
  const result = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${Status}\n', ...names], {
    encoding: 'utf8',
  })
  if (result.error) {
    const list = names.join(' ')
    throw new SetupError(`Weft sets itself up on Debian 12 (dpkg-query was not found); it needs: ${list}`)
  }
  const present = result.stdout.split('\n').filter((line) => line.endsWith(' install ok installed'))
  return new Set(present.map((line) => line.split(' ')[0]))
}

/** How this user becomes root: `undefined` when he can't; `asks` when a password may be asked for. */
function becomeRoot() {
  if (process.getuid() === 0) return { asks: false, words: [] }
  if (spawnSync('sudo', ['-n', 'true']).status === 0) return { asks: false, words: ['sudo', '-n'] }
  if (process.stdin.isTTY && spawnSync('sudo', ['-V']).status === 0) return { asks: true, words: ['sudo'] }
  return undefined
}

let listsAreNew = false

/** Installs those of these Debian packages that are missing. */
export async function debianPackages(names) {
  const present = installed(names)
  const missing = names.filter((name) => !present.has(name))
  if (missing.length === 0) return
  const way = becomeRoot()
  if (!way) {
    throw new SetupError(
      `these Debian packages are missing and can't be installed without root or sudo; run as root:\n` +
        `  apt-get update && apt-get install ${missing.join(' ')}`,
    )
  }
  const apt = async (args) => {
    const [command, ...words] = [...way.words, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args]
    if (!way.asks) return await run(command, words)
    const asked = spawnSync(command, words, { stdio: 'inherit' })
    if (asked.status !== 0) throw new SetupError(`\`sudo apt-get ${args.join(' ')}\` failed`)
  }
  await step(`installing Debian packages: ${missing.join(' ')}`, async () => {
    const options = ['-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=300', '-qq']
    if (!listsAreNew) await apt([...options, 'update'])
    listsAreNew = true
    await apt([...options, 'install', '-y', '--no-install-recommends', ...missing])
  })
}

async function npmPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const stamp = join(root, 'node_modules', '.weft-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  // Install scripts here only build optional accelerators, for which they would need a network of their own; the one that
  // matters is built below.
  await step('installing npm packages', async () => {
    await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
    writeFileSync(stamp, lock)
  })
}

/** Folder of Node's own headers, when they came with it; otherwise node-gyp fetches them. */
function nodeHeaders() {
  const prefix = resolve(dirname(process.execPath), '..')
  return existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? prefix : undefined
}

/** Programs of the engine's build that are no part of the appliance, by what is to be done. */
const programs = {
  start: [],
  test: ['udp-load'],
  bench: [
    ...[
      'udp-load',
      'libyang-floor',
      'netconf-load',
      'graph-bench',
      'services-bench',
      'fib-bench',
      'acl-bench',
      'route-table',
    ],
  ],
}

function nodeOptions() {
  const headers = nodeHeaders()
  return headers ? [`-DNODE_INCLUDE_DIR=${join(headers, 'include', 'node')}`] : []
}

async function gyp(folder, ...options) {
  const headers = nodeHeaders()
  await run(
    join(root, 'node_modules', '.bin', 'node-gyp'),
    ['configure', 'build', '--jobs=2', ...options, ...(headers ? [`--nodedir=${headers}`] : [])],
    { cwd: join(root, folder) },
  )
}

/** All that is native but for the engine. */
async function addons() {
  await once(
    'libyang-js',
    ['yang/libyang-js/native', 'yang/libyang-js/CMakeLists.txt', 'cmake'],
    ['yang/libyang-js/build/libyang_js.node'],
    'building libyang-js',
    () => cmake('yang/libyang-js', 'yang/libyang-js/build', { options: nodeOptions() }),
  )
  // Without its binding ssh2 makes a cipher object for each packet, and computes chacha20-poly1305 in JavaScript.
  const ciphers = 'node_modules/ssh2/lib/protocol/crypto'
  const openssl = /^\d+/.exec(process.versions.openssl)?.[0] ?? '3'
  await once(
    'ssh2',
    [`${ciphers}/src`, `${ciphers}/binding.gyp`],
    [`${ciphers}/build/Release/sshcrypto.node`],
    "building ssh2's ciphers",
    () => gyp(ciphers, `--real_openssl_major=${openssl}`),
  )
  await once('rib', ['src/rib/native', 'cmake'], ['build/rib/weft-rib.node'], 'building the RIB', () =>
    cmake('src/rib/native', 'build/rib', { options: nodeOptions() }),
  )
}

async function engine(purpose) {
  await once(
    `engine-${purpose}`,
    [
      'dataplane/CMakeLists.txt',
      'cmake',
      'dataplane/engine',
      'dataplane/keeper',
      'dataplane/agent/addon',
      'dataplane/client/addon',
      'bench/native',
    ],
    ['weft-engine.node', 'weft-filter.node', 'weft-keeper', ...programs[purpose]].map(
      (name) => `build/engine/${name}`,
    ),
    'building the forwarding engine',
    () => cmake('dataplane', 'build/engine', { options: nodeOptions(), targets: [`weft-${purpose}`] }),
  )
}

/** What judges the engine alone, built in the time that others leave: its tests as it is, and with sanitizers these and the fuzz targets. */
export async function judges() {
  const sources = ['dataplane/CMakeLists.txt', 'dataplane/engine']
  await once('engine-judge', sources, ['build/engine/engine-test'], "building the engine's tests", () =>
    cmake('dataplane', 'build/engine', { options: nodeOptions(), targets: ['engine-test'], niceness: 19 }),
  )
  await once(
    'sanitized',
    ['dataplane/CMakeLists.txt', 'dataplane/engine', 'dataplane/keeper', 'dataplane/fuzz', 'src/rib/native'],
    ['build/sanitized/engine-test'],
    'building the engine with sanitizers',
    () => cmake('dataplane', 'build/sanitized', { options: ['-DWEFT_SANITIZE=ON'], niceness: 19 }),
  )
}

/** Configures and builds `targets`, or everything. */
export async function cmake(source, output, { options = [], targets = ['all'], niceness = 0 } = {}) {
  // CMake refuses a folder that it made for sources elsewhere: the repository was moved.
  const cache = join(root, output, 'CMakeCache.txt')
  const home = `CMAKE_HOME_DIRECTORY:INTERNAL=${join(root, source)}\n`
  if (existsSync(cache) && !readFileSync(cache, 'utf8').includes(home))
    rmSync(join(root, output), { recursive: true })
  await run('cmake', ['-S', source, '-B', output, '-DCMAKE_BUILD_TYPE=Release', ...options])
  await run('nice', ['-n', String(niceness), 'cmake', '--build', output, '-j2', '--target', ...targets])
}

async function typescript() {
  const rooms = ['yang', 'netconf', 'datastore', 'dataplane', 'src', 'test', 'bench']
  await once(
    'typescript',
    [...rooms, 'tsconfig.json', 'tsconfig.base.json'],
    ['build/src/main.js', 'yang/libyang-js/dist/src/index.js'],
    'compiling TypeScript',
    () => run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b']),
  )
}

/** Sets everything up for a purpose, or rejects with a SetupError whose message is for a person. */
async function setup(purpose) {
  checkNode()
  const first = [...buildPackages, ...runPackages]
  const later = purpose === 'start' ? [] : testPackages
  // Who has to be asked for a password is asked once; a benchmark's programs need libraries of `later`.
  const atOnce = purpose === 'bench' || becomeRoot()?.asks !== false
  await together(debianPackages(atOnce ? [...first, ...later] : first), npmPackages())
  const fetched = debianPackages(later)
  const native = async () => {
    await engine(purpose)
    await fetched
  }
  await together(fetched, native(), addons().then(typescript))
}

/** Sets everything up for a purpose (start, test or bench), and `more`, or says what is in the way and ends the process with 1. */
export async function setupOrExit(purpose, more = async () => undefined) {
  try {
    await setup(purpose)
    await more()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    say(error.message)
    process.exit(1)
  }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const purpose = ['test', 'bench'].find((name) => process.argv.includes(`--${name}`))
  await setupOrExit(purpose ?? 'start', purpose === 'test' ? judges : undefined)
}
