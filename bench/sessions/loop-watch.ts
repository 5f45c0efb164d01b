/**
 * Loaded into a weftd by `--import`: watches its event loop. On SIGUSR2 it writes how long the loop was blocked at most, in
 * milliseconds, to the file that WEFT_BENCH_LOOP names, and begins anew.
 */
import { writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

const resolution = 1
const file = process.env['WEFT_BENCH_LOOP']
// The processes that weftd starts inherit the option.
if (isMainThread && file !== undefined && process.argv[1]?.endsWith('/bin/weftd') === true) {
  const delay = monitorEventLoopDelay({ resolution })
  delay.enable()
  process.on('SIGUSR2', () => {
    writeFileSync(file, `${Math.max(0, delay.max / 1e6 - resolution)}\n`)
    delay.reset()
  })
}
