/**
 * `npm test`: sets everything up, then runs the engine's own tests and all of AVA's. Arguments go to AVA.
 * The last line is `N passed, N failed, N skipped` over both.
 */
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root, setupOrExit } from './setup.js'

setupOrExit({ test: true })

const totals = { passed: 0, failed: 0, skipped: 0 }

const only = process.argv.slice(2)
if (only.length === 0) {
  const engine = spawnSync(join(root, 'build', 'engine', 'engine-test'), { encoding: 'utf8' })
  process.stdout.write(engine.stdout ?? '')
  process.stderr.write(engine.stderr ?? '')
  const summary = /(\d+) passed, (\d+) failed/.exec(engine.stdout ?? '')
  totals.passed += Number(summary?.[1] ?? 0)
  totals.failed += Number(summary?.[2] ?? 0)
  if (engine.status !== 0 && Number(summary?.[2] ?? 0) === 0) totals.failed++
}

const ava = spawn(process.execPath, [join(root, 'node_modules', 'ava', 'entrypoints', 'cli.mjs'), ...only], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
})
let output = ''
ava.stdout.on('data', (chunk) => {
  process.stdout.write(chunk)
  output += chunk
})
ava.on('close', (code) => {
  // eslint-disable-next-line no-control-regex
  const tail = output.replace(/\u001b\[[0-9;]*m/g, '').slice(-4000)
  const count = (pattern) => Number(pattern.exec(tail)?.[1] ?? 0)
  totals.passed += count(/^\s*(\d+) tests? passed/m)
  totals.failed += count(/^\s*(\d+) tests? failed/m)
  totals.skipped += count(/^\s*(\d+) tests? skipped/m)
  if (code !== 0 && totals.failed === 0) totals.failed++
  console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
  process.exit(totals.failed === 0 ? 0 : 1)
})
