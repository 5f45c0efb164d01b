/**
 * The SSH host keys of the server: an ed25519, an ECDSA (P-256) and an RSA key, made at first boot in a folder of their own, private keys in
 * OpenSSH's format with mode 0600. A key that is there is never replaced; one that cannot be used is an error that names
 * the file.
 */
import { createHash } from 'node:crypto'
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import ssh2 from 'ssh2'

export interface HostKey {
  readonly type: 'ssh-ed25519' | 'ecdsa-sha2-nistp256' | 'ssh-rsa'
  /** The private key as text. */
  readonly privateKey: string
  /** As in an authorized_keys file: type and base64. */
  readonly publicKey: string
  /** `SHA256:…` as OpenSSH prints it. */
  readonly fingerprint: string
}

const ATTEMPTS = 10

const kinds = [
  { type: 'ssh-ed25519', file: 'ssh_host_ed25519_key', generate: () => generate('ed25519') },
  { type: 'ecdsa-sha2-nistp256', file: 'ssh_host_ecdsa_key', generate: () => generate('ecdsa') },
  { type: 'ssh-rsa', file: 'ssh_host_rsa_key', generate: () => generate('rsa') },
] as const

/** Reads the keys of a folder; makes the folder and the keys that are missing. */
export async function loadOrCreateHostKeys(directory: string): Promise<HostKey[]> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  return Promise.all(
    kinds.map(async ({ type, file, generate }) => {
      const path = join(directory, file)
      const found = await readPrivateKey(path)
      if (found !== undefined) return describe(found, path, type)
      const made = await generate()
      const key = describe(made, path, type)
      await writePrivateKey(path, made)
      return key
    }),
  )
}

/** `SHA256:…` of a public key in SSH's wire format. */
export function fingerprint(publicKey: Buffer): string {
  return `SHA256:${createHash('sha256').update(publicKey).digest('base64').replace(/=+$/, '')}`
}

async function readPrivateKey(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path)
    if ((mode & 0o077) !== 0) {
      throw new Error(
        `host key ${path} can be read by others (mode ${(mode & 0o777).toString(8)}); it must have mode 600`,
      )
    }
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function describe(privateKey: string, path: string, type: HostKey['type']): HostKey {
  const parsed = ssh2.utils.parseKey(privateKey)
  if (parsed instanceof Error) throw new Error(`host key ${path} is not a private key: ${parsed.message}`)
  const key = Array.isArray(parsed) ? parsed[0] : parsed
  if (key === undefined || !key.isPrivateKey() || key.type !== type) {
    throw new Error(`host key ${path} must hold a private key of type ${type}`)
  }
  const wire = key.getPublicSSH()
  return { type, privateKey, publicKey: `${type} ${wire.toString('base64')}`, fingerprint: fingerprint(wire) }
}

async function writePrivateKey(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`
  await rm(temporary, { force: true })
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await chmod(temporary, 0o600)
  await rename(temporary, path)
}

/** ssh2 now and then makes a key that it cannot read itself; then it makes another. */
async function generate(kind: 'ed25519' | 'ecdsa' | 'rsa'): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const key = await generateOnce(kind)
    if (attempt === ATTEMPTS || !(ssh2.utils.parseKey(key) instanceof Error)) return key
  }
}

function generateOnce(kind: 'ed25519' | 'ecdsa' | 'rsa'): Promise<string> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, keys: { private: string }): void =>
      error ? reject(error) : resolve(keys.private)
    if (kind === 'rsa') ssh2.utils.generateKeyPair('rsa', { bits: 3072 }, done)
    else if (kind === 'ecdsa') ssh2.utils.generateKeyPair('ecdsa', { bits: 256 }, done)
    else ssh2.utils.generateKeyPair('ed25519', done)
  })
}
