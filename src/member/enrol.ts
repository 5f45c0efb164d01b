/**
 * How a machine becomes a member: it makes a key, looks at the certificate of the chassis' authority (which has to be the one
 * that the token names), and asks for a certificate of its own until it is given one.
 */
import { createHash, X509Certificate } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { connect, type DetailedPeerCertificate } from 'node:tls'
import { credentials, type ServiceError } from '@grpc/grpc-js'
import {
  certificateRequest,
  keepAdmission,
  keyFingerprint,
  ownKey,
} from '../../dataplane/agent/credentials.js'
import {
  Chassis,
  controlName,
  protocolVersion,
  type EnrolReply,
  type EnrolRequest,
} from '../../dataplane/proto/contract.js'
import { fingerprintOf, parseToken } from '../chassis/admission/index.js'
import type { Log } from '../log.js'
import { version } from '../version.js'

const lookPatience = 5_000
const askAgain = 1_000

export interface EnrolOptions {
  readonly join: { readonly address: string; readonly port: number }
  readonly member: string
  readonly token: string | undefined
  /** Where the credentials are kept. */
  readonly folder: string
  readonly log: Log
  readonly signal: AbortSignal
}

/** The chassis does not want it; its message is the chassis' own. */
export class NotAdmittedError extends Error {
  override readonly name = 'NotAdmittedError'
}

/** PEM of the certificate at the top of what the chassis shows. */
function authorityOf({ address, port }: EnrolOptions['join']): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, rejectUnauthorized: false, ALPNProtocols: ['h2'] })
    socket.setTimeout(lookPatience, () => socket.destroy(new Error('no answer')))
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      let top: DetailedPeerCertificate = socket.getPeerCertificate(true)
      while (top.issuerCertificate && top.issuerCertificate !== top) top = top.issuerCertificate
      resolve(new X509Certificate(top.raw).toString())
      socket.destroy()
    })
  })
}

function ask({ address, port }: EnrolOptions['join'], authority: string, request: EnrolRequest) {
  const target = `${address.includes(':') ? `[${address}]` : address}:${port}`
  const client = new Chassis(target, credentials.createSsl(Buffer.from(authority)), {
    'grpc.ssl_target_name_override': controlName,
    'grpc.use_local_subchannel_pool': 1,
  })
  const enrol = client['Enrol'] as (
    request: EnrolRequest,
    options: { deadline: number },
    done: (error: ServiceError | null, reply: EnrolReply) => void,
  ) => void
  return new Promise<EnrolReply>((resolve, reject) =>
    enrol.call(client, request, { deadline: Date.now() + lookPatience }, (error, reply) =>
      error ? reject(error) : resolve(reply),
    ),
  ).finally(() => client.close())
}

/** gRPC's number of a refusal by the chassis itself. */
const refused = 9

/**
 * Resolves when the credentials are there. Rejects with NotAdmittedError; a chassis that can't be reached, or an operator who takes time, is
 * waited for.
 */
export async function enrol(options: EnrolOptions): Promise<void> {
  const { join, member, token = '', folder, log, signal } = options
  const key = ownKey(folder)
  const request = await certificateRequest(key, member)
  let said = ''
  const say = (text: string) => {
    if (text !== said) log.info(text)
    said = text
  }
  for (; ; await delay(askAgain, undefined, { signal })) {
    try {
      const authority = await authorityOf(join)
      const octets = new X509Certificate(authority).raw
      const known = parseToken(token)?.authority
      if (known && !createHash('sha256').update(octets).digest().equals(known))
        throw new NotAdmittedError(
          `${join.address}:${join.port} is not the chassis that gave the token: its authority is ${fingerprintOf(octets)}`,
        )
      const reply = await ask(join, authority, { member, request, token, protocol: protocolVersion, version })
      if (reply.certificate !== '') {
        keepAdmission(folder, { certificate: reply.certificate, authority, chassis: reply.chassis })
        log.info(`admitted to slot ${reply.slot} of chassis ${reply.chassis}`)
        return
      }
      say(
        `waiting to be approved at the chassis (authority ${fingerprintOf(octets)}): member ${member}, key ${keyFingerprint(key)}`,
      )
    } catch (error) {
      if (error instanceof NotAdmittedError) throw error
      const { code, details } = error as Partial<ServiceError>
      if (code === refused) throw new NotAdmittedError(details ?? (error as Error).message)
      say(
        `the chassis at ${join.address}:${join.port} can't be reached yet: ${details ?? (error as Error).message}`,
      )
    }
  }
}
