/**
 * `npm test`: sets everything up, then runs the engine's own tests and all of AVA's. Arguments go to AVA.
 * The last line is `N passed, N failed, N skipped` over both.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { root, setupOrExit } from './setup.js'

setupOrExit({ test: true })

const totals = { passed: 0, failed: 0, skipped: 0 }

const only = process.argv.slice(2)
if (only.length === 0) {
  const engine = spawnSync(join(root, 'build', 'engine', 'engine-test'), { encoding: 'utf8' })
  process.stdout.write(engine.stdout ?? '')
  process.stderr.write(engine.stderr ?? '')
  const [, passed = 0, all = 1] = /(\d+) of (\d+) passed/.exec(engine.stdout ?? '') ?? []
  totals.passed += Number(passed)
  totals.failed += Number(all) - Number(passed)
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
