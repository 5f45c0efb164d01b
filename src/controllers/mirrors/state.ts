/** What mirrors have copied; a member that does not answer has copied nothing. */
import type { Member } from '../../../dataplane/client/index.js'
import type { StateProvider } from '../../../datastore/index.js'
import { leaf } from '../xml.js'
import { claim } from './model.js'

export function mirrorState(member: () => Member): StateProvider {
  return {
    path: claim,
    async *read() {
      const one = member()
      const state = one.attached ? await one.state({ mirrors: true }).catch(() => undefined) : undefined
      if (!state || state.mirrors.length === 0) return
      const each = state.mirrors.map(
        ({ name, packets, octets, overRate, lost }) =>
          `<mirror>${leaf('name', name)}<statistics>${leaf('packets', packets)}${leaf('octets', octets)}` +
          `${leaf('over-rate', overRate)}${leaf('lost', lost)}</statistics></mirror>`,
      )
      yield `<mirrors xmlns="urn:weft:params:xml:ns:yang:weft-mirror">${each.join('')}</mirrors>`
    },
  }
}
