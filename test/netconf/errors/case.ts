/** One row of the tables: a request, and the errors that it is answered with. */
import { BASE } from '../support/client.js'
import { prefixes } from './reply.js'

export interface Expected {
  /** `type tag`, or `type tag app-tag`. */
  readonly error: string
  /** With the prefixes of `reply.ts`; absent: the error is about no place. */
  readonly path?: string
  /** What is wrong, and what would be right. */
  readonly says: RegExp
  /** `name=text` of the base namespace, `yang:name=text`; absent: no error-info. */
  readonly info?: readonly string[]
}

export interface Case {
  readonly name: string
  /** Are sent first and have to succeed. */
  readonly before?: readonly string[]
  /** An operation; or a whole message, when it begins with `<rpc` or is to be no XML. */
  readonly request: string
  readonly errors: readonly Expected[]
}

const declared = [...prefixes].map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`).join('')

export const edit = (config: string, options = '', attributes = declared): string =>
  `<edit-config${attributes}><target><candidate/></target>${options}<config>${config}</config></edit-config>`
export const validate = '<validate><source><candidate/></source></validate>'
/** Without being validated. */
export const set = (config: string): string => edit(config, '<test-option>set</test-option>')

export const store = (content: string): string => `<store xmlns="urn:weft:test:store">${content}</store>`
/** An entry of the list `shelf`, valid but for what it is given. */
export const shelf = (name: string, content = '', attributes = ''): string =>
  `<shelf${attributes}><name>${name}</name><owner>o</owner>${/<(lid|sheet)/.test(content) ? '' : '<open/>'}${content}</shelf>`
/** Two entries, of which the second has what is wrong. */
export const second = (content: string, attributes = ''): string =>
  store(shelf('a') + shelf('b', content, attributes))

const a = "/st:store/st:shelf[st:name='a']"
const b = "/st:store/st:shelf[st:name='b']"
export const at = { a, b }

export const interfaces = (content: string): string =>
  `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">${content}</interfaces>`
export const port = (name: string, content = ''): string =>
  `<interface><name>${name}</name><type xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">t:ethernetCsmacd</type>${content}</interface>`
export const operation = (name: string): string => ` xmlns:nc="${BASE}" nc:operation="${name}"`
