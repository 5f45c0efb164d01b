/** A weftd of a benchmark's own: temporary state folder, free port, the demo chassis with h1 and h2. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NetconfClient } from '../src/demo/client.js'

const root = resolve(fileURLToPath(import.meta.url), '../../..')
const password = 'bench-password'

export interface BenchAppliance extends AsyncDisposable {
  readonly state: string
  connect(): Promise<NetconfClient>
}

export async function startBenchAppliance(): Promise<BenchAppliance> {
  const state = await mkdtemp(join(tmpdir(), 'weft-bench-'))
  const weftd = spawn(
    process.execPath,
    [join(root, 'bin/weftd'), '--state', state, '--netconf', '127.0.0.1:0', '--log-level', 'warn'],
    { env: { ...process.env, WEFT_ADMIN_PASSWORD: password }, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const ended = new Promise((done) => weftd.once('exit', done))
  const stop = async () => {
    weftd.kill('SIGTERM')
    await ended
    await rm(state, { recursive: true, force: true })
  }
  try {
    const port = await new Promise<number>((ready, failed) => {
      let output = ''
      let port: number | undefined
      weftd.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text
        port ??= Number(/ready.*:(\d+)\s/.exec(output)?.[1]) || undefined
        if (port !== undefined && output.includes('reaches h2')) ready(port)
      })
      weftd.once('exit', (code) => failed(new Error(`weftd ended with ${code}: ${output}`)))
    })
    const connect = () => NetconfClient.connect({ host: '127.0.0.1', port, username: 'admin', password })
    return { state, connect, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}
