/**
 * A TCP stream of 20 MB in each direction at once between two hosts, whole or an error within seconds: what loses super-packets
 * takes minutes for it.
 */
import { spawn } from 'node:child_process'
import type { ExecutionContext } from 'ava'

const stream = `
import socket, sys, threading
size = 20 << 20
def receive(s):
    n = 0
    while n < size:
        part = s.recv(1 << 20)
        if not part: sys.exit('ended after %d' % n)
        n += len(part)
if sys.argv[1] == 'listen':
    l = socket.create_server((sys.argv[2], 5000), family=socket.AF_INET6 if ':' in sys.argv[2] else socket.AF_INET)
    print('listening', flush=True)
    s = l.accept()[0]
else:
    s = socket.create_connection((sys.argv[2], 5000), 10)
s.settimeout(20)
t = threading.Thread(target=lambda: s.sendall(bytes(size)))
t.start()
receive(s)
t.join()
print('done', flush=True)
`

/** The command of an end, which prints `done` when it has had all; the listening one `listening` before. */
export const tcpEnd = (how: 'listen' | 'connect', address: string): readonly string[] => [
  ...['/usr/bin/python3', '-c', stream, how, address],
]

/** Resolves when it listens; `ended` is what it printed. */
export async function tcpListener(
  t: ExecutionContext,
  [program, args]: readonly [string, readonly string[]],
): Promise<{ ended: Promise<string> }> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill())
  let text = ''
  const ended = new Promise<string>((resolve) => child.once('close', () => resolve(text)))
  await new Promise<void>((ready) => {
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('listening')) ready()
    })
    void ended.then(() => ready())
  })
  return { ended }
}
