/** What is wrong with data or a request, in the words of RFC 6241. */

/** error-tag of RFC 6241, appendix A. */
export type ErrorTag =
  | 'in-use'
  | 'invalid-value'
  | 'too-big'
  | 'missing-attribute'
  | 'bad-attribute'
  | 'unknown-attribute'
  | 'missing-element'
  | 'bad-element'
  | 'unknown-element'
  | 'unknown-namespace'
  | 'access-denied'
  | 'lock-denied'
  | 'resource-denied'
  | 'rollback-failed'
  | 'data-exists'
  | 'data-missing'
  | 'operation-not-supported'
  | 'operation-failed'
  | 'malformed-message'

/** What is wrong, where, and what would be right; enough to print one `rpc-error` (RFC 6241, section 4.3). */
export interface YangError {
  readonly type: 'transport' | 'rpc' | 'protocol' | 'application'
  readonly tag: ErrorTag
  readonly message: string
  /** Instance path of the node in question. */
  readonly path?: string
  /** `error-app-tag`: of the YANG statement that was violated, or of RFC 7950, section 15. */
  readonly appTag?: string
  /** Children of `error-info`, by name: bad-element, bad-attribute, bad-namespace, missing-choice, non-unique (paths). */
  readonly info?: Readonly<Record<string, string | readonly string[]>>
  /** Other nodes that the message speaks of, by their paths, and the message for whom they may not be told. */
  readonly others?: { readonly paths: readonly string[]; readonly without: string }
}
