/**
 * Errors of the management protocol, born complete: what is wrong, where, and what would be right (RFC 6241, section 4.3
 * and appendix A). The layers above print them and add nothing.
 */
import { LibyangError, type YangError } from 'libyang-js'

/** One or more errors that refuse a request; each becomes one `rpc-error`. */
export class RequestError extends Error {
  readonly errors: readonly YangError[]

  constructor(errors: readonly YangError[] | YangError) {
    const list = Array.isArray(errors) ? (errors as readonly YangError[]) : [errors as YangError]
    super(list.map((error) => (error.path ? `${error.path}: ${error.message}` : error.message)).join('; '))
    this.name = 'RequestError'
    this.errors = list
  }

  /** Any thrown value as a RequestError; what is not one of ours becomes `operation-failed` with its message. */
  static from(thrown: unknown): RequestError {
    if (thrown instanceof RequestError) return thrown
    if (thrown instanceof LibyangError) return new RequestError(thrown.errors)
    return new RequestError({ type: 'application', tag: 'operation-failed', message: why(thrown) })
  }
}

/** What was asked for is not there to be had. Whoever knows the parameter that asked gives the error its path. */
export class UnavailableError extends RequestError {
  /** `wanted`: the state after this commit, so many commits back, or a datastore. */
  constructor(
    error: YangError,
    readonly wanted: number | 'startup',
  ) {
    super(error)
    this.name = 'UnavailableError'
  }
}

/** A controller's refusal of a configuration: at which instance path, and why. */
export class ConfigError extends RequestError {
  constructor(
    path: string,
    message: string,
    options: { tag?: YangError['tag']; appTag?: string; others?: YangError['others'] } = {},
  ) {
    super({
      type: 'application',
      tag: options.tag ?? 'invalid-value',
      message,
      path,
      ...(options.appTag === undefined ? {} : { appTag: options.appTag }),
      ...(options.others && { others: options.others }),
    })
    this.name = 'ConfigError'
  }
}

/** What a thrown value says. */
export function why(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
