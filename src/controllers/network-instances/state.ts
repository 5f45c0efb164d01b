/** Operational state of network instances: their interfaces, and how many routes they have. */
import type { StateProvider } from '../../../datastore/index.js'
import type { Rib } from '../../rib/index.js'
import { leaf } from '../xml.js'
import { namespaceOf } from './namespace.js'
import { claim, type Instance, type Instances } from './model.js'

const namespace = 'urn:weft:params:xml:ns:yang:weft-network-instance'

/** Instances in one piece of what is read. */
const pieceInstances = 64

export function instanceState(rib: Rib, instances: () => Instances): StateProvider {
  return {
    path: claim,
    async *read(wanted) {
      const named = wanted.values(`${claim}/network-instance/name`)
      const all = [...instances().values()].filter(({ name }) => named?.includes(name) ?? true)
      if (all.length === 0 || !wanted.mayMatch(`${claim}/network-instance/state`)) return
      const interfaces = new Map<number, string[]>()
      for (const one of rib.interfaces())
        interfaces.set(one.vrf, [...(interfaces.get(one.vrf) ?? []), one.name])
      const element = ({ name, vrf }: Instance): string =>
        [
          `<network-instance>${leaf('name', name)}<state>`,
          leaf('number', vrf),
          leaf('namespace', namespaceOf(name)),
          ...(interfaces.get(vrf) ?? []).map((one) => leaf('interface', one)),
          leaf('ipv4-routes', rib.prefixes(vrf, 4)),
          leaf('ipv6-routes', rib.prefixes(vrf, 6)),
          '</state></network-instance>',
        ].join('')
      for (let from = 0; from < all.length; from += pieceInstances) {
        const piece = all.slice(from, from + pieceInstances).map(element)
        yield `<network-instances xmlns="${namespace}">${piece.join('')}</network-instances>`
      }
    },
  }
}
