/**
 * The way from a member's agent to its chassis: the agent lives in a namespace without the machine's network, and dials a unix
 * socket; each connection there is one over TCP to the chassis. What passes is TLS between the two, and not looked into.
 */
import { chmodSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { checkSocketPath } from '../../dataplane/proto/socket-path.js'

const connectPatience = 5_000

/** Listens; rejects when the socket can't be had. */
export async function startRelay(
  socketPath: string,
  { address, port }: { readonly address: string; readonly port: number },
): Promise<AsyncDisposable> {
  checkSocketPath(socketPath)
  rmSync(socketPath, { force: true })
  const open = new Set<Socket>()
  const hold = (socket: Socket, other: Socket): void => {
    open.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => other.destroy())
    socket.on('close', () => {
      open.delete(socket)
      other.destroy()
    })
  }
  const server = createServer((near) => {
    const far = connect({ host: address, port, timeout: connectPatience })
    hold(near, far)
    hold(far, near)
    far.once('timeout', () => far.destroy())
    far.once('connect', () => far.setTimeout(0))
    near.pipe(far)
    far.pipe(near)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socketPath, resolve)
  })
  chmodSync(socketPath, 0o600)
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}
