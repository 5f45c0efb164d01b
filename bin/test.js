/**
 * `npm test`: sets everything up, then runs the engine's own tests, these and the corpus of its fuzz targets once more under
 * AddressSanitizer and UndefinedBehaviorSanitizer, and all of AVA's. Arguments go to AVA.
 * The last line is `N passed, N failed, N skipped` over both.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root, setupOrExit } from './setup.js'

await setupOrExit('test')

const totals = { passed: 0, failed: 0, skipped: 0 }

const only = process.argv.slice(2)
if (only.length === 0) {
  engineTest('engine')
  engineTest('sanitized')
  for (const target of readdirSync(join(root, 'dataplane', 'fuzz', 'corpus'))) replay(target)
}

/** Runs engine-test of a build. */
function engineTest(build) {
  console.log(`build/${build}/engine-test`)
  const engine = spawnSync(join(root, 'build', build, 'engine-test'), { encoding: 'utf8' })
  process.stdout.write(engine.stdout ?? '')
  process.stderr.write(engine.stderr ?? '')
  const [, passed = 0, all = 1] = /(\d+) of (\d+) passed/.exec(engine.stdout ?? '') ?? []
  const left = engine.status === 0 ? 0 : Math.max(1, Number(all) - Number(passed))
  totals.passed += Number(passed)
  totals.failed += left
}

/** Runs the corpus of a fuzz target through it: one test. */
function replay(target) {
  const program = join(root, 'build', 'sanitized', `fuzz-${target}`)
  const run = spawnSync(program, [join(root, 'dataplane', 'fuzz', 'corpus', target)], { encoding: 'utf8' })
  const good = run.status === 0
  console.log(
    `${good ? 'ok  ' : 'FAIL'}  fuzz: ${target} (${good ? run.stdout.trim() : (run.error?.message ?? run.signal ?? `exit ${run.status}`)})`,
  )
  if (!good) process.stderr.write(run.stderr ?? '')
  totals[good ? 'passed' : 'failed']++
}

/** Runs AVA on some files. Resolves with its exit code. */
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
  totals.failed += lines(/^\s*✘ /gm) + lines(/^\s*◌ /gm)
  totals.skipped += lines(/^\s*- \[skip\] /gm)
  return code
}

// What is in test/alone needs the machine for itself.
const runs =
  only.length > 0
    ? [only]
    : [
        ['build/test/!(alone)/**/*.test.js', 'yang/libyang-js/dist/test/**/*.test.js'],
        ['build/test/alone/**/*.test.js'],
      ]
for (const files of runs) {
  const code = await ava(files)
  if (code !== 0 && totals.failed === 0) totals.failed++
}
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
process.exit(totals.failed === 0 ? 0 : 1)
