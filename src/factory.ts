/** The factory configuration, and the failsafe one: the first commit of a state folder, which lets admin log in. */
import { randomBytes } from 'node:crypto'
import type { Context } from 'libyang-js'
import type { Operation } from '../dataplane/client/index.js'
import type { Datastores } from '../datastore/index.js'

/** The password that admin has from the first start on. */
export interface FirstPassword {
  readonly value: string
  /** Else it was given by WEFT_ADMIN_PASSWORD. */
  readonly generated: boolean
}

/** Letters and digits that can't be mistaken for one another. */
const passwordAlphabet = 'abcdefghijkmnpqrstuvwxyz23456789'

function generatePassword(): string {
  return [...randomBytes(20)].map((byte) => passwordAlphabet[byte % passwordAlphabet.length]).join('')
}

/** What can be read of it, as the content of a `<config>`: there is no password before one is made. */
export const shownFactoryConfiguration = configuration('')

/** The user admin, with the password of WEFT_ADMIN_PASSWORD or a generated one; `xml` is the content of a `<config>`. */
export function factoryConfiguration(): { readonly xml: string; readonly password: FirstPassword } {
  const given = process.env['WEFT_ADMIN_PASSWORD']
  const value = given === undefined || given === '' ? generatePassword() : given
  const text = value.replace(/[<&]/g, (character) => (character === '<' ? '&lt;' : '&amp;'))
  return {
    xml: configuration(`<password>$0$${text}</password>`),
    password: { value, generated: value !== given },
  }
}

function configuration(password: string): string {
  return `<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><authentication><user><name>admin</name>${password}</user></authentication></system>`
}

/** The first commit. Startup, where there is one, begins as the same. */
export async function commitFactoryConfiguration(
  context: Context,
  datastores: Datastores<Operation>,
  xml: string,
  { comment, startup }: { readonly comment: string; readonly startup: boolean },
): Promise<void> {
  const requester = { session: 0, user: 'weftd' }
  using config = context.fragment(xml)
  await datastores.edit(requester, 'candidate', config, {
    defaultOperation: 'merge',
    errorOption: 'rollback-on-error',
    testOption: 'set',
  })
  await datastores.commit(requester, { comment })
  if (startup) await datastores.copy(requester, 'startup', 'running')
}
