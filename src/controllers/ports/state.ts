/** What the workers of a member do, who serves the receive queues of its ports, and why other drivers do not. */
import type { Member, MemberState, StateQuery } from '../../../dataplane/client/index.js'
import type { StateProvider } from '../../../datastore/index.js'
import { formatMac } from '../../rib/index.js'
import { leaf } from '../xml.js'

const xmlns = 'xmlns="urn:weft:params:xml:ns:yang:weft-ports"'

/** What `show` makes of each member's state, in its place; nothing of one that does not answer. */
function provider(
  members: () => readonly Member[],
  path: string,
  query: StateQuery,
  show: (state: MemberState) => string,
): StateProvider {
  return {
    path: `/weft-dataplane:dataplane/members/member/${path}`,
    async *read() {
      for (const one of members()) {
        const state = one.attached ? await one.state(query).catch(() => undefined) : undefined
        const content = state ? show(state) : ''
        if (content === '') continue
        yield (
          '<dataplane xmlns="urn:weft:params:xml:ns:yang:weft-dataplane"><members><member>' +
          `${leaf('name', one.name)}${content}</member></members></dataplane>`
        )
      }
    },
  }
}

export const workerState = (members: () => readonly Member[]): StateProvider =>
  provider(members, 'weft-ports:worker', { workers: true }, ({ workers }) =>
    workers
      .map(
        ({ id, asleep, cpu, reason, cpuTime, rxQueues }) =>
          `<worker ${xmlns}>` +
          leaf('id', id) +
          leaf('state', asleep ? 'sleeping' : 'polling') +
          leaf('cpu', cpu) +
          leaf('cpu-reason', reason || undefined) +
          leaf('cpu-time', cpuTime) +
          leaf('rx-queues', rxQueues) +
          '</worker>',
      )
      .join(''),
  )

export const driverState = (members: () => readonly Member[]): StateProvider =>
  provider(members, 'port/weft-ports:other-driver', { ports: true }, ({ ports }) =>
    ports
      .filter(({ others }) => others.length > 0)
      .map(({ name, others }) => {
        const drivers = others.map(
          (other) =>
            `<other-driver ${xmlns}>${leaf('name', other.name)}${leaf('reason', other.reason)}</other-driver>`,
        )
        return `<port>${leaf('name', name)}${drivers.join('')}</port>`
      })
      .join(''),
  )

export const fastPathState = (members: () => readonly Member[]): StateProvider =>
  provider(members, 'port/weft-ports:fast-path', { ports: true }, ({ ports }) =>
    ports
      .map(
        ({ name, fastPath, fastPathReason, fastPathPackets }) =>
          `<port>${leaf('name', name)}<fast-path ${xmlns}>` +
          leaf('hook', fastPath) +
          leaf('reason', fastPathReason || undefined) +
          leaf('packets', fastPathPackets) +
          '</fast-path></port>',
      )
      .join(''),
  )

export const madeState = (members: () => readonly Member[]): StateProvider =>
  provider(members, 'port/weft-ports:made', { ports: true }, ({ ports }) =>
    ports
      .flatMap(({ name, made }) => (made ? [{ name, ...made }] : []))
      .map(
        ({ name, namespace, device, link }) =>
          `<port>${leaf('name', name)}<made ${xmlns}>` +
          leaf('namespace', namespace) +
          leaf('device', device) +
          leaf('oper-status', link ? (link.up ? 'up' : 'down') : 'not-present') +
          leaf('mac-address', link && formatMac(link.mac)) +
          leaf('mtu', link?.mtu) +
          '</made></port>',
      )
      .join(''),
  )

export const queueState = (members: () => readonly Member[]): StateProvider =>
  provider(members, 'port/weft-ports:rx-queue', { ports: true }, ({ ports }) =>
    ports
      .filter(({ workers }) => workers.length > 0)
      .map(({ name, workers }) => {
        const queues = workers.map(
          (worker, id) => `<rx-queue ${xmlns}>${leaf('id', id)}${leaf('worker', worker)}</rx-queue>`,
        )
        return `<port>${leaf('name', name)}${queues.join('')}</port>`
      })
      .join(''),
  )
