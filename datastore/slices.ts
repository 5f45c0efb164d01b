/**
 * The slices of a print that is opened by the first `next`, with every failure as a RequestError. Not a generator: each one that
 * passes slices on costs a small read more turns than its data do.
 */
import type { Print, Slice } from 'libyang-js'
import { RequestError } from './errors.js'

export class Slices implements AsyncIterableIterator<Slice> {
  #print: Print | undefined
  #ended = false

  constructor(private readonly open: () => Promise<Print>) {}

  async next(): Promise<IteratorResult<Slice, undefined>> {
    if (this.#ended) return done
    try {
      const result = await (this.#print ??= await this.open()).next()
      if (result.done === true) this.#ended = true
      return result
    } catch (error) {
      this.#ended = true
      throw RequestError.from(error)
    }
  }

  async return(): Promise<IteratorResult<Slice, undefined>> {
    this.#ended = true
    await this.#print?.return?.()
    return done
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

const done: IteratorReturnResult<undefined> = { value: undefined, done: true }
