/**
 * Failed logins, by where they come from. Each failure within `MEMORY` doubles how long the next one from the same address is
 * held up; an address that has used up its attempts gets one connection at a time until it has been quiet that long. A right
 * login is never held up. An IPv6 client is known by its /64. Memory is bounded: the longest known address is forgotten first.
 */
import type { Limits } from '../limits.js'

/** Milliseconds after the last failure. */
const MEMORY = 10 * 60_000
const SOURCES = 4_096

interface Source {
  failures: number
  last: number
}

export class LoginThrottle {
  /** Since the start. */
  failures = 0
  private readonly sources = new Map<string, Source>()

  constructor(
    private readonly limits: Limits,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Counts a failure; milliseconds after which it is to be answered. */
  fail(address: string): number {
    this.failures++
    const name = sourceOf(address)
    const before = this.recent(name)
    this.sources.delete(name)
    if (this.sources.size >= SOURCES) this.sources.delete(this.sources.keys().next().value as string)
    this.sources.set(name, { failures: before + 1, last: this.now() })
    const { loginDelay, loginDelayMax } = this.limits
    return Math.max(loginDelay, Math.min(loginDelayMax, loginDelay * 2 ** Math.min(before, 30)))
  }

  /** Has the address failed so often that it gets one connection at a time? */
  suspects(address: string): boolean {
    return this.recent(sourceOf(address)) >= this.limits.loginAttempts
  }

  private recent(name: string): number {
    const source = this.sources.get(name)
    return source === undefined || this.now() - source.last > MEMORY ? 0 : source.failures
  }
}

/** An IPv4 address, also one mapped into IPv6, or the first half of an IPv6 address. */
export function sourceOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped) return mapped[1] as string
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? []
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  return [...left, ...zeros, ...right].slice(0, 4).join(':')
}
