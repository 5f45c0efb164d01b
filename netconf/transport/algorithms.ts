/**
 * The algorithms of SSH that are spoken, the preferred ones first: what clients of the last ten years have in common, without
 * SHA-1, CBC and keys of DSA. `weft-netconf-server.yang` has the same names.
 */
import type { Algorithms } from 'ssh2'

/** Names as SSH spells them, the preferred ones first; an empty list stands for all. */
export interface AlgorithmLists {
  readonly keyExchange: readonly string[]
  /** Types of host keys. An RSA key signs with SHA-2. */
  readonly hostKey: readonly string[]
  readonly cipher: readonly string[]
  readonly mac: readonly string[]
}

export const supported: AlgorithmLists = {
  keyExchange: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group-exchange-sha256',
  ],
  hostKey: ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa'],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
    'chacha20-poly1305@openssh.com',
  ],
  mac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
}

export const allAlgorithms: AlgorithmLists = { keyExchange: [], hostKey: [], cipher: [], mac: [] }

/** The host keys that are offered, in their order: ssh2 takes it from the keys. Empty when the list names none of them. */
export function offered<Key extends { readonly type: string }>(
  keys: readonly Key[],
  lists: AlgorithmLists,
): readonly Key[] {
  return orAll(lists, 'hostKey').flatMap((type) => keys.filter((key) => key.type === type))
}

export function forSsh2(lists: AlgorithmLists): Algorithms {
  const of = (name: keyof AlgorithmLists): string[] => [...orAll(lists, name)]
  return {
    kex: of('keyExchange'),
    serverHostKey: ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512', 'rsa-sha2-256'],
    cipher: of('cipher'),
    hmac: of('mac'),
    // Compressed bytes could not be counted against what the socket took.
    compress: ['none'],
  } as Algorithms
}

const orAll = (lists: AlgorithmLists, name: keyof AlgorithmLists): readonly string[] =>
  lists[name].length > 0 ? lists[name] : supported[name]
