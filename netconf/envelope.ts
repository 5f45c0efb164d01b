/**
 * The outside of a message: the start tag of `<rpc>`, its attributes, and the name of the operation in it (RFC 6241,
 * section 4.1). Read before the message is parsed, so that a reply can carry the attributes of a request that does not
 * parse (section 4.2). It looks at the head of the message only and never at the data; that the rest is well-formed is
 * found out by `Context.parseRpc`.
 */
import { BASE_NAMESPACE, isXmlText, unescapeXml } from './xml.js'

const HEAD_BYTES = 64 * 1024

export interface Name {
  readonly prefix: string
  readonly local: string
  /** Namespace URI, '' for none. */
  readonly namespace: string
}

export interface Envelope {
  readonly root: Name
  /** The attributes of the root by qualified name, resolved. */
  readonly attributes: ReadonlyMap<string, string>
  /** The same as they were written, each with a space before it. */
  readonly attributeText: string
  /** First child element: the operation. */
  readonly operation: Name | undefined
}

/** The message is not XML that NETCONF permits. */
export class MalformedMessage extends Error {}

const skippable = /(?:[ \t\r\n]+|<!--(?:(?!--)[^])*-->|<\?(?!xml[ \t\r\n?])(?:(?!\?>)[^])*\?>)*/y
const declaration = /<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.\d+"|'1\.\d+')([^?]*)\?>/y
const startTag = /<([^\s<>/=&'"!?]+)((?:\s+[^\s<>/=&'"]+\s*=\s*(?:"[^<"]*"|'[^<']*'))*)\s*(\/?)>/y
const attribute = /\s+([^\s=]+)\s*=\s*("[^"]*"|'[^']*')/g
const nameStart =
  'A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}-\\u{200D}\\u{2070}-\\u{218F}' +
  '\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}'
const ncName = new RegExp(
  `^[${nameStart}](?:[-.0-9\\u{B7}\\u{203F}-\\u{2040}${nameStart}]|[\\u{300}-\\u{36F}])*$`,
  'u',
)

/** Message bytes without a byte order mark and the white space before them, which some clients send between messages. */
export function trimMessage(message: Buffer): Buffer {
  let start = message[0] === 0xef && message[1] === 0xbb && message[2] === 0xbf ? 3 : 0
  while (start < message.length && ' \t\r\n'.includes(String.fromCharCode(message[start] ?? 0))) start++
  return message.subarray(start)
}

/** Throws MalformedMessage. */
export function readEnvelope(message: Buffer): Envelope {
  const text = lineFeeds(message.toString('utf8', 0, Math.min(message.length, HEAD_BYTES)))
  const cut = message.length > HEAD_BYTES
  let at = skipDeclaration(text)
  at = skip(text, at)
  const root = readTag(text, at, predeclared, cut)
  let operation: Name | undefined
  if (!root.empty) {
    at = skip(text, root.end)
    if (text.startsWith('<', at) && !text.startsWith('</', at))
      operation = readTag(text, at, root.namespaces, cut).name
  }
  return { root: root.name, attributes: root.attributes, attributeText: root.text, operation }
}

/** Whether a message is a `<close-session>`; one that is not well-formed is none. */
export function isCloseSession(message: Buffer): boolean {
  if (!message.subarray(0, HEAD_BYTES).includes('close-session')) return false
  try {
    const { operation } = readEnvelope(trimMessage(message))
    return operation?.local === 'close-session' && operation.namespace === BASE_NAMESPACE
  } catch {
    return false
  }
}

/** XML 1.0, section 2.11. */
function lineFeeds(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
}

interface Tag {
  readonly name: Name
  readonly attributes: ReadonlyMap<string, string>
  readonly text: string
  readonly namespaces: ReadonlyMap<string, string>
  readonly empty: boolean
  readonly end: number
}

const none: ReadonlyMap<string, string> = new Map()
const predeclared: ReadonlyMap<string, string> = new Map([['xml', 'http://www.w3.org/XML/1998/namespace']])

/** `cut`: the message goes on behind the text. */
function readTag(text: string, at: number, scope: ReadonlyMap<string, string>, cut: boolean): Tag {
  startTag.lastIndex = at
  const match = startTag.exec(text)
  if (match === null) {
    if (text.startsWith('<!DOCTYPE', at))
      throw new MalformedMessage('document type declarations are not permitted')
    const begun = /^<([^\s<>/=&'"!?]+)\s[^<]*$/.exec(text.slice(at))?.[1]
    if (begun !== undefined && cut)
      throw new MalformedMessage(
        `the start tag of <${begun}> is too long: it has to end within the first ${HEAD_BYTES} bytes of the message`,
      )
    const found = text.length === at ? 'nothing' : `'${text.slice(at, at + 40)}'`
    throw new MalformedMessage(`expected the start tag of an element, found ${found}`)
  }
  const written = match[2] ?? ''
  if (written === '') {
    const name = resolve(match[1] ?? '', scope)
    return {
      name,
      attributes: none,
      text: '',
      namespaces: scope,
      empty: match[3] === '/',
      end: startTag.lastIndex,
    }
  }
  const attributes = new Map<string, string>()
  const namespaces = new Map(scope)
  let canonical = ''
  attribute.lastIndex = 0
  for (let found = attribute.exec(written); found !== null; found = attribute.exec(written)) {
    const [, name = '', quoted = ''] = found
    const value = unescapeXml(quoted.slice(1, -1).replace(/[\t\n]/g, ' '))
    if (!isXmlText(quoted))
      throw new MalformedMessage(`attribute ${name} holds a character that XML does not permit`)
    if (value === undefined)
      throw new MalformedMessage(`attribute ${name} holds an entity that XML does not define`)
    if (attributes.has(name)) throw new MalformedMessage(`attribute ${name} stands twice in <${match[1]}>`)
    attributes.set(name, value)
    canonical += ` ${name}=${quoted}`
    if (name === 'xmlns') namespaces.set('', value)
    else if (name.startsWith('xmlns:')) {
      if (!ncName.test(name.slice(6)) || value === '')
        throw new MalformedMessage(`${JSON.stringify(name)} does not declare a prefix`)
      namespaces.set(name.slice(6), value)
    }
  }
  for (const name of attributes.keys())
    if (name !== 'xmlns' && !name.startsWith('xmlns:')) resolve(name, namespaces)
  const name = resolve(match[1] ?? '', namespaces)
  return { name, attributes, text: canonical, namespaces, empty: match[3] === '/', end: startTag.lastIndex }
}

function resolve(qualified: string, namespaces: ReadonlyMap<string, string>): Name {
  const colon = qualified.indexOf(':')
  const prefix = colon < 0 ? '' : qualified.slice(0, colon)
  const local = qualified.slice(colon + 1)
  if (!ncName.test(local) || (colon >= 0 && !ncName.test(prefix))) {
    throw new MalformedMessage(`${JSON.stringify(qualified)} is not an XML name`)
  }
  const namespace = namespaces.get(prefix)
  if (prefix !== '' && !namespace)
    throw new MalformedMessage(`prefix ${prefix} of ${qualified} is not declared`)
  return { prefix, local, namespace: namespace ?? '' }
}

function skipDeclaration(text: string): number {
  declaration.lastIndex = 0
  const match = declaration.exec(text)
  if (match === null) {
    if (/^<\?xml[\s?]/.test(text)) throw new MalformedMessage('the XML declaration is not well-formed')
    return 0
  }
  const encoding = /encoding\s*=\s*["']([^"']*)["']/.exec(match[1] ?? '')?.[1] ?? 'UTF-8'
  if (encoding.toUpperCase() !== 'UTF-8') {
    throw new MalformedMessage(`encoding ${encoding} is not permitted; NETCONF messages are UTF-8`)
  }
  return declaration.lastIndex
}

function skip(text: string, at: number): number {
  skippable.lastIndex = at
  skippable.exec(text)
  return skippable.lastIndex
}

/** The `<rpc-reply>` that belongs to a request: its tags, and the prefix of what stands in it. */
export interface ReplyTags {
  readonly open: string
  readonly close: string
  /** '' or `nc:`, for elements of the base namespace. */
  readonly prefix: string
}

/** RFC 6241, section 4.2: every attribute of `<rpc>` returns unmodified, `xmlns` among them. */
export function replyTags(envelope: Envelope | undefined): ReplyTags {
  if (envelope?.root.namespace !== BASE_NAMESPACE) return plain('')
  const fallback = envelope.attributes.get('xmlns')
  if (fallback === BASE_NAMESPACE) return tags('', envelope.attributeText)
  if (fallback === undefined) return plain(envelope.attributeText)
  return tags(`${envelope.root.prefix}:`, envelope.attributeText)
}

function plain(attributes: string): ReplyTags {
  return tags('', ` xmlns="${BASE_NAMESPACE}"${attributes}`)
}

function tags(prefix: string, attributes: string): ReplyTags {
  return { open: `<${prefix}rpc-reply${attributes}>`, close: `</${prefix}rpc-reply>`, prefix }
}
