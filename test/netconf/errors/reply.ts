/** The `rpc-error`s of a reply as a client sees them, each judged by RFC 6241, section 4.3 and appendix A. */
import { expandNames, parseXml, type Element } from '../../transcripts/support/xml.js'
import { BASE } from '../support/client.js'

export const YANG = 'urn:ietf:params:xml:ns:yang:1'

/** The prefixes of the tables. */
export const prefixes = new Map([
  ['nc', BASE],
  ['yang', YANG],
  ['st', 'urn:weft:test:store'],
  ['if', 'urn:ietf:params:xml:ns:yang:ietf-interfaces'],
  ['ip', 'urn:ietf:params:xml:ns:yang:ietf-ip'],
  ['rt', 'urn:ietf:params:xml:ns:yang:ietf-routing'],
  ['v4ur', 'urn:ietf:params:xml:ns:yang:ietf-ipv4-unicast-routing'],
  ['ncm', 'urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring'],
  ['ncds', 'urn:ietf:params:xml:ns:yang:ietf-netconf-nmda'],
  ['pl', 'urn:ietf:params:xml:ns:netconf:partial-lock:1.0'],
  ['x', 'urn:example:none'],
])

export interface RpcError {
  readonly type: string
  readonly tag: string
  readonly appTag?: string
  /** Its prefixes expanded to `{namespace}`. */
  readonly path?: string
  readonly message: string
  /** `{namespace}name=text`, in their order; paths in the text are expanded. */
  readonly info: readonly string[]
}

/** Types that a tag may have, and what its error-info has to name. */
const permitted: Readonly<Record<string, readonly [types: string, ...info: string[]]>> = {
  'in-use': ['protocol application'],
  'invalid-value': ['protocol application'],
  'too-big': ['transport rpc protocol application'],
  'missing-attribute': ['rpc protocol application', 'bad-attribute', 'bad-element'],
  'bad-attribute': ['rpc protocol application', 'bad-attribute', 'bad-element'],
  'unknown-attribute': ['rpc protocol application', 'bad-attribute', 'bad-element'],
  'missing-element': ['protocol application', 'bad-element'],
  'bad-element': ['protocol application', 'bad-element'],
  'unknown-element': ['protocol application', 'bad-element'],
  'unknown-namespace': ['protocol application', 'bad-element', 'bad-namespace'],
  'access-denied': ['protocol application'],
  'lock-denied': ['protocol', 'session-id'],
  'resource-denied': ['transport rpc protocol application'],
  'data-exists': ['application'],
  'data-missing': ['application'],
  'operation-not-supported': ['protocol application'],
  'operation-failed': ['rpc protocol application'],
  'malformed-message': ['rpc'],
}

/** `rollback-failed` and `partial-operation` are never sent. */
export const tags: readonly string[] = Object.keys(permitted)

const order = ['type', 'tag', 'severity', 'app-tag', 'path', 'message', 'info'].map((part) => `error-${part}`)

/** Throws an Error when one of them is not as the standard has it. */
export function errorsOf(reply: string): RpcError[] {
  const message = parseXml(reply)
  if (message.local !== 'rpc-reply' || message.namespace !== BASE) throw new Error(`no rpc-reply: ${reply}`)
  return message.children.filter(({ local }) => local === 'rpc-error').map(read)
}

function read(error: Element): RpcError {
  const check = (holds: boolean, what: string): void => {
    if (!holds)
      throw new Error(`${what}: ${JSON.stringify(error.children.map(({ local, text }) => [local, text]))}`)
  }
  const parts = error.children
  check(
    [error, ...parts].every(({ namespace }) => namespace === BASE),
    'a part is in another namespace',
  )
  const places = parts.map(({ local }) => order.indexOf(local))
  check(
    places.every((place, i) => place > (places[i - 1] ?? -1)),
    'the parts stand in another order',
  )
  const part = (name: string): Element | undefined => parts.find(({ local }) => local === `error-${name}`)
  const [type = '', tag = '', severity, text = ''] = ['type', 'tag', 'severity', 'message'].map(
    (name) => part(name)?.text,
  )
  const [types = '', ...wanted] = permitted[tag] ?? []
  check(types.split(' ').includes(type), `${tag} is no tag of type ${type}`)
  check(severity === 'error', 'an error is of severity error')
  check(text !== '', 'there is no message')
  check(
    part('message')?.attributes.get('{http://www.w3.org/XML/1998/namespace}lang') === 'en',
    'a message says its language',
  )
  const path = part('path')
  const info = part('info')?.children ?? []
  for (const name of wanted)
    check(
      info.some(({ local, namespace }) => local === name && namespace === BASE),
      `${tag} needs ${name}`,
    )
  const appTag = part('app-tag')?.text
  return {
    type,
    tag,
    ...(appTag !== undefined && { appTag }),
    ...(path && { path: expandNames(path.text, path.scope) }),
    message: text,
    info: info.map((each) => `{${each.namespace}}${each.local}=${expandNames(each.text, each.scope)}`),
  }
}
