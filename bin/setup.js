/**
 * Everything that Weft needs on a fresh Debian 12 with Node 20: Debian packages, npm packages, native builds, TypeScript.
 * Plain JavaScript without dependencies, because it runs before anything is installed. Each step looks first whether there
 * is something to do, so that a second run takes a fraction of a second.
 *
 *   node bin/setup.js [--test]     --test: also what only the tests need
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

const buildPackages = ['g++', 'make', 'cmake', 'pkg-config', 'python3', 'libyang2-dev']
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

class SetupError extends Error {}

function say(text) {
  process.stderr.write(`weft: ${text}\n`)
}

/** Runs a command; on failure throws with what it printed last. */
function run(command, args, { env = {}, cwd = root } = {}) {
  const result = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (result.error) throw new SetupError(`${command} could not be started: ${result.error.message}`)
  if (result.status !== 0) {
    const tail = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-25).join('\n')
    const exit = result.status ?? result.signal
    throw new SetupError(`\`${command} ${args.join(' ')}\` failed (exit ${exit}):\n${tail}`)
  }
  return result.stdout
}

function step(text, work) {
  const start = Date.now()
  say(`${text} …`)
  work()
  say(`${text}: done in ${((Date.now() - start) / 1000).toFixed(1)} s`)
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
function once(name, inputs, outputs, text, work) {
  const stamp = join(root, 'build', `.${name}.stamp`)
  const { time, files } = newest(inputs)
  const state = `${time} ${files} ${process.version} ${root}`
  const done = existsSync(stamp) && readFileSync(stamp, 'utf8') === state
  if (done && outputs.every((output) => existsSync(join(root, output)))) return
  step(text, work)
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

/** Installs those of these Debian packages that are missing. */
export function debianPackages(names) {
  const present = installed(names)
  const missing = names.filter((name) => !present.has(name))
  if (missing.length === 0) return
  const asRoot = process.getuid() === 0
  const sudo = !asRoot && spawnSync('sudo', ['-n', 'true']).status === 0
  const sudoAsks = !asRoot && !sudo && process.stdin.isTTY && spawnSync('sudo', ['-V']).status === 0
  if (!asRoot && !sudo && !sudoAsks) {
    throw new SetupError(
      `these Debian packages are missing and can't be installed without root or sudo; run as root:\n` +
        `  apt-get update && apt-get install ${missing.join(' ')}`,
    )
  }
  const apt = (args) => {
    if (asRoot) run('apt-get', args, { env: { DEBIAN_FRONTEND: 'noninteractive' } })
    else if (sudo) run('sudo', ['-n', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args])
    else {
      const asked = spawnSync('sudo', ['DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args], {
        stdio: 'inherit',
      })
      if (asked.status !== 0) throw new SetupError(`\`sudo apt-get ${args.join(' ')}\` failed`)
    }
  }
  step(`installing Debian packages: ${missing.join(' ')}`, () => {
    const options = ['-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=300', '-qq']
    apt([...options, 'update'])
    apt([...options, 'install', '-y', '--no-install-recommends', ...missing])
  })
}

function npmPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const stamp = join(root, 'node_modules', '.weft-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  // Install scripts here only build optional accelerators, for which they would need a network of their own; the one that
  // matters is built below.
  step('installing npm packages', () => {
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
    writeFileSync(stamp, lock)
  })
}

/** Folder of Node's own headers, when they came with it; otherwise node-gyp fetches them. */
function nodeHeaders() {
  const prefix = resolve(dirname(process.execPath), '..')
  return existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? prefix : undefined
}

/** `test`: also what measures and tests need. */
function nativeBuilds(test) {
  const headers = nodeHeaders()
  const withHeaders = headers ? [`-DNODE_INCLUDE_DIR=${join(headers, 'include', 'node')}`] : []
  const gyp = (folder, ...options) =>
    run(
      join(root, 'node_modules', '.bin', 'node-gyp'),
      ['configure', 'build', '--jobs=2', ...options, ...(headers ? [`--nodedir=${headers}`] : [])],
      { cwd: join(root, folder) },
    )
  once(
    'libyang-js',
    ['yang/libyang-js/native', 'yang/libyang-js/binding.gyp'],
    ['yang/libyang-js/build/Release/libyang_js.node'],
    'building libyang-js',
    () => gyp('yang/libyang-js'),
  )
  // Without its binding ssh2 makes a cipher object for each packet, and computes chacha20-poly1305 in JavaScript.
  const ciphers = 'node_modules/ssh2/lib/protocol/crypto'
  const openssl = /^\d+/.exec(process.versions.openssl)?.[0] ?? '3'
  once(
    'ssh2',
    [`${ciphers}/src`, `${ciphers}/binding.gyp`],
    [`${ciphers}/build/Release/sshcrypto.node`],
    "building ssh2's ciphers",
    () => gyp(ciphers, `--real_openssl_major=${openssl}`),
  )
  once(
    'engine',
    [
      'dataplane/CMakeLists.txt',
      'dataplane/engine',
      'dataplane/keeper',
      'dataplane/agent/addon',
      'bench/native',
    ],
    [
      'build/engine/weft-engine.node',
      'build/engine/weft-keeper',
      'build/engine/libyang-floor',
      ...(test ? ['build/engine/netconf-load'] : []),
    ],
    'building the forwarding engine',
    () => cmake('dataplane', 'build/engine', { options: withHeaders }),
  )
  once('rib', ['src/rib/native'], ['build/rib/weft-rib.node'], 'building the RIB', () =>
    cmake('src/rib/native', 'build/rib', { options: withHeaders }),
  )
  if (!test) return
  once(
    'sanitized',
    ['dataplane/CMakeLists.txt', 'dataplane/engine', 'dataplane/keeper', 'dataplane/fuzz', 'src/rib/native'],
    ['build/sanitized/engine-test'],
    'building the engine with sanitizers',
    () => cmake('dataplane', 'build/sanitized', { options: ['-DWEFT_SANITIZE=ON'] }),
  )
}

/** Configures and builds `targets`, or everything. */
export function cmake(source, output, { options = [], targets = ['all'] } = {}) {
  // CMake refuses a folder that it made for sources elsewhere: the repository was moved.
  const cache = join(root, output, 'CMakeCache.txt')
  const home = `CMAKE_HOME_DIRECTORY:INTERNAL=${join(root, source)}\n`
  if (existsSync(cache) && !readFileSync(cache, 'utf8').includes(home))
    rmSync(join(root, output), { recursive: true })
  run('cmake', ['-S', source, '-B', output, '-DCMAKE_BUILD_TYPE=Release', ...options])
  run('cmake', ['--build', output, '-j2', '--target', ...targets])
}

function typescript() {
  const rooms = ['yang', 'netconf', 'datastore', 'dataplane', 'src', 'test', 'bench']
  once(
    'typescript',
    [...rooms, 'tsconfig.json', 'tsconfig.base.json'],
    ['build/src/main.js', 'yang/libyang-js/dist/src/index.js'],
    'compiling TypeScript',
    () => run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b']),
  )
}

/** Sets everything up, or throws a SetupError whose message is for a person. */
function setup({ test = false } = {}) {
  checkNode()
  debianPackages([...buildPackages, ...runPackages, ...(test ? testPackages : [])])
  npmPackages()
  nativeBuilds(test)
  typescript()
}

/** Sets everything up, and `more`, or says what is in the way and ends the process with 1. */
export function setupOrExit(options, more = () => undefined) {
  try {
    setup(options)
    more()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    say(error.message)
    process.exit(1)
  }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  setupOrExit({ test: process.argv.includes('--test') })
}
