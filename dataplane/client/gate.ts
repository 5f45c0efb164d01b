/**
 * The TLS side of the contract: a TCP port on which members of other machines attach, and enrol (TLS 1.3, RFC 8446). A connection
 * without a certificate, or with a wrong one, is taken all the same, because who comes is to be told by a gRPC status why it is refused; what
 * it may do is decided by the gate at each call.
 */
import { constants } from 'node:crypto'
import { createServer, type PeerCertificate, type TLSSocket } from 'node:tls'
import type { DeviceMessage, EnrolReply, EnrolRequest, Hello } from '../proto/contract.js'

/** Who is at the other end of a connection. */
export interface Peer {
  /** `ADDRESS:PORT`. */
  readonly address: string
  /** The address alone. */
  readonly host: string
  /** That it has shown; undefined: none. */
  readonly certificate: PeerCertificate | undefined
  /** What is wrong with the certificate, in OpenSSL's words; undefined: nothing. */
  readonly fault: string | undefined
}

/** Why somebody is refused; its message is for a person at the other end, and for the audit log. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
}

/** Decides who becomes a member. */
export interface Gate {
  /** Throws RefusedError. */
  judge(hello: Hello, peer: Peer): void
  /** Without a certificate: an operator's approval is waited for. Rejects with RefusedError. */
  enrol(request: EnrolRequest, peer: Peer): Promise<EnrolReply>
  /** PEM of a new certificate for the key of the request. Rejects with RefusedError. */
  renew(member: string, request: string): Promise<string>
}

/** What the control plane shows; PEM. */
export interface Credentials {
  readonly key: string
  /** With that of the authority. */
  readonly certificate: string
  readonly authority: string
}

export interface Listening extends AsyncDisposable {
  readonly address: string
  readonly port: number
}

/** A network device of a member. */
export type Device = Omit<DeviceMessage, 'speed'> & { readonly speed: bigint }

export const readDevice = ({ name, mac, mtu, speed, up }: DeviceMessage): Device => ({
  ...{ name, mac: new Uint8Array(mac), mtu, up },
  speed: BigInt(speed),
})

const handshakePatience = 10_000
/** Milliseconds that a connection without a certificate of the chassis may last: time enough to enrol, or to be told why not. */
const strangerPatience = 15_000
/** More than members that there can be. */
const mostConnections = 512

/** Listens, and gives each connection to `take`, with who is at its end. Rejects when the port can't be had. */
export async function listenTls(
  { address, port }: { readonly address: string; readonly port: number },
  { key, certificate, authority }: Credentials,
  take: (connection: TLSSocket, peer: Peer) => void,
): Promise<Listening> {
  const open = new Set<TLSSocket>()
  const server = createServer({
    ...{ key, cert: certificate, ca: authority },
    requestCert: true,
    // Who is wrong is told why.
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    // A session that is resumed would show what was true at the first handshake.
    secureOptions: constants.SSL_OP_NO_TICKET,
    ALPNProtocols: ['h2'],
    handshakeTimeout: handshakePatience,
  })
  server.maxConnections = mostConnections
  server.on('secureConnection', (socket) => {
    const { remoteAddress, remotePort } = socket
    if (remoteAddress === undefined) return void socket.destroy()
    const shown = socket.getPeerCertificate()
    const certificate = 'raw' in shown ? shown : undefined
    const fault = socket.authorized ? undefined : String(socket.authorizationError)
    const stranger = fault !== undefined
    const timer = stranger ? setTimeout(() => socket.destroy(), strangerPatience) : undefined
    open.add(socket)
    socket.once('close', () => {
      clearTimeout(timer)
      open.delete(socket)
    })
    socket.on('error', () => socket.destroy())
    const address = `${remoteAddress}:${remotePort}`
    take(socket, { address, host: remoteAddress, certificate, fault: certificate && fault })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, () => {
      server.off('error', reject)
      resolve()
    })
  })
  server.on('error', () => undefined)
  const bound = server.address()
  return {
    address,
    port: typeof bound === 'object' && bound ? bound.port : port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}
