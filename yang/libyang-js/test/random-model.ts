/**
 * Random YANG models for tests of the validator: two modules of a few nodes each, the second of which augments the first,
 * with statements (`when`, `must`, leafrefs, instance-identifiers, unions, unique, min- and max-elements, mandatory,
 * defaults, choices) that look at each other in all directions. Small domains of values make them meet.
 */

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

export interface Model {
  readonly tops: readonly Node[]
  /** Names of lists and leaf-lists that are ordered by the user. */
  readonly ordered: ReadonlySet<string>
  readonly modules: Readonly<Record<string, string>>
}

const numbers = ['1', '2', '3', '4']

function isData(node: Node): boolean {
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

class Maker {
  readonly tops: Node[] = []
  readonly all: Node[] = []
  #names = 0
  /** What expressions say nothing about: a `when` cannot look at what it decides on. */
  #avoid: Node | undefined

  constructor(private readonly roll: Roll) {}

  pick<T>(from: readonly T[]): T {
    const chosen = from[this.roll(from.length)]
    if (chosen === undefined) throw new Error('nothing to pick from')
    return chosen
  }

  make(kind: Node['kind'], module: 'a' | 'b', parent: Node | undefined, augmenting = false): Node {
    const name = `${{ container: 'c', list: 'l', leaf: 'f', 'leaf-list': 'v', choice: 'o', case: 's' }[kind]}${++this.#names}`
    const node: Node = {
      kind,
      name,
      module,
      parent,
      children: [],
      type: 'uint8',
      values: numbers,
      lines: [],
      userOrdered: false,
      key: false,
      augmenting,
      target: undefined,
    }
    if (parent) parent.children.push(node)
    else this.tops.push(node)
    this.all.push(node)
    return node
  }

  key(list: Node): void {
    const key = this.make('leaf', list.module, list)
    key.key = true
    list.lines.push(`key ${key.name};`)
    if (this.roll(6) === 0) {
      const second = this.make('leaf', list.module, list)
      second.key = true
      list.lines[list.lines.length - 1] = `key "${key.name} ${second.name}";`
    }
  }

  /** Children for a container, list or case. */
  fill(
    parent: Node,
    depth: number,
    count: number,
    augmenting = false,
    module: 'a' | 'b' = parent.module,
  ): void {
    for (let i = 0; i < count; i++) {
      const dice = this.roll(depth > 0 ? 12 : 7)
      if (dice < 6) {
        const leaf = this.make('leaf', module, parent, augmenting)
        if (this.roll(3) === 0) leaf.lines.push(`default ${this.pick(numbers)};`)
      } else if (dice === 6) {
        const list = this.make('leaf-list', module, parent, augmenting)
        list.userOrdered = this.roll(2) === 0
        if (this.roll(5) === 0) list.lines.push(`default ${this.pick(numbers)};`)
      } else if (dice < 9) {
        const list = this.make('list', module, parent, augmenting)
        list.userOrdered = this.roll(2) === 0
        this.key(list)
        this.fill(list, depth - 1, 1 + this.roll(3))
      } else if (dice === 9) {
        const choice = this.make('choice', module, parent, augmenting)
        const cases = 2 + this.roll(2)
        for (let at = 0; at < cases; at++)
          this.fill(this.make('case', module, choice), depth - 1, 1 + this.roll(2))
        const [first] = choice.children
        if (this.roll(3) === 0 && first) choice.lines.push(`default ${first.name};`)
      } else {
        const container = this.make('container', module, parent, augmenting)
        if (this.roll(3) === 0) container.lines.push('presence "it is there";')
        this.fill(container, depth - 1, 1 + this.roll(3))
      }
    }
  }

  structure(): void {
    const top = this.make('container', 'a', undefined)
    this.fill(top, 2, 3 + this.roll(3))
    if (this.roll(2) === 0) {
      const list = this.make('list', 'a', undefined)
      this.key(list)
      this.fill(list, 1, 1 + this.roll(3))
    }
    if (this.roll(4) === 0) this.make('leaf', 'a', undefined)
    const other = this.make('container', 'b', undefined)
    this.fill(other, 1, 1 + this.roll(3))
    const holders = this.all.filter(
      (node) => node.module === 'a' && ['container', 'list', 'case'].includes(node.kind),
    )
    this.fill(this.pick(holders), 1, 1 + this.roll(2), true, 'b')
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
    const around = this.#avoid
    return this.all.filter(
      (node) =>
        isData(node) && (by.module === 'b' || node.module === 'a') && !(around && within(node, around)),
    )
  }

  terms(by: Node): Node[] {
    return this.data(by).filter((node) => node.kind === 'leaf' || node.kind === 'leaf-list')
  }

  references(): void {
    for (const leaf of this.all) {
      if (leaf.kind !== 'leaf' && leaf.kind !== 'leaf-list') continue
      if (leaf.key || leaf.lines.some((line) => line.startsWith('default'))) continue
      const dice = this.roll(10)
      if (dice > 3) continue
      const keys = this.terms(leaf).filter((node) => node.key && node !== leaf)
      const target = this.roll(4) > 0 && keys.length > 0 ? this.pick(keys) : this.pick(this.terms(leaf))
      // A chain of leafrefs must end.
      const seen = new Set([leaf])
      let end: Node | undefined = target
      while (end && !seen.has(end)) {
        seen.add(end)
        end = end.target
      }
      if (end) continue
      if (dice === 3) {
        const lists = this.data(leaf).filter((node) => node.kind === 'list' || node.kind === 'container')
        const places = [this.pick(lists), this.pick(this.terms(leaf).filter((node) => node.kind === 'leaf'))]
        leaf.type = `instance-identifier`
        leaf.values = places.flatMap((place) =>
          numbers.slice(0, 2).map((value) => this.instance(place, value)),
        )
        continue
      }
      const reference = `leafref { path "${this.path(leaf, target)}"; }`
      leaf.target = target
      if (dice === 2) {
        leaf.type = `union { type ${reference} type enumeration { enum 1; enum five; } }`
        leaf.values = [...numbers, 'five']
      } else {
        leaf.type = reference
      }
    }
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
    const to = this.pick(among)
    if (roll(12) === 0) return `//${to.module}:${to.name}`
    if (roll(10) === 0 && to.children.length > 0) return `${this.path(context, to)}/*`
    return this.path(context, to, (list) => {
      const key = list.children.find((child) => child.key)
      if (!key) return ''
      const name = `${key.module}:${key.name}`
      const own = this.terms(context).filter((node) => dataParent(node) === dataParent(context))
      switch (roll(8)) {
        case 0:
          return `[${name} = '${this.pick(numbers)}']`
        case 1:
          return list.userOrdered
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
    switch (roll(16)) {
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
      case 13: {
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
      case 14: {
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

  statements(): void {
    const { roll } = this
    const candidates = this.all.filter((node) => !node.key && node.parent)
    const count = 1 + roll(4)
    for (let i = 0; i < count; i++) {
      const node = this.pick(this.all.filter(isData))
      node.lines.push(`must "${this.expression(node)}";`)
    }
    for (let i = roll(4); i > 0; i--) {
      const node = this.pick(candidates)
      if (node.lines.some((line) => line.startsWith('when'))) continue
      const context = isData(node) ? node : dataParent(node)
      this.#avoid = node
      if (context) node.lines.unshift(`when "${this.expression(context)}";`)
      this.#avoid = undefined
    }
    for (const node of candidates) {
      const whole = node.lines.join(' ')
      const parentDefault = node.parent?.kind === 'case'
      if (node.kind === 'leaf' && !whole.includes('default') && !parentDefault && roll(8) === 0) {
        if (!node.augmenting) node.lines.push('mandatory true;')
      } else if (node.kind === 'choice' && !whole.includes('default') && !node.augmenting && roll(3) === 0) {
        node.lines.push('mandatory true;')
      } else if (
        node.kind === 'leaf' &&
        node.parent?.kind === 'case' &&
        node.parent.children.length > 1 &&
        roll(2) === 0
      ) {
        if (
          !whole.includes('default') &&
          !node.parent.parent?.lines.some((line) => line.startsWith('default'))
        ) {
          node.lines.push('mandatory true;')
        }
      } else if (node.kind === 'list' || node.kind === 'leaf-list') {
        if (roll(4) === 0) node.lines.push(`max-elements ${1 + roll(3)};`)
        if (roll(6) === 0 && !whole.includes('default') && !node.augmenting)
          node.lines.push('min-elements 1;')
        const leaves = node.children.filter((child) => child.kind === 'leaf' && !child.key)
        if (leaves.length > 0 && roll(3) === 0) {
          const tuple = leaves.slice(0, 1 + roll(2)).map((leaf) => `${leaf.module}:${leaf.name}`)
          if (leaves.every((leaf) => leaf.module === node.module))
            node.lines.push(`unique "${tuple.join(' ')}";`)
        }
      }
    }
  }

  write(node: Node, indent: string): string {
    if (node.kind === 'choice' && node.children.length === 0) return ''
    const term = node.kind === 'leaf' || node.kind === 'leaf-list'
    const body = [
      ...(term ? [`type ${node.type}${node.type.endsWith('}') ? '' : ';'}`] : []),
      ...(node.userOrdered ? ['ordered-by user;'] : []),
      ...node.lines,
    ].map((line) => `${indent}  ${line}\n`)
    const inner = node.children
      .filter((child) => !child.augmenting)
      .map((child) => this.write(child, `${indent}  `))
    return `${indent}${node.kind} ${node.name} {\n${body.join('')}${inner.join('')}${indent}}\n`
  }

  schemaPath(node: Node): string {
    return `${node.parent ? this.schemaPath(node.parent) : ''}/${node.module}:${node.name}`
  }

  text(module: 'a' | 'b'): string {
    const other = module === 'a' ? 'b' : 'a'
    const tops = this.tops.filter((node) => node.module === module).map((node) => this.write(node, '  '))
    const augments = this.all
      .filter((node) => node.augmenting && module === 'b')
      .map(
        (node) =>
          `  augment "${node.parent ? this.schemaPath(node.parent) : ''}" {\n${this.write(node, '    ')}  }\n`,
      )
    const imports = module === 'b' ? `  import random-${other} { prefix ${other}; }\n` : ''
    return (
      `module random-${module} {\n  yang-version 1.1;\n  namespace "urn:random:${module}";\n  prefix ${module};\n${imports}` +
      `${tops.join('')}${augments.join('')}}\n`
    )
  }
}

/** A model that libyang may still refuse (a `when` that depends on itself, for instance). */
export function makeModel(roll: Roll): Model {
  const maker = new Maker(roll)
  maker.structure()
  maker.references()
  maker.statements()
  return {
    tops: maker.tops,
    ordered: new Set(maker.all.filter((node) => node.userOrdered).map((node) => node.name)),
    modules: { 'random-a': maker.text('a'), 'random-b': maker.text('b') },
  }
}
