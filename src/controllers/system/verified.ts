/**
 * Passwords that were right before are verified at once: a hash that resists guessing takes ten milliseconds and more of the
 * one thread that serves everybody, for each session of each script. What is kept of a password is a MAC under a key of this
 * process, bound to the stored hash: it goes with the process, and a changed password has another hash. A wrong password
 * always costs the whole time.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { verify } from './password.js'

/** Hashes that are remembered; the first one is forgotten first. */
const CAPACITY = 1_024

export class VerifiedPasswords {
  readonly #key = randomBytes(32)
  readonly #right = new Map<string, Buffer>()

  constructor(private readonly slowly: typeof verify = verify) {}

  verify(password: string, hash: string): boolean {
    const mac = createHmac('sha256', this.#key).update(hash).update('\0').update(password).digest()
    const known = this.#right.get(hash)
    if (known && timingSafeEqual(known, mac)) return true
    if (!this.slowly(password, hash)) return false
    if (this.#right.size >= CAPACITY) this.#right.delete(this.#right.keys().next().value as string)
    this.#right.set(hash, mac)
    return true
  }
}
