/** Operational state of the data plane (weft-dataplane): members with ports, drops by name, and the size of their tables. */
import type { Member, PortState } from '../../../dataplane/client/index.js'
import type { StateProvider } from '../../../datastore/index.js'
import { formatMac } from '../../rib/index.js'
import { leaf } from '../xml.js'

const namespace = 'urn:weft:params:xml:ns:yang:weft-dataplane'

export function dataplaneState(member: () => Member): StateProvider {
  const path = '/weft-dataplane:dataplane'
  return {
    path,
    async *read(wanted) {
      const one = member()
      const asked = (name: string): boolean => wanted.mayMatch(`${path}/members/member/${name}`)
      const query = { ports: asked('port'), drops: asked('drop'), statistics: asked('tables') }
      const state = one.attached ? await one.state(query).catch(() => undefined) : undefined
      const drops = state?.drops.map(
        ({ node, reason, packets }) =>
          `<drop>${leaf('node', node)}${leaf('reason', reason)}${leaf('packets', packets)}</drop>`,
      )
      const tables = state?.statistics
      yield [
        `<dataplane xmlns="${namespace}"><members><member>`,
        leaf('name', one.name),
        leaf('attached', one.attached),
        one.attached ? leaf('pid', one.pid) : '',
        one.commit > 0 ? leaf('commit', one.commit) : '',
        ...(state?.ports ?? []).map(port),
        ...(drops ?? []),
        tables &&
          `<tables>${leaf('ipv4-routes', tables.routes4)}${leaf('ipv6-routes', tables.routes6)}` +
            `${leaf('objects', tables.objects)}${leaf('neighbours', tables.neighbours)}` +
            `${leaf('held-packets', tables.heldPackets)}</tables>`,
        '</member></members></dataplane>',
      ].join('')
    },
  }
}

function port({ name, device, driver, reason, present, up, mtu, mac, counters }: PortState): string {
  return [
    '<port>',
    leaf('name', name),
    leaf('device', device || undefined),
    leaf('driver', driver || undefined),
    leaf('driver-reason', reason || undefined),
    leaf('present', present),
    leaf('link-up', up),
    mtu > 0 ? leaf('mtu', mtu) : '',
    mac.some((octet) => octet !== 0) ? leaf('phys-address', formatMac(mac)) : '',
    '<statistics>',
    leaf('in-pkts', counters.rxPackets),
    leaf('in-octets', counters.rxOctets),
    leaf('in-drops', counters.rxDropped),
    leaf('out-pkts', counters.txPackets),
    leaf('out-octets', counters.txOctets),
    leaf('out-drops', counters.txDropped),
    '</statistics></port>',
  ].join('')
}
