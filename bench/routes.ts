/** Static routes as benchmarks and tests use them: distinct /32 prefixes of 10.0.0.0/8 over one next hop. */

export const interfaceName = 'p2'

export function routePrefix(index: number): string {
  return `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}/32`
}

/** Content of a `<config>` with routes `from` to `to` (excluded) via `nextHop`. */
export function routesXml(from: number, to: number, nextHop: string, operation = ''): string {
  const routes: string[] = []
  for (let i = from; i < to; i++) {
    routes.push(
      `<route${operation}><destination-prefix>${routePrefix(i)}</destination-prefix><next-hop><next-hop-address>${nextHop}</next-hop-address></next-hop></route>`,
    )
  }
  return staticRoutes(routes.join(''))
}

export function staticRoutes(content: string): string {
  return (
    `<routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing"><control-plane-protocols><control-plane-protocol>` +
    `<type>static</type><name>static</name><static-routes>` +
    `<ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ipv4-unicast-routing">${content}</ipv4>` +
    `</static-routes></control-plane-protocol></control-plane-protocols></routing>`
  )
}
