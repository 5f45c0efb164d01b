/** Received messages: one NETCONF `<rpc>`, and pieces of XML with the namespaces in scope. */
import type { Filter } from './filter.js'

/** A piece of a received message: bytes with the namespaces in scope. Holds its bytes until disposed. */
export interface Fragment extends Disposable {
  readonly byteLength: number
}

export interface Rpc extends Disposable {
  readonly messageId: string | undefined
  /** All attributes of `<rpc>`, as text to be put on `<rpc-reply>` again (namespace declarations included). */
  readonly attributes: string
  readonly operation: { readonly name: string; readonly namespace: string; readonly module: string }
  /** Of an action (RFC 7950, section 7.15): instance path of the node that it is called on. */
  readonly path: string | undefined
  /** Canonical value of a leaf of the input, `''` for a present container or empty leaf, else undefined. `target/candidate`. */
  value(path: string): string | undefined
  /** Is a node in the message itself, and not just the default of a leaf? */
  given(path: string): boolean
  /** Canonical values of a leaf-list of the input. */
  values(path: string): readonly string[]
  /** The content of an anydata/anyxml parameter, such as `config`, wherever it stands in the input. */
  fragment(path: string): Fragment | undefined
  /**
   * The NETCONF `<filter>` parameter, of either type; always the same one, which ends with the rpc. Throws `LibyangError`
   * when it is malformed.
   */
  filter(): Filter | undefined
  /** The entries of a leaf-list of strings right below the operation, such as XPath expressions, in order. */
  texts(name: string): readonly ScopedText[]
}

/** A text whose names have prefixes. */
export interface ScopedText {
  readonly text: string
  /** Namespace URIs of the prefixes in scope; that of `''` is the default namespace. */
  readonly namespaces: Readonly<Record<string, string>>
}
