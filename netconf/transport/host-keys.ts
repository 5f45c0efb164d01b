/**
 * The SSH host keys of the server: an ed25519, an ECDSA (P-256) and an RSA key, made at first boot in a folder of their own, private keys in
 * OpenSSH's format with mode 0600. A key that is there is replaced only when that is asked for, and one that was removed is not
 * made again: an empty file `….removed` stands in its place. One that cannot be used is an error that names the file.
 */
import { createHash, createPublicKey } from 'node:crypto'
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import ssh2 from 'ssh2'

export interface HostKey {
  readonly type: 'ssh-ed25519' | 'ecdsa-sha2-nistp256' | 'ssh-rsa'
  readonly bits: number
  /** The private key as text. */
  readonly privateKey: string
  /** As in an authorized_keys file: type and base64. */
  readonly publicKey: string
  /** `SHA256:…` as OpenSSH prints it. */
  readonly fingerprint: string
}

const ATTEMPTS = 10

const RSA_BITS = 3072

const files = {
  'ssh-ed25519': 'ssh_host_ed25519_key',
  'ecdsa-sha2-nistp256': 'ssh_host_ecdsa_key',
  'ssh-rsa': 'ssh_host_rsa_key',
} as const
const types = Object.keys(files) as HostKey['type'][]

/** Reads the keys of a folder; makes the folder and the keys that are missing and were not removed. */
export async function loadOrCreateHostKeys(directory: string): Promise<HostKey[]> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const keys = await Promise.all(
    types.map(async (type) => {
      const path = join(directory, files[type])
      const found = await readPrivateKey(path)
      if (found !== undefined) return [describe(found, path, type)]
      if (await exists(removed(path))) return []
      const made = await createHostKey(type)
      await storeHostKey(directory, made)
      return [made]
    }),
  )
  return keys.flat()
}

/** `bits`: of an RSA key; 3072 when absent. */
export async function createHostKey(type: HostKey['type'], bits = RSA_BITS): Promise<HostKey> {
  const kind = type === 'ssh-rsa' ? 'rsa' : type === 'ssh-ed25519' ? 'ed25519' : 'ecdsa'
  return describe(await generate(kind, bits), `of type ${type}`, type)
}

/** Takes the place of the key of its type. */
export async function storeHostKey(directory: string, { type, privateKey }: HostKey): Promise<void> {
  const path = join(directory, files[type])
  await writePrivateKey(path, privateKey)
  await rm(removed(path), { force: true })
}

export async function deleteHostKey(directory: string, type: HostKey['type']): Promise<void> {
  const path = join(directory, files[type])
  await writePrivateKey(removed(path), '')
  await rm(path, { force: true })
}

const removed = (path: string): string => `${path}.removed`

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
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
  const bits =
    type === 'ssh-rsa' ? createPublicKey(key.getPublicPEM()).asymmetricKeyDetails?.modulusLength : undefined
  return {
    type,
    bits: bits ?? 256,
    privateKey,
    publicKey: `${type} ${wire.toString('base64')}`,
    fingerprint: fingerprint(wire),
  }
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
async function generate(kind: 'ed25519' | 'ecdsa' | 'rsa', bits: number): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const key = await generateOnce(kind, bits)
    if (attempt === ATTEMPTS || !(ssh2.utils.parseKey(key) instanceof Error)) return key
  }
}

function generateOnce(kind: 'ed25519' | 'ecdsa' | 'rsa', bits: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, keys: { private: string }): void =>
      error ? reject(error) : resolve(keys.private)
    if (kind === 'rsa') ssh2.utils.generateKeyPair('rsa', { bits }, done)
    else if (kind === 'ecdsa') ssh2.utils.generateKeyPair('ecdsa', { bits: 256 }, done)
    else ssh2.utils.generateKeyPair('ed25519', done)
  })
}
