/**
 * The little XML that the protocol layer writes itself: escaping and namespaces (XML 1.0, NETCONF RFC 6241 section 3).
 * Data trees are printed by libyang-js and pass through here untouched.
 */

export const BASE_NAMESPACE = 'urn:ietf:params:xml:ns:netconf:base:1.0'
export const MONITORING_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring'
export const PARTIAL_LOCK_NAMESPACE = 'urn:ietf:params:xml:ns:netconf:partial-lock:1.0'
export const NMDA_COMPARE_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-nmda-compare'
export const HISTORY_NAMESPACE = 'urn:weft:params:xml:ns:yang:weft-history'
export const SERVER_NAMESPACE = 'urn:weft:params:xml:ns:yang:weft-netconf-server'
export const YANG_NAMESPACE = 'urn:ietf:params:xml:ns:yang:1'

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
}

// eslint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

/** All of its characters may stand in XML. */
export function isXmlText(text: string): boolean {
  return text.search(forbidden) < 0
}

/** Text for element content or a double-quoted attribute; characters that XML cannot hold become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(forbidden, '\ufffd')
    .replace(/[&<>"\r]/g, (character) => entities[character] ?? character)
}

/** Whether XML can hold all characters of a text. */
export function representable(text: string): boolean {
  return [...text].every((character) => isXmlCharacter(character.codePointAt(0) ?? 0))
}

/** An element with text content. */
export function element(name: string, text: string | number): string {
  return `<${name}>${escapeXml(String(text))}</${name}>`
}

const references: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Resolves the five predefined entities and character references; undefined when another or a malformed one stands there. */
export function unescapeXml(text: string): string | undefined {
  let good = true
  const plain = text.replace(/&([^;&\s]*;)?/g, (_whole, name: string | undefined) => {
    const known = name === undefined ? undefined : references[name.slice(0, -1)]
    if (known !== undefined) return known
    const code = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));$/.exec(name ?? '')
    const point = code === null ? 0 : code[1] === undefined ? Number(code[2]) : Number.parseInt(code[1], 16)
    if (isXmlCharacter(point)) return String.fromCodePoint(point)
    good = false
    return ''
  })
  return good ? plain : undefined
}

function isXmlCharacter(point: number): boolean {
  if (point < 0x20) return point === 0x9 || point === 0xa || point === 0xd
  return point <= 0xd7ff || (point >= 0xe000 && point <= 0xfffd) || (point >= 0x10000 && point <= 0x10ffff)
}
