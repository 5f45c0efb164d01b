/**
 * `<hello>` (RFC 6241, section 8.1), in both directions. The client's is the one document that is read here with
 * fast-xml-parser: it is small, and no document type is let in.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { BASE_1_0, BASE_1_1, printCapabilities } from './capabilities.js'
import { BASE_NAMESPACE } from './xml.js'

export interface Hello {
  readonly capabilities: readonly string[]
  /** The base version that both ends know; the higher one. */
  readonly base: '1.0' | '1.1'
}

/** The client's hello cannot be accepted: the session must end (RFC 6241, section 8.1). */
export class HelloError extends Error {}

export function printHello(capabilities: readonly string[], sessionId: number): string {
  const content = `${printCapabilities(capabilities)}<session-id>${sessionId}</session-id>`
  return `<?xml version="1.0" encoding="UTF-8"?><hello xmlns="${BASE_NAMESPACE}">${content}</hello>`
}

type Node = Readonly<Record<string, unknown>>

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
})

/** Throws HelloError. */
export function readHello(message: Buffer): Hello {
  const text = decode(message)
  const verdict = XMLValidator.validate(text)
  if (verdict !== true)
    throw new HelloError(`hello is not well-formed XML: ${verdict.err.msg} (line ${verdict.err.line})`)
  const roots = elements(parser.parse(text) as unknown)
  const [root] = roots
  if (root === undefined || roots.length !== 1) throw new HelloError('hello must be one XML element')
  const scope = expect(root, 'hello', new Map())
  const capabilities: string[] = []
  for (const child of elements(root.content)) {
    const inner = declare(child, scope)
    const name = localName(child, inner)
    if (name === 'session-id') throw new HelloError('a client must not send <session-id> in its hello')
    if (name !== 'capabilities') continue
    for (const item of elements(child.content)) {
      if (localName(item, declare(item, inner)) === 'capability') capabilities.push(textOf(item.content))
    }
  }
  const versions = capabilities.map((uri) => uri.split('?')[0])
  if (versions.includes(BASE_1_1)) return { capabilities, base: '1.1' }
  if (versions.includes(BASE_1_0)) return { capabilities, base: '1.0' }
  throw new HelloError(`no common base version: the client's hello must name ${BASE_1_1} or ${BASE_1_0}`)
}

function decode(message: Buffer): string {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(message)
  } catch {
    throw new HelloError('hello is not UTF-8')
  }
  if (/<!(?!--|\[CDATA\[)/.test(text)) throw new HelloError('document type declarations are not permitted')
  return text
}

interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly content: unknown
}

function elements(content: unknown): Element[] {
  if (!Array.isArray(content)) return []
  const found: Element[] = []
  for (const node of content as Node[]) {
    const name = Object.keys(node).find((key) => key !== ':@' && !key.startsWith('#') && !key.startsWith('?'))
    if (name === undefined) continue
    found.push({ name, attributes: (node[':@'] ?? {}) as Record<string, string>, content: node[name] })
  }
  return found
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return ''
  return (content as Node[])
    .map((node) => (typeof node['#text'] === 'string' ? node['#text'] : ''))
    .join('')
    .trim()
}

function declare(element: Element, scope: ReadonlyMap<string, string>): Map<string, string> {
  const inner = new Map(scope)
  for (const [name, value] of Object.entries(element.attributes)) {
    if (name === 'xmlns') inner.set('', value)
    else if (name.startsWith('xmlns:')) inner.set(name.slice(6), value)
  }
  return inner
}

/** The local name of an element of the base namespace; undefined for others. */
function localName(element: Element, scope: ReadonlyMap<string, string>): string | undefined {
  const colon = element.name.indexOf(':')
  const prefix = colon < 0 ? '' : element.name.slice(0, colon)
  return scope.get(prefix) === BASE_NAMESPACE ? element.name.slice(colon + 1) : undefined
}

function expect(element: Element, name: string, scope: ReadonlyMap<string, string>): Map<string, string> {
  const inner = declare(element, scope)
  if (localName(element, inner) !== name) {
    throw new HelloError(`expected <${name} xmlns="${BASE_NAMESPACE}">, received <${element.name}>`)
  }
  return inner
}
