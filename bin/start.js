/** `npm start`: sets everything up, then runs bin/weftd with the same options. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root, setupOrExit } from './setup.js'

await setupOrExit('start')
const weftd = spawn(
  process.execPath,
  ['--initial-heap-size=64', join(root, 'bin', 'weftd'), ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
)
// A terminal's Ctrl-C reaches weftd by itself: here it is only waited for. Other signals come to this process alone.
process.on('SIGINT', () => process.stdin.isTTY || weftd.kill('SIGINT'))
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => weftd.kill('SIGTERM'))
weftd.on('exit', (code, signal) => {
  if (signal)
    process.stderr.write(
      `weft: weftd was ended by ${signal}; the engine goes on forwarding with the tables that it has. ` +
        `Start again to take it over, or end it with bin/weft down\n`,
    )
  process.exit(code ?? 1)
})
