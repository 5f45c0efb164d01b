/**
 * XML with its namespaces resolved, as far as the comparison of transcripts needs it: names and attributes are
 * `{namespace}local`, and each element knows the prefixes in scope.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser'

export interface Element {
  readonly namespace: string
  readonly local: string
  /** Without declarations, by `{namespace}local`; `local` alone for unqualified ones. */
  readonly attributes: ReadonlyMap<string, string>
  /** Prefixes declared on this very element; '' is the default namespace. */
  readonly declared: ReadonlyMap<string, string>
  /** All prefixes in scope. */
  readonly scope: ReadonlyMap<string, string>
  readonly children: readonly Element[]
  /** What text it has outside of its children, trimmed. */
  readonly text: string
}

type Node = Readonly<Record<string, unknown>>

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  htmlEntities: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
})

const root = new Map([['xml', 'http://www.w3.org/XML/1998/namespace']])

/** Throws an Error when it is not one well-formed element with declared prefixes. */
export function parseXml(text: string): Element {
  const verdict = XMLValidator.validate(text)
  if (verdict !== true) throw new Error(`not well-formed XML: ${verdict.err.msg} (line ${verdict.err.line})`)
  const [element, ...others] = elementsOf(parser.parse(text) as Node[], root)
  if (element === undefined || others.length > 0) throw new Error('a message is one XML element')
  return element
}

function elementsOf(nodes: readonly Node[], scope: ReadonlyMap<string, string>): Element[] {
  const found: Element[] = []
  for (const node of nodes) {
    const name = Object.keys(node).find((key) => key !== ':@' && !key.startsWith('#'))
    if (name === undefined) continue
    const attributes = Object.entries((node[':@'] ?? {}) as Record<string, string>)
    found.push(elementOf(name, attributes, node[name] as Node[], scope))
  }
  return found
}

function elementOf(
  name: string,
  written: readonly (readonly [string, string])[],
  content: readonly Node[],
  outer: ReadonlyMap<string, string>,
): Element {
  const declared = new Map<string, string>()
  for (const [key, value] of written) {
    if (key === 'xmlns') declared.set('', value)
    else if (key.startsWith('xmlns:')) declared.set(key.slice(6), value)
  }
  const scope = new Map([...outer, ...declared])
  const attributes = new Map<string, string>()
  for (const [key, value] of written) {
    if (key === 'xmlns' || key.startsWith('xmlns:')) continue
    const { namespace, local } = resolve(key, scope)
    attributes.set(key.includes(':') ? `{${namespace}}${local}` : key, value)
  }
  const text = content.map((node) => (typeof node['#text'] === 'string' ? node['#text'] : '')).join('')
  return {
    ...resolve(name, scope),
    attributes,
    declared,
    scope,
    children: elementsOf(content, scope),
    text: text.trim(),
  }
}

function resolve(qualified: string, scope: ReadonlyMap<string, string>) {
  const colon = qualified.indexOf(':')
  const prefix = colon < 0 ? '' : qualified.slice(0, colon)
  const namespace = scope.get(prefix)
  if (namespace === undefined && prefix !== '')
    throw new Error(`prefix ${prefix} of ${qualified} is not declared`)
  return { namespace: namespace ?? '', local: qualified.slice(colon + 1) }
}

/**
 * The text with the prefixes of an XPath expression (it begins with `/`) or of a qualified name replaced by their
 * namespaces, so that two that mean the same are the same.
 */
export function expandNames(text: string, scope: ReadonlyMap<string, string>): string {
  if (!text.startsWith('/') && !/^[A-Za-z_][\w.-]*:[A-Za-z_][\w.-]*$/.test(text)) return text
  return text.replace(
    /'[^']*'|"[^"]*"|([A-Za-z_][\w.-]*):(?=[A-Za-z_*])/g,
    (all, prefix: string | undefined) => {
      const namespace = prefix === undefined ? undefined : scope.get(prefix)
      return namespace === undefined ? all.replace(/^"(.*)"$/, "'$1'") : `{${namespace}}`
    },
  )
}

/** For people: indented, prefixes and declarations as far as they matter. */
export function printXml(element: Element, indent = '', outer = ''): string {
  const declaration = element.namespace === outer ? '' : ` xmlns="${element.namespace}"`
  const attributes = [...element.attributes].map(([name, value]) => ` ${name}="${value}"`).join('')
  const tag = `${indent}<${element.local}${declaration}${attributes}`
  if (element.children.length === 0)
    return element.text === '' ? `${tag}/>` : `${tag}>${element.text}</${element.local}>`
  const inner = element.children.map((child) => printXml(child, `${indent}  `, element.namespace))
  return `${tag}>\n${inner.join('\n')}\n${indent}</${element.local}>`
}
