/**
 * Whether a message is the expected one. Prefixes, white space around text and the order of elements do not matter
 * (RFC 7950, sections 7.5.7 and 7.8.5: order counts for lists ordered by the user alone), unless the expected parent says
 * `t:ordered="yes"`; with `t:more="yes"` there may be further children. The message of an error is free for the server
 * to choose and only compared when it is given. Text and attributes may have placeholders: see `placeholders.ts`.
 */
import { BASE } from '../../netconf/support/client.js'
import type { Placeholders } from './placeholders.js'
import { expandNames, parseXml, printXml } from './xml.js'
import type { Element } from './xml.js'

const TRANSCRIPT = 'urn:weft:transcript'

/** What is different, one line each; empty when nothing is. `known` learns the captured values then. */
export function differences(expected: string, actual: string, known: Placeholders): string[] {
  const wanted = parseXml(expected)
  let found: Element
  try {
    found = parseXml(actual)
  } catch (error) {
    return [`${(error as Error).message}: ${actual}`]
  }
  const captured = known.fork()
  const lines = compare(wanted, found, `/${wanted.local}`, captured)
  for (const [prefix, namespace] of wanted.declared) {
    if (namespace === TRANSCRIPT || found.declared.get(prefix) === namespace) continue
    lines.push(`/${wanted.local}: expected the declaration xmlns:${prefix}="${namespace}"`)
  }
  if (lines.length === 0) known.adopt(captured)
  else lines.push('received:', printXml(found))
  return lines
}

function compare(expected: Element, actual: Element, path: string, known: Placeholders): string[] {
  if (nameOf(expected) !== nameOf(actual))
    return [`${path}: expected ${nameOf(expected)}, found ${nameOf(actual)}`]
  const lines = attributes(expected, actual, path, known)
  if (!matches(expected, actual, known))
    lines.push(`${path}: expected ${JSON.stringify(expected.text)}, found ${JSON.stringify(actual.text)}`)
  return [...lines, ...children(expected, actual, path, known)]
}

function matches(expected: Element, actual: Element, known: Placeholders): boolean {
  return known.match(expandNames(expected.text, expected.scope), expandNames(actual.text, actual.scope))
}

function attributes(expected: Element, actual: Element, path: string, known: Placeholders): string[] {
  const lines: string[] = []
  for (const [name, value] of expected.attributes) {
    if (name.startsWith(`{${TRANSCRIPT}}`)) continue
    const found = actual.attributes.get(name)
    if (found === undefined) lines.push(`${path}: attribute ${name} is missing`)
    else if (!known.match(value, found))
      lines.push(`${path}: expected ${name} ${JSON.stringify(value)}, found ${JSON.stringify(found)}`)
  }
  for (const name of actual.attributes.keys())
    if (!expected.attributes.has(name)) lines.push(`${path}: attribute ${name} is not expected`)
  return lines
}

function children(expected: Element, actual: Element, path: string, known: Placeholders): string[] {
  const says = (name: string): boolean => expected.attributes.get(`{${TRANSCRIPT}}${name}`) === 'yes'
  let rest = [...actual.children]
  if (nameOf(expected) === `{${BASE}}rpc-error` && !expected.children.some(isMessage))
    rest = rest.filter((child) => !isMessage(child))
  const lines: string[] = []
  const counts = new Map<string, number>()
  for (const child of expected.children) {
    const name = nameOf(child)
    const number = (counts.get(name) ?? 0) + 1
    counts.set(name, number)
    const at = `${path}/${child.local}${number > 1 ? `[${number}]` : ''}`
    const candidates = says('ordered') ? rest.slice(0, 1) : rest.filter((other) => nameOf(other) === name)
    const found = candidates.find((other) => {
      const tried = known.fork()
      if (compare(child, other, at, tried).length > 0) return false
      known.adopt(tried)
      return true
    })
    const [nearest] = candidates
    if (found === undefined)
      lines.push(...(nearest === undefined ? [`${at}: missing`] : compare(child, nearest, at, known.fork())))
    const taken = found ?? nearest
    rest = rest.filter((other) => other !== taken)
  }
  if (!says('more')) for (const child of rest) lines.push(`${path}: <${child.local}> is not expected`)
  return lines
}

function isMessage(element: Element): boolean {
  return nameOf(element) === `{${BASE}}error-message`
}

function nameOf({ namespace, local }: Element): string {
  return `{${namespace}}${local}`
}
