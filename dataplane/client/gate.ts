/**
 * The TLS side of the contract: a TCP port on which members of other machines attach, and enrol (TLS 1.3, RFC 8446). A connection
 * without a certificate, or with a wrong one, is taken all the same, because who comes is to be told by a gRPC status why it is refused; what
 * it may do is decided by the gate at each call.
 */
import type { Duplex } from 'node:stream'
import { createServer, type PeerCertificate, type TLSSocket } from 'node:tls'
import type { DeviceMessage, EnrolReply, EnrolRequest, Hello } from '../proto/contract.js'

/** Who is at the other end of a connection. */
export interface Peer {
  /** `ADDRESS:PORT`. */
  readonly address: string
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

/** As gRPC tells the other end of a call: the key under which a connection is found again. */
const placeOf = ({ remoteAddress, remotePort }: TLSSocket): string => `${remoteAddress}:${remotePort}`

/**
 * Listens, and gives each connection to `take`; who is at its end is in `peers` under gRPC's name of it for as long as it lasts. Rejects
 * when the port can't be had.
 */
export async function listenTls(
  { address, port }: { readonly address: string; readonly port: number },
  { key, certificate, authority }: Credentials,
  peers: Map<string, Peer>,
  take: (connection: Duplex) => void,
): Promise<Listening> {
  const open = new Set<TLSSocket>()
  const server = createServer({
    ...{ key, cert: certificate, ca: authority },
    requestCert: true,
    // Who is wrong is told why.
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['h2'],
    handshakeTimeout: handshakePatience,
  })
  server.on('secureConnection', (socket) => {
    const place = placeOf(socket)
    const shown = socket.getPeerCertificate()
    const certificate = 'raw' in shown ? shown : undefined
    const fault = socket.authorized ? undefined : String(socket.authorizationError)
    peers.set(place, { address: place, certificate, fault: certificate && fault })
    open.add(socket)
    socket.once('close', () => {
      peers.delete(place)
      open.delete(socket)
    })
    socket.on('error', () => socket.destroy())
    take(socket)
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
