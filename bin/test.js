/**
 * `npm test`: sets everything up, then runs the engine's own tests, these and the corpus of its fuzz targets once more under
 * AddressSanitizer and UndefinedBehaviorSanitizer, and all of AVA's. Arguments go to AVA.
 * What failed is told once more at the end. The last line is `N passed, N failed, N skipped` over both.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError, judges, root, setupOrExit } from './setup.js'

await setupOrExit('test')

const totals = { passed: 0, failed: 0, skipped: 0 }
/** What is told of failures, each a text of lines. */
const failures = []

function fail(text, count = 1) {
  totals.failed += count
  failures.push(text)
}

/** Characters of a program's output that are told of a failure. */
const mostTold = 20_000

const only = process.argv.slice(2)

/** Runs a program to its end: its exit code (or what kept it from one) and what it printed. */
async function runProgram(program, args) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'])
    child[name].setEncoding('utf8').on('data', (text) => (output[name] += text))
  const end = await new Promise((ended) => {
    child.once('error', (error) => ended(error.message))
    child.once('close', (code, signal) => ended(code ?? signal))
  })
  return { end, ...output }
}

/** The end of what a program printed: what it says of its failure. */
function tail(text) {
  return text.trim().slice(-mostTold)
}

/** Runs engine-test of a build, or one of two halves of its tests. */
async function engineTest(build, ...half) {
  const program = join(root, 'build', build, 'engine-test')
  const { end, stdout, stderr } = await runProgram('nice', ['-n', '19', program, '', ...half])
  process.stdout.write(`build/${build}/engine-test\n${stdout}`)
  process.stderr.write(stderr)
  const [, passed = 0, all = 1] = /(\d+) of (\d+) passed/.exec(stdout) ?? []
  totals.passed += Number(passed)
  if (end === 0) return
  const failed = stdout.split('\n').filter((line) => line.startsWith('FAIL'))
  const told = [`FAIL  build/${build}/engine-test ended with ${end}`, ...failed, tail(stderr)].join('\n')
  console.log(told)
  fail(told, Math.max(1, Number(all) - Number(passed)))
}

/** What judges the engine alone, in the time that AVA's tests leave, which mostly wait. */
async function engineAlone() {
  try {
    await judges()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    const told = `FAIL  the build of the engine's tests: ${error.message}`
    console.log(told)
    fail(told)
    return
  }
  await engineTest('engine')
  await Promise.all([engineTest('sanitized', '0', '2'), engineTest('sanitized', '1', '2').then(replays)])
}

/** Runs the corpus of each fuzz target through it: one test each. */
async function replays() {
  for (const target of readdirSync(join(root, 'dataplane', 'fuzz', 'corpus'))) {
    const program = join(root, 'build', 'sanitized', `fuzz-${target}`)
    const { end, stdout, stderr } = await runProgram(program, [
      join(root, 'dataplane', 'fuzz', 'corpus', target),
    ])
    if (end === 0) {
      console.log(`ok    fuzz: ${target} (${stdout.trim()})`)
      totals.passed++
    } else {
      const told = `FAIL  fuzz: ${target} (ended with ${end})\n${tail(stderr)}`
      console.log(told)
      fail(told)
    }
  }
}

/** Runs AVA on some files. */
async function ava(files) {
  const child = spawn(
    process.execPath,
    [join(root, 'node_modules', 'ava', 'entrypoints', 'cli.mjs'), ...files],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let output = ''
  child.stdout.on('data', (chunk) => {
    process.stdout.write(chunk)
    output += chunk
  })
  const [code] = await once(child, 'close')
  // eslint-disable-next-line no-control-regex
  const text = output.replace(/\u001b\[[0-9;]*m/g, '')
  const lines = (pattern) => text.match(pattern)?.length ?? 0
  totals.passed += lines(/^\s*✔ /gm)
  totals.skipped += lines(/^\s*- \[skip\] /gm)
  // Failed, and under way when time was up.
  const failed = lines(/^\s*✘ /gm) + lines(/^\s*◌ /gm)
  // Behind its first rule AVA says what each is about.
  if (code !== 0) fail(tail(text.slice(text.indexOf('\n  ─\n'))), Math.max(1, failed))
}

if (only.length > 0) await ava(only)
else {
  await Promise.all([
    engineAlone(),
    ava(['build/test/!(alone)/**/*.test.js', 'yang/libyang-js/dist/test/**/*.test.js']),
  ])
  // Each of these needs the machine for itself.
  for (const file of readdirSync(join(root, 'build/test/alone')))
    if (file.endsWith('.test.js')) await ava([`build/test/alone/${file}`])
}
if (failures.length > 0) console.log(`\n${failures.join('\n')}`)
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
process.exit(totals.failed === 0 ? 0 : 1)
