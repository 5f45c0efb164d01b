/** What the classes of packets for the box have passed and dropped, by member. */
import type { Member } from '../../../dataplane/client/index.js'
import type { StateProvider } from '../../../datastore/index.js'
import { leaf } from '../xml.js'

export function puntState(members: () => readonly Member[]): StateProvider {
  return {
    path: '/weft-dataplane:dataplane/members/member/weft-forwarding:punt-class',
    async *read() {
      for (const one of members()) {
        const state = one.attached ? await one.state({ punt: true }).catch(() => undefined) : undefined
        if (!state || state.punt.length === 0) continue
        const classes = state.punt.map(
          ({ name, rate, burst, passed, dropped }) =>
            '<punt-class xmlns="urn:weft:params:xml:ns:yang:weft-forwarding">' +
            leaf('name', name) +
            leaf('rate', rate) +
            leaf('burst', burst) +
            leaf('passed', passed) +
            leaf('dropped', dropped) +
            '</punt-class>',
        )
        yield (
          '<dataplane xmlns="urn:weft:params:xml:ns:yang:weft-dataplane"><members><member>' +
          `${leaf('name', one.name)}${classes.join('')}</member></members></dataplane>`
        )
      }
    },
  }
}
