/**
 * Random YANG models for tests of the validator: two modules of a few nodes each, the second of which augments the first,
 * with statements (`when`, `must`, leafrefs, instance-identifiers, unions, unique, min- and max-elements, mandatory,
 * defaults, choices) that look at each other in all directions. Small domains of values make them meet.
 */

import { Expressions, dataParent, isData, numbers } from './random-expression.js'
import type { Node, Roll } from './random-expression.js'

export interface Model {
  readonly tops: readonly Node[]
  /** Data nodes that an edit can be about by themselves. */
  readonly nodes: readonly Node[]
  /** Names of lists and leaf-lists that are ordered by the user. */
  readonly ordered: ReadonlySet<string>
  readonly modules: Readonly<Record<string, string>>
  /** A condition looks at a node with a default and a condition: libyang may judge by the default before it goes. */
  readonly chained: boolean
  /** Some expression looks at preceding siblings: with two of them libyang ends the process. */
  readonly preceding: boolean
  /** A leaf of a unique statement has a default, and can be absent all the same. */
  readonly absentDefault: boolean
}

/** Can the node be absent although its entry is there and it has a default? */
function conditional(node: Node): boolean {
  const own = node.lines.some((line) => line.startsWith('when') || line.startsWith('presence'))
  return own || (node.parent !== undefined && node.parent.kind !== 'list' && conditional(node.parent))
}

class Maker extends Expressions {
  readonly tops: Node[] = []
  readonly uniques = new Set<Node>()
  #names = 0

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
        const leaves = this.terms(leaf).filter((node) => node.kind === 'leaf')
        if (leaves.length === 0) continue
        const places = [this.pick(lists), this.pick(leaves)]
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

  statements(): void {
    const { roll } = this
    const candidates = this.all.filter((node) => !node.key && node.parent)
    const count = 2 + roll(5)
    for (let i = 0; i < count; i++) {
      const node = this.pick(this.all.filter(isData))
      // What is always there leaves few valid states.
      if (node.kind === 'container' && !node.lines.some((line) => line.startsWith('presence')) && roll(4) > 0)
        continue
      node.lines.push(`must "${this.expression(node)}";`)
    }
    for (let i = roll(4); i > 0; i--) {
      const node = this.pick(candidates)
      if (node.lines.some((line) => line.startsWith('when'))) continue
      const context = isData(node) ? node : dataParent(node)
      this.avoid = node
      if (context) node.lines.unshift(`when "${this.expression(context)}";`)
      this.avoid = undefined
    }
    for (const node of candidates) {
      const whole = node.lines.join(' ')
      const parentDefault = node.parent?.kind === 'case'
      if (node.kind === 'leaf' && !whole.includes('default') && !parentDefault && roll(12) === 0) {
        if (!node.augmenting) node.lines.push('mandatory true;')
      } else if (node.kind === 'choice' && !whole.includes('default') && !node.augmenting && roll(5) === 0) {
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
        if (roll(12) === 0 && !whole.includes('default') && !node.augmenting)
          node.lines.push('min-elements 1;')
        this.unique(node)
      }
    }
  }

  /** Over leaves of the entry and of containers in it. */
  unique(list: Node): void {
    const below = (node: Node, way: string): [Node, string][] =>
      node.children
        .filter((child) => child.module === list.module && !child.key)
        .flatMap((child): [Node, string][] => {
          const path = `${way}${child.module}:${child.name}`
          if (child.kind === 'leaf') return [[child, path]]
          return child.kind === 'container' ? below(child, `${path}/`) : []
        })
    const leaves = below(list, '')
    if (leaves.length === 0 || this.roll(3) > 0) return
    const tuple = leaves.slice(0, 1 + this.roll(2))
    list.lines.push(`unique "${tuple.map(([, path]) => path).join(' ')}";`)
    for (const [leaf] of tuple) this.uniques.add(leaf)
  }

  chained(): boolean {
    const conditions = this.all.flatMap((node) => node.lines.filter((line) => line.startsWith('when')))
    return this.all.some(
      (node) =>
        node.lines.some((line) => line.startsWith('default')) &&
        conditional(node) &&
        conditions.some((line) => line.includes(`:${node.name}`) || line.includes('*')),
    )
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
    nodes: maker.all.filter((node) => isData(node) && !node.key),
    ordered: new Set(maker.all.filter((node) => node.userOrdered).map((node) => node.name)),
    absentDefault: [...maker.uniques].some(
      (leaf) => leaf.lines.some((line) => line.startsWith('default')) && conditional(leaf),
    ),
    chained: maker.chained(),
    preceding: maker.all.some((node) => node.lines.some((line) => line.includes('preceding-sibling'))),
    modules: { 'random-a': maker.text('a'), 'random-b': maker.text('b') },
  }
}
