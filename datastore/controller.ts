/**
 * The contract between the datastore and the controllers that turn configuration into deeds. The datastore knows this
 * contract and no controller; `Context` is what the appliance lends to all plans of one transaction (the RIB's
 * transaction, the members), `Operation` what its members carry out. Neither is looked into here.
 */
import type { Journal, Origin, Tree } from 'libyang-js'

/** A kind of thing that steps provide and need: 'interface', 'object', 'route'. */
export type Resource = string

/** What a commit changes: the net journal, and intended before and after it. Both trees are only to be read. */
export interface Change {
  readonly journal: Journal
  readonly before: Tree
  readonly after: Tree
  /** Everything is new: first start, or a member that must be programmed from nothing. */
  readonly full: boolean
}

/** One deed on one member. Values only: a plan can be printed without being carried out. */
export interface Step<Operation = unknown> {
  readonly kind: 'create' | 'delete'
  readonly provides: Resource
  readonly member: string
  readonly operations: readonly Operation[]
  /** For people: `route 10.0.0.0/8 via p1`. */
  readonly summary: string
  /** Instance path of what asks a member for this thing, so that its refusal can be told there. */
  readonly locate?: (thing: Thing) => string | undefined
}

/** Something of a member that operations name: a port, an interface. */
export interface Thing {
  readonly kind: string
  readonly name: string
}

export interface Plan<Operation = unknown> {
  readonly steps: readonly Step<Operation>[]
  /** The controller takes the plan as its own state: called after the journal is durable. Cannot fail. */
  adopt?(): void
  /** Called instead of `adopt` when the plan will not be carried out: refused, failed in prepare, or only validated. Cannot fail. */
  abandon?(): void
}

/** What a read can select, so that a provider of state makes no more than that. A `Filter` is one. */
export interface Wanted {
  /** Can anything at or under this schema path matter? True when unsure. */
  mayMatch(schemaPath: string): boolean
  /**
   * Canonical values of a leaf of list entries (its schema path): entries in which it has none of these do not matter.
   * Undefined when all may. Of a list with several keys each key may be asked for.
   */
  values(leafPath: string): readonly string[] | undefined
}

/** A read without a filter. */
export const everything: Wanted = { mayMatch: () => true, values: () => undefined }

/** The content of containers of state alone that may be too large for a tree. */
export interface StateStream {
  /** Schema path of the container. */
  readonly path: string
  /**
   * The content of one instance, by its path, as XML elements in as many pieces as it likes. Nothing of it is parsed: it
   * must fit the schema, in the default namespace of the container.
   */
  read(instance: string): AsyncIterable<string>
}

/** A subtree of `<operational>`, filled in on demand (RFC 8342, section 5.3). */
export interface StateProvider {
  /** Schema path of what it fills; asked only when a read's filter may match it. */
  readonly path: string
  /**
   * XML elements (the content of a `<config>`, state nodes allowed) to merge into what is read, in as many
   * pieces as it likes. Must only name list entries with their keys. What is not `wanted` may be left out.
   */
  read(wanted: Wanted): AsyncIterable<string>
  /**
   * Read in place of what `read` says when a filter takes these containers whole: then nothing inside them is `wanted`,
   * and `read` gives the containers empty.
   */
  readonly streams?: readonly StateStream[]
  /** Schema paths of configuration that it provides of its own accord and that is not of origin `system` (RFC 8342). */
  readonly origins?: Readonly<Record<string, Origin>>
}

/**
 * Turns a part of the configuration into steps. Controllers are planned one after the other, those that provide what
 * another needs first; one without claims is planned whenever any other is. Creates run in this order, deletes after all
 * creates and in the reverse order of controllers; the steps of one plan keep their order among themselves.
 */
export interface Controller<Context = unknown, Operation = unknown> {
  readonly name: string
  /** Schema paths of the configuration that it turns into deeds. */
  readonly claims: readonly string[]
  /** Its creates come after those that provide these. */
  readonly needs: readonly Resource[]
  readonly provides: readonly Resource[]
  /** Called for each commit that touches a claim, and when `change.full`. No side effects; throws ConfigError. */
  plan(change: Change, context: Context): Promise<Plan<Operation>>
  /** What the edit layer must do before anything is journaled, such as hashing a secret. */
  normalize?(tree: Tree, journal: Journal): Promise<void>
  readonly state?: readonly StateProvider[]
}

/** A prepared stage: all that can fail has been done. */
export interface PreparedStage {
  /** `commit`: its number. Problems past this point are alarms and the reconciler's work. */
  apply(commit: number): Promise<void>
  abort(): Promise<void>
}

/** Carries steps out on the members: made by the appliance over the data-plane client. */
export interface Stage<Operation = unknown> {
  /** `steps` in order. Rejects with what a member said, or with which member missed the deadline. */
  prepare(steps: readonly Step<Operation>[]): Promise<PreparedStage>
}
