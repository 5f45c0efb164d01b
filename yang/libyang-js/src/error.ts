import type { YangError } from './types.js'

/** What a call rejects with when data, a message or a schema is wrong: every error that was found. */
export class LibyangError extends Error {
  override readonly name = 'LibyangError'
  readonly errors: readonly YangError[]
  /** Of an `<rpc>` that cannot be served, as far as it could be read: the reply needs them. */
  declare readonly messageId?: string
  declare readonly attributes?: string

  constructor(errors: readonly YangError[], rpc?: { messageId?: string; attributes?: string }) {
    super(errors.map(sentence).join('; ') || 'libyang gave no reason')
    this.errors = errors
    if (rpc?.messageId !== undefined) this.messageId = rpc.messageId
    if (rpc?.attributes !== undefined) this.attributes = rpc.attributes
  }
}

function sentence(error: YangError): string {
  return error.path === undefined ? error.message : `${error.message} (${error.path})`
}
