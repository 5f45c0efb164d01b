/** Operational state of the chassis: its members in their slots with certificates and ports, and who wants to be one. */
import type { StateProvider } from '../../../datastore/index.js'
import { dateAndTime, leaf } from '../xml.js'
import type { ChassisControl, ChassisState, MemberStatus } from './model.js'
import { claim, namespace } from './paths.js'

export function chassisState(control: () => ChassisControl | undefined): StateProvider {
  return {
    path: claim,
    async *read() {
      const state = control()?.state
      if (!state) return
      const content = [...state.members.map(member), admission(state)].join('')
      yield `<chassis xmlns="${namespace}">${content}</chassis>`
    },
  }
}

const time = (at: Date | undefined): string | undefined => at && dateAndTime(at.getTime())

function member(status: MemberStatus): string {
  const { certificate } = status
  return [
    `<member>${leaf('name', status.name)}<state>`,
    leaf('slot', status.slot),
    leaf('connected', status.connected),
    leaf('since', time(status.since)),
    leaf('address', status.address),
    leaf('version', status.version),
    leaf('boot', status.boot),
    leaf('commit', status.commit),
    leaf('key-fingerprint', status.key),
    `<certificate>${leaf('serial', certificate.serial)}${leaf('fingerprint', certificate.fingerprint)}`,
    leaf('expires', dateAndTime(certificate.expires)),
    leaf('revoked', certificate.revoked),
    '</certificate>',
    ...status.ports.map(
      ({ name, device, mac, mtu, speed, up }) =>
        `<port>${leaf('name', name)}${leaf('device', device)}${leaf('phys-address', mac)}` +
        leaf('mtu', mtu > 0 ? mtu : undefined) +
        leaf('speed', speed === undefined || speed === 0n ? undefined : speed) +
        `${leaf('link-up', up)}</port>`,
    ),
    '</state></member>',
  ].join('')
}

function admission({ identity, authority, listening, pending, tokens }: ChassisState): string {
  const content = [
    leaf('identity', identity),
    leaf('authority', authority),
    listening &&
      `<listening>${leaf('address', listening.address)}${leaf('port', listening.port)}</listening>`,
    ...pending.map(
      (one) =>
        `<pending>${leaf('member', one.member)}${leaf('key-fingerprint', one.fingerprint)}` +
        `${leaf('address', one.address)}${leaf('version', one.version)}${leaf('since', time(one.since))}` +
        `${leaf('approved', one.approved)}</pending>`,
    ),
    ...tokens.map(
      (token, index) =>
        `<token>${leaf('number', index + 1)}${leaf('member', token.member)}` +
        `${leaf('expires', dateAndTime(token.expires))}${leaf('used', token.used)}</token>`,
    ),
  ].join('')
  return content === '' ? '' : `<state>${content}</state>`
}
