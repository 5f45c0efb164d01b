/** What tests of access control are about: the modules `vault` and `vault-plus` with some contents, rules, reads and changes. */
import { createContext } from '../src/index.js'
import type { Access, AccessOperation, AccessRule, Context, Filter, Tree } from '../src/index.js'
import { ietf, modules, text } from './helpers.js'

export const all: readonly AccessOperation[] = ['create', 'read', 'update', 'delete', 'exec']
export const namespaces = 'xmlns="urn:libyang-js:vault" xmlns:p="urn:libyang-js:vault-plus"'

export function vault(): Promise<Context> {
  return createContext({
    searchDirs: [modules, ...ietf],
    modules: [
      { name: 'ietf-netconf' },
      { name: 'ietf-netconf-acm' },
      { name: 'vault' },
      { name: 'vault-plus' },
    ],
  })
}

export const contents =
  `<vault ${namespaces}><label>north</label><secret>s3cret</secret><plan><author>ann</author></plan>` +
  '<room><floor>1</floor><name>red</name><size>9</size><tag>x</tag><tag>y</tag><door><lock>four</lock><alarm><code>1</code></alarm></door>' +
  '<box><id>a</id><content>gold</content></box><box><id>b</id><content>tin</content><weight>7</weight></box>' +
  '<p:colour>dark</p:colour><p:shelf><p:count>3</p:count></p:shelf></room>' +
  '<room><floor>2</floor><name>red</name><size>4</size></room></vault>'

export function permit(path: string, access: readonly AccessOperation[] = all): AccessRule {
  return { module: '*', path, access, permit: true }
}
export function deny(path: string, access: readonly AccessOperation[] = all): AccessRule {
  return { module: '*', path, access, permit: false }
}
export const reading: readonly AccessOperation[] = ['read']

export async function seen(tree: Tree, access: Access, filter?: Filter): Promise<string> {
  return (await text(tree, { format: 'xml', access, ...(filter && { filter }) })).replaceAll(
    / xmlns(:\w+)?="[^"]*"/g,
    '',
  )
}

export async function change(context: Context, tree: Tree, xml: string) {
  using fragment = context.fragment(
    `<vault ${namespaces} xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">${xml}</vault>`,
  )
  const { journal, errors } = await tree.edit(fragment, {
    defaultOperation: 'merge',
    errorOption: 'rollback-on-error',
  })
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  await journal.net()
  return journal
}
