/**
 * Refusals of who wants to be a member, as far as they are worth a record each: of one address so many in a while, and of the rest
 * how many there were.
 */
const most = 10
/** Milliseconds. */
const span = 60_000
const mostAddresses = 1024

interface Count {
  readonly since: number
  told: number
  left: number
}

export class Refusals {
  readonly #tell: (text: string, address: string | undefined, member: string) => void
  readonly #now: () => number
  readonly #counts = new Map<string, Count>()

  constructor(
    tell: (text: string, address: string | undefined, member: string) => void,
    now: () => number = Date.now,
  ) {
    this.#tell = tell
    this.#now = now
  }

  /** `host`: the address without the port. */
  add(text: string, { host = '', address }: { host?: string; address?: string }, member: string): void {
    const count = this.#count(host)
    if (count.told >= most) {
      count.left++
      return
    }
    count.told++
    this.#tell(text, address, member)
  }

  #count(host: string): Count {
    const now = this.#now()
    const known = this.#counts.get(host)
    if (known && now - known.since < span) return known
    if (known) this.#forget(host, known)
    if (this.#counts.size >= mostAddresses)
      for (const [other, count] of this.#counts)
        if (now - count.since >= span || this.#counts.size >= mostAddresses) this.#forget(other, count)
    const count = { since: now, told: 0, left: 0 }
    this.#counts.set(host, count)
    return count
  }

  #forget(host: string, { left }: Count): void {
    this.#counts.delete(host)
    if (left > 0) this.#tell(`${left} more refusals of this address were not recorded`, host, '')
  }
}
