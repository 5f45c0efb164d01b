/**
 * The algorithms of SSH that are spoken, the preferred ones first: what clients of the last ten years have in common, without
 * SHA-1, CBC and keys of DSA. `weft-netconf-server.yang` has the same names.
 */
import type { Algorithms } from 'ssh2'

/** Names as SSH spells them, the preferred ones first; an empty list stands for all. */
export interface AlgorithmLists {
  readonly keyExchange: readonly string[]
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
  hostKey: ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-512', 'rsa-sha2-256'],
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

export function forSsh2(lists: AlgorithmLists): Algorithms {
  const of = (name: keyof AlgorithmLists): string[] => [
    ...(lists[name].length > 0 ? lists[name] : supported[name]),
  ]
  return {
    kex: of('keyExchange'),
    serverHostKey: of('hostKey'),
    cipher: of('cipher'),
    hmac: of('mac'),
    // Compressed bytes could not be counted against what the socket took.
    compress: ['none'],
  } as Algorithms
}
