/** Passwords as ietf-system stores them (iana-crypt-hash): `$0$` is clear text, which is hashed before anyone keeps it. */
import { timingSafeEqual } from 'node:crypto'
import { encrypt } from 'unixcrypt'

const clear = '$0$'
/** More rounds than this would hold the appliance up at each login (5,000 take some 10 ms). */
export const maxRounds = 50_000
/** Octets; longer ones only cost time. */
const maxLength = 512

export const isClear = (password: string): boolean => password.startsWith(clear)
export const isEmpty = (password: string): boolean => password === clear

/** `$0$secret` as a salted SHA-512 hash. */
export const hashed = (password: string): string => encrypt(password.slice(clear.length))

/** What is wrong with a stored password; undefined when it can be verified. */
export function problemOf(hash: string): string | undefined {
  const match = /^\$([156])\$(?:rounds=(\d+)\$)?/.exec(hash)
  if (match?.[1] === '1')
    return 'MD5 hashes ($1$) are not supported; take $0$ and the clear password, or a $6$ hash'
  if (match?.[2] !== undefined && Number(match[2]) > maxRounds) {
    return `a hash of ${match[2]} rounds would hold up every login; at most ${maxRounds} are supported`
  }
  return undefined
}

export function verify(password: string, hash: string): boolean {
  if (Buffer.byteLength(password) > maxLength) return false
  const parts = hash.split('$')
  const salt = parts.slice(0, -1).join('$')
  const computed = Buffer.from(encrypt(password, salt))
  const stored = Buffer.from(hash)
  return computed.length === stored.length && timingSafeEqual(computed, stored)
}
