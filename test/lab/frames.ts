/** Frames of the type for experiments (0x88b5) that hosts of a lab send and hear. */
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { ExecutionContext } from 'ava'
import { patiently } from './patience.js'
import type { Weftd } from './weftd.js'

/** Ethernet frames of the type for experiments, so many of each, by a host. */
export async function sendFrames(
  weftd: Weftd,
  host: string,
  count: number,
  pairs: readonly (readonly [to: string, from: string])[],
  device = 'eth0',
): Promise<void> {
  const frames = pairs.map(([to, from]) => `${to}${from}88b5`.replaceAll(':', '') + '00'.repeat(46))
  const { code, stderr } = await weftd.exec(
    host,
    '/usr/bin/python3',
    '-c',
    raw,
    device,
    String(count),
    ...frames,
  )
  if (code !== 0) throw new Error(stderr)
}
const raw = `
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
for frame in sys.argv[3:]:
    for _ in range(int(sys.argv[2])): s.send(bytes.fromhex(frame))
`

const talker = `
import sys
from scapy.all import *
conf.verb = 0
me, mac = sys.argv[1:]
def said(p):
    text = bytes(p.lastlayer())
    return Dot1Q in p and p[Dot1Q].type == 0x88b5 or p.type == 0x88b5
def show(p):
    text = bytes(p.lastlayer()).strip(bytes(1)).decode()
    if not text.startswith(me): print(p[Dot1Q].vlan if Dot1Q in p else '-', text, flush=True)
ears = AsyncSniffer(iface='eth0', lfilter=said, prn=show, store=False, started_callback=lambda: print('ready', flush=True))
ears.start()
for line in sys.stdin:
    vlan, text = line.split()
    tag = [] if vlan == '-' else [Dot1Q(vlan=int(vlan))]
    frame = Ether(src=mac, dst='ff:ff:ff:ff:ff:ff')
    for one in tag: frame /= one
    frame.lastlayer().type = 0x88b5
    sendp(frame / Raw((me + ':' + text).encode().ljust(46, bytes(1))), iface='eth0')
`

/**
 * A host that says frames that it is given on its standard input, `VLAN TEXT` a line (`-`: without a tag), and prints what the
 * others say in the same form.
 */
export class Talker {
  text = ''
  readonly #child: ChildProcessByStdio<Writable, Readable, null>

  constructor(t: ExecutionContext, weftd: Weftd, host: string, mac: string) {
    const [program, args] = weftd.hostCommand(host, '/usr/bin/python3', '-c', talker, host, mac)
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child.stdout.on('data', (chunk: Buffer) => (this.text += chunk.toString()))
    t.teardown(() => this.#child.kill())
  }
  say(...lines: readonly string[]): void {
    this.#child.stdin.write(lines.map((line) => `${line}\n`).join(''))
  }
  heard(line: string): Promise<boolean> {
    return patiently(20, async () => {
      if (this.text.includes(`${line}\n`)) return true
      await new Promise((resolve) => setTimeout(resolve, 20))
      return false
    })
  }
  /** Ends it; what it has heard. */
  end(): readonly string[] {
    this.#child.stdin.end()
    return this.text.trim().split('\n').slice(1)
  }
}
