/**
 * What access control adds to a read of 100,000 routes: a user for whom 1,000 rules each hide one of the routes, and the same
 * read with access control switched off, one after the other.
 */
import { adminPassword, Weftd } from '../../test/lab/weftd.js'
import { Reader } from '../datastore/reader.js'
import { paired, type Figure } from '../report.js'
import { routePrefix, routesXml } from '../routes.js'

const routes = 100_000
const rules = 1_000
const pairs = 7
const user = 'reader'
const getAll = '<get-config><source><running/></source></get-config>'

function configuration(): string {
  const path = (index: number): string =>
    "/rt:routing/rt:control-plane-protocols/rt:control-plane-protocol[rt:type='rt:static'][rt:name='static']/rt:static-routes" +
    `/v4:ipv4/v4:route[v4:destination-prefix='${routePrefix(index)}']`
  const list = Array.from(
    { length: rules },
    (_, index) =>
      `<rule><name>rule ${index}</name><path xmlns:rt="urn:ietf:params:xml:ns:yang:ietf-routing" xmlns:v4="urn:ietf:params:xml:ns:yang:ietf-ipv4-unicast-routing">${path((index * routes) / rules)}</path>` +
      '<access-operations>read</access-operations><action>deny</action></rule>',
  )
  return (
    `<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><authentication><user><name>${user}</name><password>$0$${adminPassword}</password></user></authentication></system>` +
    '<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"><read-default>permit</read-default>' +
    `<groups><group><name>readers</name><user-name>${user}</user-name></group></groups>` +
    `<rule-list><name>bench</name><group>readers</group>${list.join('')}</rule-list></nacm>`
  )
}

const enabled = (on: boolean): string =>
  `<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"><enable-nacm>${on}</enable-nacm></nacm>`

export async function accessFigures(): Promise<readonly Figure[]> {
  await using weftd = await Weftd.start({ options: ['--log-level', 'error'] })
  await using admin = await weftd.connect()
  await admin.edit(routesXml(0, routes, '198.51.100.2'))
  await admin.edit(configuration())
  await admin.commit()
  const to = { host: '127.0.0.1', port: weftd.port, username: user, password: adminPassword }
  await using reader = new Reader(to, getAll)
  const bytes: number[] = []
  const read = async (on: boolean): Promise<number> => {
    await admin.edit(enabled(on))
    await admin.commit()
    const reading = await reader.read()
    bytes[Number(on)] = reading.bytes
    return reading.whole
  }
  await read(false)
  await read(true)
  const times: { ours: number; peer: number }[] = []
  for (let round = 0; round < pairs; round++) {
    const peer = await read(false)
    times.push({ ours: await read(true), peer })
  }
  const [all = 0, ruled = 0] = bytes
  if (ruled >= all) throw new Error(`access control has hidden nothing: ${ruled} of ${all} bytes were read`)
  return [paired('read-of-100k-under-1000-access-rules', 'ms', 'lower', 'without access control', times)]
}
