/**
 * The chassis' own certificate authority (RFC 5280): a key and a self-signed certificate in the state folder, made at first need, and
 * what it signs: the control plane's certificate and those of members, ECDSA on P-256. What it has signed and who may use it is the
 * registry's affair.
 */
import { createHash, randomBytes, type webcrypto } from 'node:crypto'
import { join } from 'node:path'
import type { PublicKey, X509Certificate } from '@peculiar/x509'
import { RefusedError, type Credentials } from '../../../dataplane/client/index.js'
import { readIf, writeWhole } from './files.js'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const purposes = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const
/** Clocks of members may be this late. */
const skew = 300_000
const day = 24 * 3_600_000
const authorityDays = 20 * 365
/** Of the control plane's certificate, which is made anew at each start; members look at who signed it. */
const serverDays = 365

/** Loaded at first need: most appliances are one box, and have no use for it. */
async function library(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata')
  return await import('@peculiar/x509')
}

/** What a member's certificate says, and what is kept of it. */
export interface Issued {
  /** PEM, with the authority's own. */
  readonly certificate: string
  /** Hexadecimal, as Node writes it. */
  readonly serial: string
  /** `SHA256:…` of the certificate. */
  readonly fingerprint: string
  /** Milliseconds since the epoch. */
  readonly expires: number
}

/** What a request (RFC 2986) asks for. */
export interface CertificateRequest {
  readonly key: PublicKey
  /** `SHA256:…` of its public key. */
  readonly fingerprint: string
}

/** As ssh-keygen writes one. */
export const fingerprintOf = (octets: ArrayBuffer | Uint8Array): string =>
  `SHA256:${createHash('sha256').update(new Uint8Array(octets)).digest('base64').replace(/=+$/, '')}`

/** Rejects with RefusedError when it is none, or not signed by its own key. */
export async function readRequest(text: string): Promise<CertificateRequest> {
  const wrong = (why: string) => new RefusedError(`its certificate request can't be used: ${why}`)
  const { Pkcs10CertificateRequest } = await library()
  const parse = () => {
    try {
      return new Pkcs10CertificateRequest(text)
    } catch {
      throw wrong('it is not one of PKCS #10 in PEM')
    }
  }
  const request = parse()
  const { name, namedCurve } = request.publicKey.algorithm as { name: string; namedCurve?: string }
  if (name !== 'ECDSA' || namedCurve !== 'P-256') throw wrong('its key is not one of ECDSA on P-256')
  if (!(await request.verify().catch(() => false))) throw wrong('it is not signed by its key')
  return { key: request.publicKey, fingerprint: fingerprintOf(request.publicKey.rawData) }
}

type CryptoKey = webcrypto.CryptoKey

export class Authority {
  readonly #certificate: X509Certificate
  readonly #key: CryptoKey
  readonly #now: () => number

  private constructor(certificate: X509Certificate, key: CryptoKey, now: () => number) {
    this.#certificate = certificate
    this.#key = key
    this.#now = now
  }

  /** Finds the authority of a folder, or makes it. Rejects when what is there can't be read. */
  static async open(folder: string, chassis: string, now: () => number = Date.now): Promise<Authority> {
    const {
      BasicConstraintsExtension,
      KeyUsageFlags,
      KeyUsagesExtension,
      PemConverter,
      SubjectKeyIdentifierExtension,
      X509Certificate,
      X509CertificateGenerator,
    } = await library()
    const paths = { key: join(folder, 'authority.key'), certificate: join(folder, 'authority.pem') }
    const [key, certificate] = [readIf(paths.key), readIf(paths.certificate)]
    if (key !== undefined && certificate !== undefined) {
      const secret = PemConverter.decodeFirst(key)
      const use = await crypto.subtle.importKey('pkcs8', secret, algorithm, false, ['sign'])
      return new Authority(new X509Certificate(certificate), use, now)
    }
    const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const made = await X509CertificateGenerator.createSelfSigned({
      serialNumber: newSerial(),
      name: [{ CN: [`Weft chassis ${chassis}`] }],
      notBefore: new Date(now() - skew),
      notAfter: new Date(now() + authorityDays * day),
      signingAlgorithm: algorithm,
      keys: pair,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(pair.publicKey),
      ],
    })
    writeWhole(paths.key, await pemOf(pair.privateKey))
    writeWhole(paths.certificate, made.toString('pem'))
    return new Authority(made, pair.privateKey, now)
  }

  /** PEM. */
  get certificate(): string {
    return this.#certificate.toString('pem')
  }

  /** SHA-256 of the certificate; what tokens carry. */
  get fingerprint(): Buffer {
    return createHash('sha256').update(new Uint8Array(this.#certificate.rawData)).digest()
  }

  /** Names the chassis to its members. */
  get identity(): string {
    return this.fingerprint.toString('hex').slice(0, 16)
  }

  /** A new key and certificate of the control plane, whose name is `name`. */
  async serve(name: string): Promise<Credentials> {
    const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const { certificate } = await this.#sign(name, pair.publicKey, serverDays * day, purposes.server)
    return { key: await pemOf(pair.privateKey), certificate, authority: this.certificate }
  }

  /** A member's certificate, which lasts so many milliseconds. */
  issue(member: string, { key }: CertificateRequest, lifetime: number): Promise<Issued> {
    return this.#sign(member, key, lifetime, purposes.client)
  }

  async #sign(
    name: string,
    publicKey: PublicKey | CryptoKey,
    lifetime: number,
    purpose: string,
  ): Promise<Issued> {
    const {
      AuthorityKeyIdentifierExtension,
      BasicConstraintsExtension,
      ExtendedKeyUsageExtension,
      KeyUsageFlags,
      KeyUsagesExtension,
      SubjectAlternativeNameExtension,
      X509CertificateGenerator,
    } = await library()
    const serial = newSerial()
    const expires = Math.min(this.#now() + lifetime, this.#certificate.notAfter.getTime())
    const made = await X509CertificateGenerator.create({
      serialNumber: serial,
      subject: [{ CN: [name] }],
      issuer: this.#certificate.subjectName,
      notBefore: new Date(Math.min(this.#now() - skew, expires - skew)),
      notAfter: new Date(expires),
      signingAlgorithm: algorithm,
      signingKey: this.#key,
      publicKey,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([purpose], false),
        new SubjectAlternativeNameExtension([{ type: 'dns', value: name }]),
        await AuthorityKeyIdentifierExtension.create(this.#certificate),
      ],
    })
    return {
      certificate: `${made.toString('pem')}\n${this.certificate}\n`,
      serial: serial.toUpperCase(),
      fingerprint: fingerprintOf(made.rawData),
      expires,
    }
  }
}

async function pemOf(key: CryptoKey): Promise<string> {
  const { PemConverter } = await library()
  return `${PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`
}

/** Sixteen octets of chance, positive and without a leading zero (RFC 5280, section 4.1.2.2). */
function newSerial(): string {
  const octets = randomBytes(16)
  octets[0] = ((octets[0] as number) & 0x3f) | 0x40
  return octets.toString('hex')
}
