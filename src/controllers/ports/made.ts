/** Ports that are made, as values, and which ports there are with them. */
import type { ListQuery, Tree } from 'libyang-js'
import type { MadePort } from '../../../dataplane/client/index.js'
import { ConfigError } from '../../../datastore/index.js'
import { contains, formatAddress, parseAddress, parseMac, prefixOf, type Address } from '../../rib/index.js'
import type { PortInventory } from '../context.js'
import { key } from '../path.js'
import { rows } from '../rows.js'
import { portsClaim } from './model.js'

const list = `${portsClaim}/port`
const leaves = ['namespace', 'device', 'mac-address', 'mtu', 'ipv4-gateway', 'ipv6-gateway']
const query: ListQuery = {
  list,
  columns: ['name', ...leaves.map((name) => `made/${name}`)],
  children: [{ list: `${list}/made/address`, columns: ['ip', 'prefix-length'] }],
}

export type MadePorts = ReadonlyMap<string, MadePort>

/** Of each port that is made, by name. */
export async function readMade(tree: Tree): Promise<MadePorts> {
  const found = new Map<string, MadePort>()
  for await (const row of rows(query, tree.entries(query))) {
    const namespace = row.text('made/namespace')
    if (namespace === undefined) continue
    const mac = row.text('made/mac-address')
    const octets = mac === undefined ? undefined : parseMac(mac)
    const gateways = ['made/ipv4-gateway', 'made/ipv6-gateway'].flatMap((leaf) => addressOf(row.text(leaf)))
    found.set(row.needed('name'), {
      namespace,
      device: row.text('made/device') ?? 'eth0',
      ...(octets && { mac: octets }),
      mtu: row.number('made/mtu') ?? 1500,
      addresses: row.children(0).flatMap((child) =>
        addressOf(child.needed('ip')).map((address) => ({
          address,
          length: Number(child.needed('prefix-length')),
        })),
      ),
      gateways,
    })
  }
  return found
}

function addressOf(text: string | undefined): readonly Address[] {
  const address = text === undefined ? undefined : parseAddress(text)
  return address ? [address] : []
}

/** The ports that the chassis has, and those that are made. */
export const withMade = (ports: PortInventory, made: MadePorts): PortInventory => ({
  names: [...ports.names, ...made.keys()],
  mtu: (name) => ports.mtu(name),
})

/** What YANG cannot say of them. `taken`: is that a name of another port? */
export function* checkMade(made: MadePorts, taken: (name: string) => boolean): Iterable<ConfigError> {
  for (const [name, { addresses, gateways, mac }] of made) {
    const path = `${list}${key('name', name)}/made`
    if (taken(name)) {
      const message = `port ${name} has a device of a machine; a port that is made needs another name`
      yield new ConfigError(path, message)
    }
    if (mac && ((mac[0] as number) & 1 || mac.every((octet) => octet === 0)))
      yield new ConfigError(
        `${path}/mac-address`,
        'a device has a MAC address that is not null and of no group',
      )
    for (const gateway of gateways) {
      if (addresses.some(({ address, length }) => contains(prefixOf(address, length), gateway))) continue
      if (gateway.length === 16 && gateway[0] === 0xfe && ((gateway[1] as number) & 0xc0) === 0x80) continue
      const leaf = gateway.length === 4 ? 'ipv4-gateway' : 'ipv6-gateway'
      const message = `gateway ${formatAddress(gateway)} is in no subnet of the device's addresses`
      yield new ConfigError(`${path}/${leaf}`, message)
    }
  }
}
