/** Which nodes a read returns, and what finding them may cost. */

/** Which nodes a read returns. */
export interface Filter extends Disposable {
  readonly kind: 'subtree' | 'xpath'
  /**
   * It is evaluated while the data are printed: of two trees as of one, and without memory for what it picks. Subtree
   * filters are, and XPath filters that name nodes from the top down and entries by `leaf = 'value'`. Others have to be
   * evaluated over the whole of one tree beforehand.
   */
  readonly onTheWay: boolean
  /**
   * Can this filter select anything under this top-level or deeper schema path? Conservative (true when unsure),
   * so that state providers that are not asked for need not run.
   */
  mayMatch(schemaPath: string): boolean
  /**
   * Canonical values of a leaf of list entries (its schema path) that the filter asks for: an entry in which the leaf has
   * none of these neither is selected nor decides on what is. Undefined when every entry may matter. A state provider
   * that is asked for one entry of many makes one.
   */
  values(leafPath: string): readonly string[] | undefined
  /** May it select, or look at, only a part of what is under an instance of this schema node? Else all or nothing of it. */
  divides(schemaPath: string): boolean
}

/** Bounds of one filter evaluation; past either, the read rejects with tag `resource-denied`. */
export interface Budget {
  /** Milliseconds. */
  readonly deadline: number
  /** Nodes visited. */
  readonly nodes: number
}
