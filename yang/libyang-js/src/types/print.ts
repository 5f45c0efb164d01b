/** What is printed of a tree, and how. */
import type { Access } from './access.js'
import type { DataFormat } from './context.js'
import type { Budget, Filter } from './filter.js'
import type { Tree } from './tree.js'

/**
 * RFC 6243, section 3. `explicit`: what a client set, even to the default value; `trim`: what differs from the default;
 * `report-all`: all; `report-all-tagged`: all, and what nobody set bears the attribute `default`. A leaf-list differs from
 * its default as a whole.
 */
export type DefaultsMode = 'explicit' | 'trim' | 'report-all' | 'report-all-tagged'

/** An identity of ietf-origin (RFC 8342, section 5.3.4). */
export type Origin = 'intended' | 'dynamic' | 'system' | 'learned' | 'default' | 'unknown'

/**
 * Where configuration in use comes from: the tree itself is what was intended, `PrintOptions.beside` what the system did; or
 * the tree is both, and `PrintOptions.intended` says what was intended.
 */
export interface Origins {
  /** Annotates nodes whose origin is not that of their parent. */
  readonly shown: boolean
  /** Selects configuration of these origins alone, with the nodes above it; state always. */
  readonly only?: readonly Origin[]
  /** Schema paths of what is not of origin `system` where it was not intended. */
  readonly provided?: Readonly<Record<string, Origin>>
}

export interface PrintOptions {
  readonly format: DataFormat
  readonly filter?: Filter | undefined
  /** Of the filter, until the first slice is there. */
  readonly budget?: Budget | undefined
  /**
   * A second tree, such as state beside configuration, printed as if it were merged into this one: what it says of a leaf
   * counts more. The filter, if any, must be one that is evaluated on the way.
   */
  readonly beside?: Tree
  /** What may not be read is left out, and for the filter it does not exist. A filter that is not `onTheWay` must be cleared by it. */
  readonly access?: Access | undefined
  /** In place of `beside`, with `origins`: a tree of which all that is printed here is in this one. */
  readonly intended?: Tree
  /** Only configuration (`config true`) nodes. */
  readonly configOnly?: boolean
  /** Only nodes that are not configuration, with those above them and the keys of entries. */
  readonly stateOnly?: boolean | undefined
  /** What is printed of leaves that have a default; `explicit` when absent. */
  readonly defaults?: DefaultsMode | undefined
  /**
   * Levels of what a filter selects, its own among them; without a filter of each top-level node. Keys come with their
   * entry. All when absent.
   */
  readonly maxDepth?: number | undefined
  readonly origins?: Origins
  /**
   * Schema paths of containers whose content comes from elsewhere. Where one is selected whole, the slice ends behind its
   * start tag, and `Slice.hole` tells which it is. What the caller puts there must fit the format; the containers must be
   * empty in both trees.
   */
  readonly holes?: readonly string[]
  /** Size aimed at for one slice, in bytes; 256 KiB when absent. */
  readonly sliceBytes?: number
}

/** A piece of what is printed. */
export interface Slice extends Buffer {
  /** Instance path of the container whose content belongs behind this slice. */
  readonly hole?: string
}

/** The slices of a print. */
export interface Print extends AsyncIterableIterator<Slice> {
  /**
   * Settles when the print has begun: it prints the tree as it is then, whatever is done to the tree later. Called by the
   * first `next`. Rejects when the filter cannot be evaluated.
   */
  begin(): Promise<void>
}
