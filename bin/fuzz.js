/**
 * `npm run fuzz -- [TARGET…] [--seconds N] [--jobs N]`: sets everything up, builds the fuzz targets of dataplane/fuzz with clang's libFuzzer
 * and its sanitizers, and runs each for its share of the time (60 s in all unless said otherwise), as many at once as there are
 * cores, or jobs. Inputs that reach something new are kept in build/fuzz/corpus/TARGET and gone on from the next time.
 *
 * Exit code: 0 when nothing was found, 1 when something was (the input is named, and how to run it again), 2 for wrong arguments.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { cmake, debianPackages, root, setupOrExit } from './setup.js'

const home = join(root, 'dataplane', 'fuzz')
const build = join(root, 'build', 'fuzz')
const names = readdirSync(join(home, 'targets')).map((file) => file.replace(/\.cc$/, ''))

const wanted = []
let seconds = 60
let jobs = availableParallelism()
const words = process.argv.slice(2)
while (words.length > 0) {
  const word = words.shift()
  if (word === '--seconds') seconds = Number(words.shift())
  else if (word === '--jobs') jobs = Number(words.shift())
  else wanted.push(word)
}
if (!(seconds > 0) || !(jobs >= 1) || wanted.some((name) => !names.includes(name))) {
  console.error(`usage: npm run fuzz -- [TARGET…] [--seconds N] [--jobs N]; targets: ${names.join(', ')}`)
  process.exit(2)
}
const targets = wanted.length > 0 ? wanted : names

await setupOrExit('start', async () => {
  await debianPackages(['clang', 'libclang-rt-14-dev', 'libssl-dev'])
  await cmake('dataplane', 'build/fuzz', {
    options: ['-DWEFT_SANITIZE=ON', '-DWEFT_FUZZ=ON', '-DCMAKE_CXX_COMPILER=clang++'],
    targets: targets.map((name) => `fuzz-${name}`),
  })
})

const cores = Math.min(Math.floor(jobs), targets.length)
const share = Math.max(1, Math.floor((seconds * cores) / targets.length))

/** Runs one target; what came of it. */
async function run(name) {
  const corpus = join(build, 'corpus', name)
  const findings = join(build, 'findings', `${name}-`)
  mkdirSync(corpus, { recursive: true })
  mkdirSync(join(build, 'findings'), { recursive: true })
  const seeds = join(home, 'corpus', name)
  const dictionary = join(home, 'dictionaries', `${name}.txt`)
  const lists = readdirSync(join(home, 'dictionaries')).includes(`${name}.txt`) ? [`-dict=${dictionary}`] : []
  const log = join(build, `${name}.log`)
  const child = spawn(
    join(build, `fuzz-${name}`),
    [
      `-max_total_time=${share}`,
      '-max_len=4096',
      '-timeout=20',
      '-rss_limit_mb=2048',
      '-print_final_stats=1',
      // Its statistics cost more than half of the time where an input reaches thousands of places.
      '-entropic=0',
      `-artifact_prefix=${findings}`,
      ...lists,
      corpus,
      ...(readdirSync(join(home, 'corpus')).includes(name) ? [seeds] : []),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ASAN_OPTIONS: 'quarantine_size_mb=16' } },
  )
  child.stderr.pipe(createWriteStream(log))
  const [code] = await once(child, 'close')
  const text = readFileSync(log, 'utf8')
  const last = (pattern) => [...text.matchAll(pattern)].at(-1)?.[1] ?? '-'
  return {
    name,
    log,
    found: code !== 0,
    input: last(/Test unit written to (\S+)/g),
    why: last(/^(?:==WRONG== |==\d+==ERROR: |.*: runtime error: )(.*)$/gm),
    row: [
      last(/stat::number_of_executed_units:\s*(\d+)/g),
      last(/stat::average_exec_per_sec:\s*(\d+)/g),
      last(/ cov: (\d+)/g),
      last(/ corp: (\d+)/g),
    ],
  }
}

const results = []
const waiting = [...targets]
await Promise.all(
  Array.from({ length: cores }, async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) results.push(await run(name))
  }),
)
results.sort((a, b) => targets.indexOf(a.name) - targets.indexOf(b.name))

const table = [
  ['target', 'executions', 'a second', 'coverage', 'corpus', 'findings'],
  ...results.map(({ name, row, found }) => [name, ...row, found ? '1' : '0']),
]
const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)))
for (const line of table) {
  console.log(line.map((cell, n) => (n === 0 ? cell.padEnd(widths[n]) : cell.padStart(widths[n]))).join('  '))
}
const found = results.filter((result) => result.found)
for (const { name, input, why, log } of found) {
  console.log(`\n${name}: ${why}`)
  console.log(`  input:  ${input === '-' ? 'none was written' : relative(root, input)}`)
  console.log(`  again:  build/fuzz/fuzz-${name} ${input === '-' ? '' : relative(root, input)}`)
  console.log(`  report: ${relative(root, log)}`)
}
process.exit(found.length > 0 ? 1 : 0)
