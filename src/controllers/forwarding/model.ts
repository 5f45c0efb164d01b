/** Settings of forwarding as values, from weft-forwarding: what it says of the chassis and of each interface. */
import type { ListQuery, Tree } from 'libyang-js'
import {
  puntClasses,
  type FamilyFeatures,
  type Limit,
  type PuntClass,
} from '../../../dataplane/client/index.js'
import type { Family } from '../../rib/index.js'
import { rows, type Row } from '../rows.js'

export const claim = '/weft-forwarding:forwarding'
export const interfacesClaim = '/ietf-interfaces:interfaces'

export interface IcmpSettings extends Limit {
  readonly forwardRouterAlerts: boolean
}

export interface ChassisSettings {
  readonly icmp: IcmpSettings
  /** Those that are listed. */
  readonly punt: ReadonlyMap<PuntClass, Limit>
}

/** What a member has that was told nothing. */
export const plainSettings: ChassisSettings = {
  icmp: { rate: 1000, burst: 100, forwardRouterAlerts: false },
  punt: new Map(),
}

export type InterfaceFeatures = Readonly<Record<Family, FamilyFeatures>>

const without: FamilyFeatures = {
  reversePath: undefined,
  allowDefault: false,
  redirects: false,
  unreachables: true,
}

const leaves = ['unicast-rpf/mode', 'unicast-rpf/allow-default', 'send-redirects', 'unreachables'] as const

function columnOf(family: Family, leaf: (typeof leaves)[number]): string {
  return `ietf-ip:ipv${family}/weft-forwarding:${leaf}`
}

const interfaceQuery: ListQuery = {
  list: `${interfacesClaim}/interface`,
  columns: ['name', ...([4, 6] as const).flatMap((family) => leaves.map((leaf) => columnOf(family, leaf)))],
}

const classQuery: ListQuery = { list: `${claim}/punt/class`, columns: ['name', 'rate', 'burst'] }

function familyOf(row: Row, family: Family): FamilyFeatures {
  const mode = row.text(columnOf(family, 'unicast-rpf/mode'))
  const flag = (leaf: (typeof leaves)[number]) => row.boolean(columnOf(family, leaf))
  return {
    reversePath: mode === 'strict' || mode === 'loose' ? mode : undefined,
    allowDefault: mode !== undefined && (flag('unicast-rpf/allow-default') ?? without.allowDefault),
    redirects: flag('send-redirects') ?? without.redirects,
    unreachables: flag('unreachables') ?? without.unreachables,
  }
}

/** Of every interface, by name. */
export async function readFeatures(tree: Tree): Promise<ReadonlyMap<string, InterfaceFeatures>> {
  const found = new Map<string, InterfaceFeatures>()
  for await (const row of rows(interfaceQuery, tree.entries(interfaceQuery)))
    found.set(row.needed('name'), { 4: familyOf(row, 4), 6: familyOf(row, 6) })
  return found
}

export async function readSettings(tree: Tree): Promise<ChassisSettings> {
  const punt = new Map<PuntClass, Limit>()
  for await (const row of rows(classQuery, tree.entries(classQuery))) {
    const name = puntClasses.find((known) => known === row.needed('name'))
    if (name) punt.set(name, { rate: row.number('rate'), burst: row.number('burst') })
  }
  const number = async (leaf: string): Promise<number | undefined> => {
    const text = await tree.value(`${claim}/${leaf}`)
    return text === undefined ? undefined : Number(text)
  }
  return {
    icmp: {
      rate: (await number('icmp/error-rate')) ?? plainSettings.icmp.rate,
      burst: (await number('icmp/error-burst')) ?? plainSettings.icmp.burst,
      forwardRouterAlerts: (await tree.value(`${claim}/options/router-alert`)) === 'forward',
    },
    punt,
  }
}

export const isPlain = (features: InterfaceFeatures): boolean => same(features, { 4: without, 6: without })

export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
