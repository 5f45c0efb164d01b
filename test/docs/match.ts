/**
 * Whether a reply says what a page shows. An element of the page is found in the reply when name, namespace and the attributes
 * that the page shows are the same, and
 * - without content on the page, it has none in the reply;
 * - with text, the reply has the same text, but for white space around it; `…` stands for anything;
 * - with elements, they are found in the reply in the same order; the reply may hold others before, between and after them.
 */
import { XMLParser } from 'fast-xml-parser'

interface Element {
  /** `{namespace}name`. */
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly text: string
  readonly children: readonly Element[]
}

type Parsed = Readonly<Record<string, unknown>>

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: true,
})

export function parseXml(xml: string): Element {
  const [root] = (parser.parse(xml) as Parsed[]).flatMap((node) => toElement(node, new Map()))
  if (!root) throw new Error(`not an XML element: ${xml.slice(0, 80)}`)
  return root
}

/** Undefined when the reply says what is expected, else the first thing on the page that it does not say. */
export function missing(expected: Element, reply: Element): string | undefined {
  if (expected.name !== reply.name) return expected.name
  for (const [name, value] of expected.attributes)
    if (!alike(value, reply.attributes.get(name) ?? '')) return `${expected.name} ${name}="${value}"`
  if (expected.children.length === 0) {
    if (expected.text === '…' || (alike(expected.text, reply.text) && reply.children.length === 0))
      return undefined
    return `${expected.name} ${expected.text === '' ? 'without content' : `"${expected.text}"`}`
  }
  let at = 0
  for (const child of expected.children) {
    let nearest: string | undefined
    const found = reply.children.findIndex((candidate, index) => {
      if (index < at) return false
      const lacks = missing(child, candidate)
      if (candidate.name === child.name) nearest ??= lacks
      return lacks === undefined
    })
    if (found < 0) return `${expected.name} / ${nearest ?? child.name}`
    at = found + 1
  }
  return undefined
}

/** Is it this text, in which `…` stands for anything? */
export function alike(expected: string, text: string): boolean {
  const pieces = expected.split('…').map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${pieces.join('[^]*')}$`).test(text)
}

function toElement(node: Parsed, scope: ReadonlyMap<string, string>): Element[] {
  const name = Object.keys(node).find((key) => key !== ':@' && key !== '#text' && !key.startsWith('?'))
  if (name === undefined) return []
  const given = Object.entries((node[':@'] ?? {}) as Record<string, string>)
  const namespaces = new Map(scope)
  for (const [attribute, value] of given)
    if (attribute === 'xmlns') namespaces.set('', value)
    else if (attribute.startsWith('xmlns:')) namespaces.set(attribute.slice(6), value)
  const resolve = (qualified: string, fallback: string): string => {
    const [local = '', prefix] = qualified.split(':').reverse()
    return `{${prefix === undefined ? fallback : (namespaces.get(prefix) ?? prefix)}}${local}`
  }
  const content = node[name] as Parsed[]
  return [
    {
      name: resolve(name, namespaces.get('') ?? ''),
      attributes: new Map(
        given
          .filter(([attribute]) => !/^xmlns(:|$)/.test(attribute))
          .map(([attribute, value]) => [resolve(attribute, ''), value]),
      ),
      text: content.map((child) => (child['#text'] as string | undefined) ?? '').join(''),
      children: content.flatMap((child) => toElement(child, namespaces)),
    },
  ]
}
