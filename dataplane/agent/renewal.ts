/**
 * Replaces the member's certificate over the attached stream before it expires: asks after two thirds of its life, and again now and
 * then until it is answered. The stream goes on under the old one; the next attachment shows the new one.
 */
import type { MemberMessage } from '../proto/contract.js'
import { certificateRequest, keepCertificate, ownKey, readCredentials, renewalTime } from './credentials.js'

const askAgain = 60_000
/** The longest that a timer of Node takes is some weeks. */
const longestSleep = 24 * 3_600_000

export class Renewal {
  readonly #folder: string
  readonly #member: string
  readonly #answer: (message: MemberMessage) => void
  readonly #say: (text: string) => void
  #timer: NodeJS.Timeout | undefined

  constructor(
    folder: string,
    member: string,
    answer: (message: MemberMessage) => void,
    say: (text: string) => void,
  ) {
    this.#folder = folder
    this.#member = member
    this.#answer = answer
    this.#say = say
    this.#sleep()
  }

  /** What the chassis answered. */
  receive({ certificate, error }: { readonly certificate: string; readonly error: string }): void {
    if (error === '') {
      keepCertificate(this.#folder, certificate)
      this.#say('the certificate was renewed')
    } else this.#say(`the certificate was not renewed: ${error}`)
    this.#sleep()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }

  #sleep(least = 0): void {
    const held = readCredentials(this.#folder)
    if (!held) return
    const left = Math.max(least, renewalTime(held.certificate) - Date.now())
    clearTimeout(this.#timer)
    this.#timer = setTimeout(
      () => {
        if (left > longestSleep) return this.#sleep()
        this.#sleep(askAgain)
        void certificateRequest(ownKey(this.#folder), this.#member).then(
          (request) => this.#answer({ renew: { request } }),
          (error: Error) => this.#say(`a new certificate can't be asked for: ${error.message}`),
        )
      },
      Math.min(left, longestSleep),
    )
  }
}
