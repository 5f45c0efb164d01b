/** Operational state of tunnels: where their packets leave, what they carry, and why one is not up. */
import type { InterfaceState, Member } from '../../../dataplane/client/index.js'
import type { StateProvider } from '../../../datastore/index.js'
import { leaf } from '../xml.js'
import { claim, type Tunnels } from './model.js'

const namespace = {
  interfaces: 'urn:ietf:params:xml:ns:yang:ietf-interfaces',
  tunnels: 'urn:weft:params:xml:ns:yang:weft-tunnels',
}

export function tunnelState(member: () => Member, tunnels: () => Tunnels): StateProvider {
  return {
    path: `${claim}/interface/weft-tunnels:tunnel`,
    async *read(wanted) {
      const all = tunnels()
      const named = wanted.values(`${claim}/interface/name`) ?? [...all.keys()]
      const names = named.filter((name) => all.get(name)?.enabled)
      if (names.length === 0) return
      const state = await member()
        .state({ interfaces: true })
        .catch(() => undefined)
      const known = new Map(state?.interfaces.map((one) => [one.name, one]))
      const found = names.flatMap((name) => known.get(name) ?? [])
      if (found.length > 0)
        yield `<interfaces xmlns="${namespace.interfaces}">${found.map(element).join('')}</interfaces>`
    },
  }
}

function element({ name, device, driverReason, mtu, operUp }: InterfaceState): string {
  return (
    `<interface>${leaf('name', name)}<tunnel xmlns="${namespace.tunnels}">` +
    leaf('underlay-interface', device || undefined) +
    leaf('operational-mtu', mtu) +
    leaf('down-reason', operUp ? undefined : driverReason || undefined) +
    '</tunnel></interface>'
  )
}
