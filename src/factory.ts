/**
 * The factory configuration, and the failsafe one: the first commit of a state folder. The user admin may do everything; whoever
 * else is made a user may read what is no secret (RFC 8341).
 */
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

/** Operations that only read, by module. */
const reading: readonly (readonly [module: string, operation: string])[] = [
  ['ietf-netconf', 'get'],
  ['ietf-netconf', 'get-config'],
  ['ietf-netconf-nmda', 'get-data'],
  ['ietf-netconf-monitoring', 'get-schema'],
  ['ietf-nmda-compare', 'compare'],
  ['weft-history', 'compare'],
]

const rule = (name: string, content: string): string =>
  `<rule><name>${name}</name>${content}<action>permit</action></rule>`

/** Every user is in the group everyone, which the transport reports. */
const accessControl =
  '<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm">' +
  '<read-default>permit</read-default><write-default>deny</write-default><exec-default>deny</exec-default>' +
  '<groups><group><name>admin</name><user-name>admin</user-name></group></groups>' +
  `<rule-list><name>admin</name><group>admin</group>${rule('all', '<module-name>*</module-name><access-operations>*</access-operations>')}</rule-list>` +
  '<rule-list><name>everyone</name><group>everyone</group>' +
  reading
    .map(([module, operation]) =>
      rule(
        `${module}-${operation}`,
        `<module-name>${module}</module-name><rpc-name>${operation}</rpc-name><access-operations>exec</access-operations>`,
      ),
    )
    .join('') +
  '</rule-list></nacm>'

/** What can be read of it, as the content of a `<config>`: there is no password before one is made. */
export const shownFactoryConfiguration = configuration('')

/** The user admin, with a password made before, that of WEFT_ADMIN_PASSWORD or a generated one; `xml` is the content of a `<config>`. */
export function factoryConfiguration(made?: FirstPassword): {
  readonly xml: string
  readonly password: FirstPassword
} {
  const given = process.env['WEFT_ADMIN_PASSWORD']
  const value = made?.value ?? (given === undefined || given === '' ? generatePassword() : given)
  const text = value.replace(/[<&]/g, (character) => (character === '<' ? '&lt;' : '&amp;'))
  return {
    xml: configuration(`<password>$0$${text}</password>`),
    password: { value, generated: value !== given },
  }
}

function configuration(password: string): string {
  return `<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><authentication><user><name>admin</name>${password}</user></authentication></system>${accessControl}`
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
