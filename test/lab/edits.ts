/** What tests of an appliance say to it: words of configuration in XML, and an edit with its commit. */
import type { NetconfClient } from '../../src/demo/client.js'

export const nc = 'urn:ietf:params:xml:ns:netconf:base:1.0'
export const weft = (module: string) => `xmlns="urn:weft:params:xml:ns:yang:weft-${module}"`
export const ietf = (module: string) => `xmlns="urn:ietf:params:xml:ns:yang:ietf-${module}"`

/** Whose entries may say `nc:operation`, and have types of `own`. */
export const interfaces = (content: string) =>
  `<interfaces ${ietf('interfaces')} xmlns:nc="${nc}" xmlns:i="urn:ietf:params:xml:ns:yang:iana-if-type">${content}</interfaces>`
export const own = (type: string, name: string, content = '') =>
  `<interface><name>${name}</name><type>i:${type}</type>${content}</interface>`
export const ethernet = (name: string, content = '') => own('ethernetCsmacd', name, content)
export const removed = (...names: readonly string[]) =>
  names.map((name) => `<interface nc:operation="remove"><name>${name}</name></interface>`).join('')
/** An address of an interface that forwards. */
export const ip = (family: 'ipv4' | 'ipv6', address: string, length: number) =>
  `<${family} ${ietf('ip')}><forwarding>true</forwarding><address><ip>${address}</ip><prefix-length>${length}</prefix-length></address></${family}>`
export const boundTo = (instance: string) =>
  `<bind-network-instance-name ${weft('network-instance')}>${instance}</bind-network-instance-name>`

/** Rejects with what was refused, after which the candidate is as running. */
export async function commitOf(client: NetconfClient, config: string): Promise<void> {
  await client.rpc(`<edit-config><target><candidate/></target><config>${config}</config></edit-config>`)
  try {
    await client.rpc('<commit/>')
  } catch (error) {
    await client.rpc('<discard-changes/>')
    throw error
  }
}

export const getOf = (client: NetconfClient, filter: string): Promise<string> =>
  client.rpc(`<get><filter type="subtree">${filter}</filter></get>`)
