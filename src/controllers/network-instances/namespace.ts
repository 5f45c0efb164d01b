/** Network instances and the namespaces of their host's side, as members have the keeper call them. */

export const defaultName = 'default'

export const namespaceOf = (name: string): string => (name === defaultName ? 'chassis' : `vrf-${name}`)

export function instanceOfNamespace(namespace: string): string | undefined {
  if (namespace === 'chassis') return defaultName
  return namespace.startsWith('vrf-') ? namespace.slice('vrf-'.length) : undefined
}
