/** The demo chassis: two hosts on two ports of the engine, and the configuration that lets them reach each other. */

export interface LabHost {
  readonly name: string
  /** Port of the engine on the other end of its one link. */
  readonly port: string
  /** Address with prefix length. */
  readonly ipv4: string
  readonly ipv6: string
  /** The engine's addresses on the same link, which are the host's default gateways. */
  readonly gateway4: string
  readonly gateway6: string
}

export const demoHosts: readonly LabHost[] = [
  {
    name: 'h1',
    port: 'p1',
    ipv4: '192.0.2.2/24',
    ipv6: '2001:db8:1::2/64',
    gateway4: '192.0.2.1',
    gateway6: '2001:db8:1::1',
  },
  {
    name: 'h2',
    port: 'p2',
    ipv4: '198.51.100.2/24',
    ipv6: '2001:db8:2::2/64',
    gateway4: '198.51.100.1',
    gateway6: '2001:db8:2::1',
  },
]

export function bareAddress(withLength: string): string {
  return withLength.split('/')[0] as string
}

function prefixLength(withLength: string): string {
  return withLength.split('/')[1] as string
}

/** The host on port p1 of a member of the demo chassis other than 0. */
export const memberHost = (number: number): LabHost => ({
  name: `h${number + 2}`,
  port: 'p1',
  ipv4: `10.0.${number}.2/24`,
  ipv6: `2001:db8:10${number}::2/64`,
  gateway4: `10.0.${number}.1`,
  gateway6: `2001:db8:10${number}::1`,
})

/** The interface of a host's port. */
export function interfaceXml(host: LabHost, name = host.port): string {
  return `
    <interface>
      <name>${name}</name>
      <description>to ${host.name}</description>
      <type xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type">ianaift:ethernetCsmacd</type>
      <ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ip">
        <forwarding>true</forwarding>
        <address><ip>${host.gateway4}</ip><prefix-length>${prefixLength(host.ipv4)}</prefix-length></address>
      </ipv4>
      <ipv6 xmlns="urn:ietf:params:xml:ns:yang:ietf-ip">
        <forwarding>true</forwarding>
        <address><ip>${host.gateway6}</ip><prefix-length>${prefixLength(host.ipv6)}</prefix-length></address>
      </ipv6>
    </interface>`
}

/** Content of a `<config>`: an interface for each host. */
export function demoConfiguration(hosts: readonly LabHost[] = demoHosts): string {
  return `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">${hosts.map((host) => interfaceXml(host)).join('')}
  </interfaces>`
}
