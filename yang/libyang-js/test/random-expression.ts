/** Random XPath expressions over the nodes of a random model: what its statements look at, and how. */

export type Roll = (sides: number) => number

export interface Node {
  readonly kind: 'container' | 'list' | 'leaf' | 'leaf-list' | 'choice' | 'case'
  readonly name: string
  readonly module: 'a' | 'b'
  readonly parent: Node | undefined
  readonly children: Node[]
  /** Of a leaf or leaf-list, its type as YANG text; what its values are drawn from. */
  type: string
  values: readonly string[]
  readonly lines: string[]
  userOrdered: boolean
  key: boolean
  /** An augment of the second module holds it: it is written there. */
  readonly augmenting: boolean
  /** Of a leafref, or a union with one, the leaf referred to. */
  target: Node | undefined
}

export const numbers = ['1', '2', '3']

export function isData(node: Node): boolean {
  return node.kind !== 'choice' && node.kind !== 'case'
}

export function dataParent(node: Node): Node | undefined {
  let up = node.parent
  while (up && !isData(up)) up = up.parent
  return up
}

function ancestry(node: Node): Node[] {
  const up = dataParent(node)
  return up ? [...ancestry(up), node] : [node]
}

function within(node: Node, around: Node): boolean {
  return node === around || (node.parent !== undefined && within(node.parent, around))
}

/** What a `must` or `when` of a node may say, over all nodes made so far. */
export class Expressions {
  readonly all: Node[] = []
  /** What expressions say nothing about: a `when` cannot look at what it decides on. */
  avoid: Node | undefined

  constructor(readonly roll: Roll) {}

  pick<T>(from: readonly T[]): T {
    const chosen = from[this.roll(from.length)]
    if (chosen === undefined) throw new Error('nothing to pick from')
    return chosen
  }

  /** The steps from a node to another, as YANG paths have them; `more` adds predicates to list steps. */
  path(from: Node, to: Node, more: (list: Node) => string = () => ''): string {
    const down = ancestry(to)
    const up = ancestry(from)
    let common = 0
    while (common < down.length && common < up.length && down[common] === up[common]) common++
    const step = (node: Node): string =>
      `${node.module}:${node.name}${node.kind === 'list' ? more(node) : ''}`
    if (common === 0 || this.roll(3) === 0) return `/${down.map(step).join('/')}`
    const rest = down.slice(common).map(step)
    const climb = up.length - common
    if (climb === 0 && rest.length === 0) return '.'
    return [...Array.from({ length: climb }, () => '..'), ...rest].join('/')
  }

  /** What a statement of a module can name: the first module does not import the second. */
  data(by: Node): Node[] {
    const around = this.avoid
    return this.all.filter(
      (node) =>
        isData(node) && (by.module === 'b' || node.module === 'a') && !(around && within(node, around)),
    )
  }

  terms(by: Node): Node[] {
    return this.data(by).filter((node) => node.kind === 'leaf' || node.kind === 'leaf-list')
  }

  instance(node: Node, key: string): string {
    return `/${ancestry(node)
      .map((step) => {
        const keys = step.children.filter((child) => child.key)
        return `${step.module}:${step.name}${keys.map((leaf) => `[${leaf.module}:${leaf.name}='${key}']`).join('')}`
      })
      .join('/')}`
  }

  /** A path from a context to a node chosen at random, with predicates at random. */
  someNodes(context: Node, among: readonly Node[] = this.data(context)): string {
    const { roll } = this
    if (among.length === 0) return '.'
    const to = this.pick(among)
    if (roll(12) === 0) return `//${to.module}:${to.name}`
    if (roll(10) === 0 && to.children.length > 0) return `${this.path(context, to)}/*`
    return this.path(context, to, (list) => {
      const key = list.children.find((child) => child.key)
      if (!key) return ''
      const name = `${key.module}:${key.name}`
      const own = this.terms(context).filter((node) => dataParent(node) === dataParent(context))
      switch (roll(9)) {
        case 0:
          return `[${name} = '${this.pick(numbers)}']`
        case 1:
        case 5:
        case 6:
          // Below several entries libyang counts through all of them, where XPath counts in each.
          return list.userOrdered && !ancestry(list).some((above) => above !== list && above.kind === 'list')
            ? this.pick(['[1]', '[last()]', '[position() = 2]', '[position() < last()]'])
            : ''
        case 2:
        case 3:
          return own.length > 0
            ? `[${name} = current()/${this.path(context, this.pick(own)).replace(/^\.$/, '.')}]`.replace(
                'current()//',
                '/',
              )
            : ''
        case 4:
          return `[not(${this.pick(list.children.filter((child) => isData(child) && child.module === list.module).map((child) => `${child.module}:${child.name}`))})]`
        default:
          return ''
      }
    })
  }

  atom(context: Node): string {
    const { roll } = this
    const value = this.pick(numbers)
    const nodes = (): string => this.someNodes(context)
    const leaves = (): string => this.someNodes(context, this.terms(context))
    // The first of several nodes is known only where the user orders them.
    const single = this.terms(context).filter((node) => {
      const shared = ancestry(context)
      return ancestry(node).every(
        (step) =>
          shared.includes(step) || step.userOrdered || !step.kind.startsWith('l') || step.kind === 'leaf',
      )
    })
    const firstLeaf = (among: readonly Node[]): string => this.path(context, this.pick(among))
    const siblings = ancestry(context).filter((node) => node.kind === 'list' && node.userOrdered)
    const references = single.filter((node) => node.type.startsWith('leafref'))
    switch (roll(18)) {
      case 0:
        return nodes()
      case 1:
      case 2:
        return `not(${nodes()})`
      case 3:
      case 4:
      case 5:
        return `${leaves()} ${this.pick(['=', '!=', '>', '<='])} ${value}`
      case 6:
        return `${leaves()} = '${value}'`
      case 7:
      case 8:
        return `count(${nodes()}) ${this.pick(['<', '>', '=', '!='])} ${this.pick(numbers)}`
      case 9:
        return `${leaves()} ${this.pick(['=', '<'])} ${leaves()}`
      case 10:
        return single.length > 0 ? `string(${firstLeaf(single)}) != '${value}'` : 'true()'
      case 11:
        return single.length > 0 ? `string-length(${firstLeaf(single)}) < 2` : 'true()'
      case 12:
        return `sum(${leaves()}) < ${this.pick(numbers)}${this.pick(['', '0'])}`
      case 13:
      case 16: {
        if (siblings.length === 0) return 'true()'
        const list = this.pick(siblings)
        const way = this.path(context, list)
        const axis = this.pick(['preceding-sibling', 'following-sibling'])
        const prefix = way === '.' ? '' : `${way}/`
        if (way.startsWith('/')) return 'true()'
        const inner = list.children.filter((child) => child.kind === 'leaf' && child.module === list.module)
        const leaf = this.pick(inner)
        return roll(2) === 0
          ? `count(${prefix}${axis}::${list.module}:${list.name}) < ${value}`
          : `not(${prefix}${axis}::${list.module}:${list.name}[1]/${leaf.module}:${leaf.name} > ${value})`
      }
      case 14:
      case 17: {
        if (references.length === 0) return 'true()'
        const reference = this.pick(references)
        const target = reference.target as Node
        const around = this.terms(context).filter(
          (node) => dataParent(node) === dataParent(target) && dataParent(node),
        )
        if (around.length === 0) return `deref(${this.path(context, reference)}) = ${value}`
        const leaf = this.pick(around)
        return `not(deref(${this.path(context, reference)})/../${leaf.module}:${leaf.name} = ${value})`
      }
      default:
        return `boolean(${nodes()}) = ${this.pick(['true()', 'false()'])}`
    }
  }

  expression(context: Node): string {
    switch (this.roll(6)) {
      case 0:
        return `${this.atom(context)} and ${this.atom(context)}`
      case 1:
      case 2:
        return `${this.atom(context)} or ${this.atom(context)}`
      default:
        return this.atom(context)
    }
  }
}
