/** Operational state of alarms (RFC 8632, sections 4.2 to 4.5): the inventory, the summary, the list and the shelves. */
import type { StateProvider, Wanted } from '../../../datastore/index.js'
import {
  alarmTypes,
  canonical,
  qualified,
  severities,
  type Alarm,
  type AlarmControl,
  type OperatorChange,
  type StatusChange,
} from '../../alarms/index.js'
import { dateAndTime, escape, leaf } from '../xml.js'
import { alarmsPath } from './model.js'

const namespace = 'urn:ietf:params:xml:ns:yang:ietf-alarms'
const ours = 'xmlns:weft-alarms="urn:weft:params:xml:ns:yang:weft-alarms"'

/** Alarms in one piece of an answer. */
const pieceSize = 100

const piece = (content: string): string => `<alarms xmlns="${namespace}">${content}</alarms>`

const typeLeaf = (type: string): string => `<alarm-type-id ${ours}>weft-alarms:${type}</alarm-type-id>`

/** A path with a module's name at each node, whose prefixes are declared. */
function resourceLeaf(path: string, control: AlarmControl): string {
  const { path: value, modules } = qualified(path)
  const prefixes = [...modules].map((module) => ` xmlns:${module}="${control.namespace(module)}"`)
  return `<resource${prefixes.join('')}>${escape(value)}</resource>`
}

export function alarmState(control: AlarmControl): readonly StateProvider[] {
  return [inventory(control), summary(control), alarmList(control), shelvedAlarms(control)]
}

function inventory(control: AlarmControl): StateProvider {
  return {
    path: `${alarmsPath}/alarm-inventory`,
    async *read() {
      const types = [...alarmTypes].map(
        ([name, { resources, severities: levels, description }]) =>
          `<alarm-type>${typeLeaf(name)}<alarm-type-qualifier/>` +
          resources.map((resource) => resourceLeaf(resource, control)).join('') +
          leaf('will-clear', true) +
          levels.map((level) => leaf('severity-level', level)).join('') +
          `${leaf('description', description)}</alarm-type>`,
      )
      yield piece(`<alarm-inventory>${types.join('')}</alarm-inventory>`)
    },
  }
}

function summary(control: AlarmControl): StateProvider {
  return {
    path: `${alarmsPath}/summary`,
    async *read() {
      const alarms = control.alarms('list')
      const lines = [...severities].reverse().map((severity) => {
        const all = alarms.filter((alarm) => alarm.severity === severity)
        const count = (cleared: boolean, closed?: boolean): number =>
          all.filter(
            (alarm) => alarm.cleared === cleared && (closed === undefined || isClosed(alarm) === closed),
          ).length
        return (
          `<alarm-summary>${leaf('severity', severity)}${leaf('total', all.length)}` +
          `${leaf('not-cleared', count(false))}${leaf('cleared', count(true))}` +
          `${leaf('cleared-not-closed', count(true, false))}${leaf('cleared-closed', count(true, true))}` +
          `${leaf('not-cleared-closed', count(false, true))}${leaf('not-cleared-not-closed', count(false, false))}` +
          '</alarm-summary>'
        )
      })
      const active = control.alarms('shelves').length > 0 ? '<shelves-active/>' : ''
      yield piece(`<summary>${lines.join('')}${active}</summary>`)
    },
  }
}

const isClosed = ({ operator }: Alarm): boolean => operator.at(-1)?.state === 'closed'

function alarmList(control: AlarmControl): StateProvider {
  return alarmsOf(control, 'list', {
    ...{ list: 'alarm-list', entry: 'alarm', count: 'number-of-alarms', changed: 'last-changed' },
    own: ({ created }) => leaf('time-created', dateAndTime(created)),
  })
}

function shelvedAlarms(control: AlarmControl): StateProvider {
  return alarmsOf(control, 'shelves', {
    ...{ list: 'shelved-alarms', entry: 'shelved-alarm' },
    ...{ count: 'number-of-shelved-alarms', changed: 'shelved-alarms-last-changed' },
    own: ({ shelf }) => leaf('shelf-name', shelf),
  })
}

/** Names of nodes, and what an entry has beside its keys and what all alarms have. */
interface AlarmNodes {
  readonly list: string
  readonly entry: string
  readonly count: string
  readonly changed: string
  own(alarm: Alarm): string
}

function alarmsOf(
  control: AlarmControl,
  kept: Parameters<AlarmControl['alarms']>[0],
  nodes: AlarmNodes,
): StateProvider {
  const path = `${alarmsPath}/${nodes.list}`
  const within = (content: string): string => piece(`<${nodes.list}>${content}</${nodes.list}>`)
  return {
    path,
    async *read(wanted) {
      const alarms = control.alarms(kept)
      const changed = control.changed(kept)
      yield within(
        leaf(nodes.count, alarms.length) +
          (changed === undefined ? '' : leaf(nodes.changed, dateAndTime(changed))),
      )
      for (const some of pieces(alarms, wanted, `${path}/${nodes.entry}`)) {
        const entries = some.map(
          (alarm) =>
            `<${nodes.entry}>${keys(alarm, control)}${nodes.own(alarm)}${parameters(alarm)}</${nodes.entry}>`,
        )
        yield within(entries.join(''))
      }
    },
  }
}

/** Those that are wanted, by the keys of the list. */
function* pieces(alarms: readonly Alarm[], wanted: Wanted, list: string): Iterable<readonly Alarm[]> {
  if (!wanted.mayMatch(list)) return
  const resources = wanted.values(`${list}/resource`)?.map(canonical)
  const types = wanted.values(`${list}/alarm-type-id`)
  const matching = alarms.filter(
    ({ resource, type }) =>
      (types?.includes(`weft-alarms:${type}`) ?? true) && (resources?.includes(resource) ?? true),
  )
  for (let at = 0; at < matching.length; at += pieceSize) yield matching.slice(at, at + pieceSize)
}

const keys = ({ resource, type, qualifier }: Alarm, control: AlarmControl): string =>
  resourceLeaf(resource, control) + typeLeaf(type) + leaf('alarm-type-qualifier', qualifier)

const parameters = ({ cleared, raised, changed, severity, text, changes, operator }: Alarm): string =>
  [
    leaf('is-cleared', cleared),
    leaf('last-raised', dateAndTime(raised)),
    leaf('last-changed', dateAndTime(changed)),
    leaf('perceived-severity', severity),
    leaf('alarm-text', text),
    ...changes.map(statusChange),
    ...operator.map(operatorChange),
  ].join('')

const statusChange = ({ time, severity, text }: StatusChange): string =>
  `<status-change>${leaf('time', dateAndTime(time))}${leaf('perceived-severity', severity)}` +
  `${leaf('alarm-text', text)}</status-change>`

const operatorChange = ({ time, operator, state, text }: OperatorChange): string =>
  `<operator-state-change>${leaf('time', dateAndTime(time))}${leaf('operator', operator)}${leaf('state', state)}` +
  `${leaf('text', text)}</operator-state-change>`
