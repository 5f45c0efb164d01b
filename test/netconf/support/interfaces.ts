/** Configurations of ietf-interfaces, and what is asked of replies: for tests that care for datastores and not for data. */
import type { Client } from './client.js'
import { BASE } from './client.js'

const IF = 'urn:ietf:params:xml:ns:yang:ietf-interfaces'

export interface Refusal {
  readonly tag: string
  readonly path: string
  readonly message: string
}

/** Content of a `<config>`: interfaces of these names, or other content of `<interfaces>`. */
export const interfaces = (...content: readonly string[]): string =>
  `<interfaces xmlns="${IF}" xmlns:nc="${BASE}" xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type">${content
    .map((each) => (each.startsWith('<') ? each : port(each)))
    .join('')}</interfaces>`

export const port = (name: string, more = '', attributes = ''): string =>
  `<interface${attributes}><name>${name}</name><type>ianaift:ethernetCsmacd</type>${more}</interface>`

export const edit = (target: string, config: string, options = ''): string =>
  `<edit-config><target><${target}/></target>${options}<config>${config}</config></edit-config>`

/** `source`, `target`: the elements. */
export const copy = (source: string, target: string): string =>
  `<copy-config><target>${target}</target><source>${source}</source></copy-config>`

/** Names of the interfaces in a datastore. */
export async function names(client: Client, source: string): Promise<string[]> {
  const reply = await client.rpc(`<get-config><source><${source}/></source></get-config>`)
  if (!reply.includes('<data>')) throw new Error(reply)
  return [...reply.matchAll(/<name>([^<]*)</g)].map(([, name = '']) => name)
}

/** The errors of a reply; empty when it says ok. */
export async function outcome(client: Client, operation: string): Promise<Refusal[]> {
  const reply = await client.rpc(operation)
  if (reply.includes('<ok/>')) return []
  const errors = [...reply.matchAll(/<rpc-error>(.*?)<\/rpc-error>/gs)].map(([, inner = '']) => {
    const text = (name: string): string =>
      new RegExp(`<error-${name}(?: [^>]*)?>(.*?)</error-${name}>`, 's').exec(inner)?.[1] ?? ''
    return { tag: text('tag'), path: text('path'), message: text('message') }
  })
  if (errors.length === 0) throw new Error(`neither ok nor an error: ${reply}`)
  return errors
}

/** Does an operation that must succeed. */
export async function done(client: Client, ...operations: readonly string[]): Promise<void> {
  for (const operation of operations) {
    const [error] = await outcome(client, operation)
    if (error) throw new Error(`${operation}: ${error.tag} ${error.message}`)
  }
}
