/**
 * What a member shows when it attaches over TLS: a key that never leaves its machine (ECDSA on P-256, mode 0600), the
 * certificate that the chassis gave it, and that of the chassis' authority. A folder of files, each replaced whole.
 */
import { createHash, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export interface MemberCredentials {
  /** PEM. */
  readonly key: string
  readonly certificate: string
  readonly authority: string
  readonly chassis: string
}

const files = {
  key: 'member.key',
  certificate: 'member.pem',
  authority: 'authority.pem',
  chassis: 'chassis',
} as const

function read(folder: string, name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function write(folder: string, name: string, text: string): void {
  const path = join(folder, name)
  const file = openSync(`${path}.new`, 'w', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(`${path}.new`, path)
}

/** Undefined before the member was admitted. */
export function readCredentials(folder: string): MemberCredentials | undefined {
  const [key, certificate, authority, chassis] = [
    files.key,
    files.certificate,
    files.authority,
    files.chassis,
  ].map((name) => read(folder, name))
  if (!key || !certificate || !authority || !chassis) return undefined
  return { key, certificate, authority, chassis: chassis.trim() }
}

/** The member's own key, made at the first call; PEM. */
export function ownKey(folder: string): string {
  const known = read(folder, files.key)
  if (known) return known
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  write(folder, files.key, key)
  return key
}

export function keepAdmission(
  folder: string,
  { certificate, authority, chassis }: Omit<MemberCredentials, 'key'>,
): void {
  write(folder, files.authority, authority)
  write(folder, files.chassis, `${chassis}\n`)
  keepCertificate(folder, certificate)
}

export function keepCertificate(folder: string, certificate: string): void {
  write(folder, files.certificate, certificate)
}

/** What an operator compares before approving a member: `SHA256:…` of the public key. */
export function keyFingerprint(key: string): string {
  const der = createPublicKey(key).export({ type: 'spki', format: 'der' })
  return `SHA256:${createHash('sha256').update(der).digest('base64').replace(/=+$/, '')}`
}

/** A PKCS #10 request (RFC 2986) for the member's key; PEM. */
export async function certificateRequest(key: string, member: string): Promise<string> {
  await import('reflect-metadata')
  const { Pkcs10CertificateRequestGenerator, PemConverter } = await import('@peculiar/x509')
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const { subtle } = globalThis.crypto
  const secret = PemConverter.decodeFirst(key)
  const open = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [member] }],
    keys: {
      privateKey: await subtle.importKey('pkcs8', secret, algorithm, false, ['sign']),
      publicKey: await subtle.importKey('spki', open, algorithm, true, ['verify']),
    },
    signingAlgorithm: algorithm,
  })
  return request.toString('pem')
}

/** When a certificate should be replaced: after two thirds of its life; milliseconds since the epoch. */
export function renewalTime(certificate: string): number {
  const { validFrom, validTo } = new X509Certificate(certificate)
  const [begin, end] = [validFrom, validTo].map((text) => new Date(text).getTime()) as [number, number]
  return begin + ((end - begin) * 2) / 3
}
