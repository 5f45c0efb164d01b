/** Random edits of data of a random model (random-model.ts), small ones for the most part. */
import { agreeing } from './random-edits.js'
import { dataParent } from './random-expression.js'
import type { Node, Roll } from './random-expression.js'
import type { Model } from './random-model.js'

const namespaces =
  'xmlns:a="urn:random:a" xmlns:b="urn:random:b" ' +
  'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" xmlns:yang="urn:ietf:params:xml:ns:yang:1"'

function pick(roll: Roll, from: readonly string[]): string {
  return from[roll(from.length)] ?? ''
}

function operation(roll: Roll): string {
  return pick(roll, [
    ...Array<string>(7).fill(''),
    ' nc:operation="replace"',
    ' nc:operation="remove"',
    ' nc:operation="remove"',
  ])
}

function insertion(roll: Roll, other: string): string {
  return pick(roll, [
    '',
    '',
    ' yang:insert="first"',
    ' yang:insert="last"',
    ` yang:insert="after" ${other}`,
    ` yang:insert="before" ${other}`,
  ])
}

/** `busy`: how many of the children take part, of eight. */
function element(node: Node, roll: Roll, busy: number): string {
  const name = `${node.module}:${node.name}`
  const inner = (): string => node.children.map((child) => some(child, roll, busy)).join('')
  switch (node.kind) {
    case 'choice': {
      const chosen = node.children[roll(node.children.length)]
      return chosen ? chosen.children.map((child) => some(child, roll, 4)).join('') : ''
    }
    case 'leaf': {
      return `<${name}${operation(roll)}>${pick(roll, node.values)}</${name}>`
    }
    case 'leaf-list': {
      const at =
        node.userOrdered && node.values.length === 3
          ? insertion(roll, `yang:value="${pick(roll, node.values)}"`)
          : ''
      return `<${name}${at || operation(roll).replace('replace', 'merge')}>${pick(roll, node.values)}</${name}>`
    }
    case 'list': {
      const keys = node.children.filter((child) => child.key)
      const key = (): string[] => keys.map((leaf) => pick(roll, leaf.values))
      const own = key()
      const other = key()
      const place = keys.map((leaf, i) => `[${leaf.module}:${leaf.name}='${other[i] ?? ''}']`).join('')
      const at = node.userOrdered ? insertion(roll, `yang:key="${place}"`) : ''
      const text = keys
        .map((leaf, i) => `<${leaf.module}:${leaf.name}>${own[i] ?? ''}</${leaf.module}:${leaf.name}>`)
        .join('')
      const rest = node.children.filter((child) => !child.key).map((child) => some(child, roll, busy))
      return `<${name}${at || operation(roll)}>${text}${rest.join('')}</${name}>`
    }
    default:
      return `<${name}${roll(10) === 0 ? operation(roll) : ''}>${inner()}</${name}>`
  }
}

function some(node: Node, roll: Roll, busy: number): string {
  if (roll(8) >= busy) return ''
  const list = node.kind === 'list' || node.kind === 'leaf-list'
  return element(node, roll, busy) + (list && roll(8) < busy ? element(node, roll, busy) : '')
}

/** One node, with what is around it and, of an inner one, a little of what is in it. */
function focused(node: Node, roll: Roll): string {
  let xml = element(node, roll, 2)
  for (let up = dataParent(node); up; up = dataParent(up)) {
    const name = `${up.module}:${up.name}`
    const keys = up.children
      .filter((child) => child.key)
      .map((leaf) => `${leaf.module}:${leaf.name}`)
      .map((leaf) => `<${leaf}>${pick(roll, ['1', '1', '2', '3'])}</${leaf}>`)
    xml = `<${name}>${keys.join('')}${xml}</${name}>`
  }
  return xml
}

/** The content of a `<config>`. `small`: one node. */
export function randomEdit(model: Model, roll: Roll, small: boolean): string {
  const busy = Math.max(4, Number(pick(roll, ['2', '3', '4', '6'])))
  const chosen = model.nodes[roll(model.nodes.length)]
  const text =
    small && chosen ? focused(chosen, roll) : model.tops.map((top) => some(top, roll, busy)).join('')
  return model.tops.reduce((xml, top) => {
    const name = `<${top.module}:${top.name}`
    return xml.replaceAll(new RegExp(`${name}(?=[ >])`, 'g'), `${name} ${namespaces}`)
  }, agreeing(text))
}
