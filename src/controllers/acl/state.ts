/** What access lists count, entry by entry; a member that does not answer counts nothing. */
import type { AclCount, Member } from '../../../dataplane/client/index.js'
import type { StateProvider } from '../../../datastore/index.js'
import { leaf } from '../xml.js'
import { claim, list } from './model.js'

const namespace = 'urn:weft:params:xml:ns:yang:weft-acl'

/** Entries in one piece of what is read. */
const pieceEntries = 1024

const counts = ({ packets, octets }: AclCount): string =>
  leaf('matched-packets', packets) + leaf('matched-octets', octets)

export function aclState(member: () => Member, names: () => ReadonlySet<string>): StateProvider {
  return {
    path: claim,
    async *read(wanted) {
      const lists = [`${list}/entry/statistics`, `${list}/default-statistics`]
      if (!lists.some((path) => wanted.mayMatch(path))) return
      const asked = wanted.values(`${list}/name`)
      const entries = wanted.values(`${list}/entry/name`)
      const chosen = entries && new Set(entries)
      for (const name of asked ?? names()) {
        if (!names().has(name)) continue
        const state = await member()
          .state({ acls: true, acl: name })
          .catch(() => undefined)
        const acl = state?.acls[0]
        if (!acl) continue
        const told = chosen ? acl.entries.filter((entry) => chosen.has(entry.name)) : acl.entries
        const wrap = (content: string) =>
          `<acls xmlns="${namespace}"><acl>${leaf('name', name)}${content}</acl></acls>`
        for (let from = 0; from < told.length; from += pieceEntries) {
          const piece = told
            .slice(from, from + pieceEntries)
            .map((one) => `<entry>${leaf('name', one.name)}<statistics>${counts(one)}</statistics></entry>`)
          yield wrap(piece.join(''))
        }
        yield wrap(`<default-statistics>${counts(acl.rest)}</default-statistics>`)
      }
    },
  }
}
