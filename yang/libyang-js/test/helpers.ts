/** What the tests of this package share: a schema of every kind of node, data for it, and printing as one text. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createContext } from '../src/index.js'
import type { Context, PrintOptions, Tree } from '../src/index.js'

function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
}

export const root = packageRoot()
export const modules = join(root, 'test/modules')
export const ietf = [
  '/usr/share/yuma/nmda-modules/ietf',
  '/usr/share/yuma/modules/ietf',
  '/usr/share/yuma/modules',
  '/usr/share/yang/modules/libyang',
]

export function bakery(features: string[] = []): Promise<Context> {
  return createContext({
    searchDirs: [modules, ...ietf],
    modules: [{ name: 'bakery', features }, { name: 'bakery-plus' }],
  })
}

export function netconf(): Promise<Context> {
  return createContext({
    searchDirs: [modules, ...ietf],
    modules: [
      { name: 'bakery' },
      { name: 'ietf-netconf', features: ['candidate', 'xpath', 'validate', 'rollback-on-error'] },
      { name: 'ietf-netconf-monitoring' },
      { name: 'ietf-interfaces' },
    ],
  })
}

export function routing(): Promise<Context> {
  return createContext({
    searchDirs: ietf,
    modules: [
      { name: 'ietf-interfaces' },
      { name: 'ietf-ip' },
      { name: 'iana-if-type' },
      { name: 'ietf-routing' },
      { name: 'ietf-ipv4-unicast-routing' },
    ],
  })
}

/** `count` static routes, as XML. */
export function routes(count: number): string {
  const list: string[] = []
  for (let i = 0; i < count; i++) {
    list.push(
      `<route><destination-prefix>10.${i >> 16}.${(i >> 8) & 255}.${i & 255}/32</destination-prefix>` +
        `<next-hop><next-hop-address>192.0.2.${i % 250}</next-hop-address></next-hop></route>`,
    )
  }
  return (
    '<routing xmlns="urn:ietf:params:xml:ns:yang:ietf-routing"><control-plane-protocols><control-plane-protocol>' +
    '<type xmlns:rt="urn:ietf:params:xml:ns:yang:ietf-routing">rt:static</type><name>st0</name><static-routes>' +
    `<ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ipv4-unicast-routing">${list.join('')}</ipv4>` +
    '</static-routes></control-plane-protocol></control-plane-protocols></routing>'
  )
}

export async function text(tree: Tree, options: PrintOptions): Promise<string> {
  const slices: Buffer[] = []
  for await (const slice of tree.print(options)) slices.push(slice)
  return Buffer.concat(slices).toString()
}

const b = 'urn:libyang-js:bakery'
const p = 'urn:libyang-js:bakery-plus'
export const shop =
  `<shop xmlns="${b}"><name>A &amp; B &lt;"bread"&gt; 'x' \u00e9\u{1f35e}</name><note>none</note><open/><terrace/>` +
  '<big>-9007199254740993</big><price>2.50</price><days>monday sunday</days><logo>aGVsbG8=</logo>' +
  `<grain xmlns:p="${p}">p:spelt</grain>` +
  `<favourite xmlns:b="${b}">/b:shop/b:bread[b:name='rye'][b:weight='500']/b:grain</favourite>` +
  `<query xmlns:b="${b}">/b:shop/b:bread[b:weight &gt; 3]</query>` +
  `<contact xmlns:p="${p}">p:spelt</contact><address>2001:DB8:0:0::1</address>` +
  '<tag>one</tag><tag>two</tag><step>3</step><step>1</step>' +
  `<bread><name>rye</name><weight>500</weight><grain>rye</grain><crust><thick>true</thick></crust><vegan xmlns="${p}">true</vegan></bread>` +
  '<bread><name>bun</name><weight>80</weight></bread>' +
  '<recipe><id>r1</id><text>line 1\nline 2\ttab &#13;</text></recipe>' +
  '<cash/><extra><a xmlns="urn:a"><b>x&amp;y</b></a></extra><page><h1 xmlns="urn:h">Hi</h1></page>' +
  '<today><sold>18446744073709551615</sold><sale><what>bun</what></sale><sale><what>bun</what></sale></today>' +
  `<motto xmlns="${p}">fresh</motto><award xmlns="${p}">x</award><cellar xmlns="${p}"><depth>3</depth><grain xmlns:b="${b}">b:rye</grain></cellar>` +
  '</shop>' +
  `<ovens xmlns="${b}"><count>2</count></ovens>`
