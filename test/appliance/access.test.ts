/** Access control of the whole appliance: what the factory permits to whom, and the way back for who has locked himself out. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { NetconfClient } from '../../src/demo/client.js'
import { Weftd } from '../lab/weftd.js'

const system = (xml: string) => `<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system">${xml}</system>`
const nacm = (xml: string) =>
  `<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">${xml}</nacm>`
const edit = (config: string) =>
  `<edit-config><target><candidate/></target><config>${config}</config></edit-config>`
const history = 'xmlns="urn:weft:params:xml:ns:yang:weft-history"'
const nmda =
  'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-nmda" xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores"'
const running = '<get-config><source><running/></source></get-config>'

const reading = [
  '<get/>',
  running,
  '<get-config><source><candidate/></source></get-config>',
  `<get-data ${nmda}><datastore>ds:operational</datastore></get-data>`,
  '<get-schema xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><identifier>weft-history</identifier></get-schema>',
  `<compare ${history}><source><commit>0</commit></source><target><running/></target></compare>`,
]
const writing = [
  edit(system('<contact>guest</contact>')),
  `<edit-data ${nmda}><datastore>ds:candidate</datastore><config>${system('<contact>guest</contact>')}</config></edit-data>`,
  '<copy-config><target><candidate/></target><source><running/></source></copy-config>',
  '<delete-config><target><startup/></target></delete-config>',
  '<lock><target><running/></target></lock>',
  '<unlock><target><candidate/></target></unlock>',
  '<partial-lock xmlns="urn:ietf:params:xml:ns:netconf:partial-lock:1.0"><select>/system</select></partial-lock>',
  '<validate><source><candidate/></source></validate>',
  '<discard-changes/>',
  '<commit/>',
  `<commit-configuration ${history}/>`,
  '<cancel-commit/>',
  `<rollback ${history}><back>1</back></rollback>`,
  '<kill-session><session-id>1</session-id></kill-session>',
  '<factory-reset xmlns="urn:ietf:params:xml:ns:yang:ietf-factory-default"/>',
]

test('the factory lets admin do everything and others read what is no secret; who locks himself out is let in by an option', async (t) => {
  const state = await mkdtemp(join(tmpdir(), 'weft-access-'))
  t.teardown(() => rm(state, { recursive: true, force: true }))
  const options = ['--no-demo', '--startup', '--log-level', 'warn']
  {
    await using weftd = await Weftd.start({ state, options })
    const key = Buffer.concat([
      Buffer.from([0, 0, 0, 11]),
      Buffer.from('ssh-ed25519'),
      Buffer.alloc(36, 1),
    ]).toString('base64')
    await using admin = await weftd.connect()
    await admin.rpc(
      edit(
        system(
          '<authentication><user><name>guest</name><password>$0$of guests</password>' +
            `<authorized-key><name>k</name><algorithm>ssh-ed25519</algorithm><key-data>${key}</key-data></authorized-key>` +
            '</user></authentication>',
        ),
      ),
    )
    await admin.rpc('<commit/>')
    t.regex(await admin.rpc(running), /<nacm.*\$6\$/s)

    await using guest = await NetconfClient.connect({
      host: '127.0.0.1',
      port: weftd.port,
      username: 'guest',
      password: 'of guests',
    })
    for (const operation of reading) {
      const reply = (await guest.send(operation)).toString()
      t.notRegex(reply, /<rpc-error/, operation)
      t.false(reply.includes('$6$') || reply.includes(key) || reply.includes('<nacm'), operation)
    }
    t.regex(await guest.rpc(running), /<name>guest</)
    await admin.rpc(
      '<partial-lock xmlns="urn:ietf:params:xml:ns:netconf:partial-lock:1.0"><select>/nacm</select></partial-lock>',
    )
    t.regex(await admin.rpc('<get/>'), /<locked-node/)
    t.notRegex(await guest.rpc('<get/>'), /<locked-node|<partial-lock>/)
    await admin.rpc(
      '<partial-unlock xmlns="urn:ietf:params:xml:ns:netconf:partial-lock:1.0"><lock-id>1</lock-id></partial-unlock>',
    )
    for (const operation of writing)
      t.regex((await guest.send(operation)).toString(), /<error-tag>access-denied</, operation)

    const address = (name: string, prefix: string) =>
      `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>${name}</name>` +
      '<type xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type">ianaift:softwareLoopback</type>' +
      `<ipv4 xmlns="urn:ietf:params:xml:ns:yang:ietf-ip"><address><ip>${prefix}</ip><prefix-length>32</prefix-length></address></ipv4>` +
      '</interface></interfaces>'
    const rule = (name: string, interfaceName: string, operations: string, action: string) =>
      `<rule><name>${name}</name><path xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces">` +
      `/if:interfaces/if:interface[if:name='${interfaceName}']</path>` +
      `<access-operations>${operations}</access-operations><action>${action}</action></rule>`
    const permitted = (operation: string) =>
      `<rule><name>${operation}</name><module-name>ietf-netconf</module-name><rpc-name>${operation}</rpc-name>` +
      '<access-operations>exec</access-operations><action>permit</action></rule>'
    await admin.rpc(edit(address('lo1', '192.0.2.77')))
    await admin.rpc(
      edit(
        nacm(
          '<groups><group><name>guests</name><user-name>guest</user-name></group></groups>' +
            `<rule-list nc:operation="create" xmlns:y="urn:ietf:params:xml:ns:yang:1" y:insert="first"><name>guests</name><group>guests</group>` +
            rule('hidden', 'lo1', 'read', 'deny') +
            rule('own', 'lo2', '*', 'permit') +
            ['edit-config', 'commit', 'discard-changes'].map(permitted).join('') +
            '</rule-list>',
        ),
      ),
    )
    await admin.rpc('<commit/>')
    await guest.rpc(edit(address('lo2', '192.0.2.77')))
    const told = (await guest.send('<commit/>')).toString()
    t.regex(told, /192\.0\.2\.77 is an address of another interface already/)
    t.notRegex(told, /lo1/)
    t.regex((await admin.send('<commit/>')).toString(), /is an address of interface lo1 already/)
    await guest.rpc('<discard-changes/>')

    await admin.rpc(edit(nacm('<groups><group nc:operation="delete"><name>admin</name></group></groups>')))
    await admin.rpc('<commit/>')
    t.regex((await admin.send('<commit/>')).toString(), /<error-tag>access-denied</)
  }
  {
    await using weftd = await Weftd.start({ state, options: [...options, '--recovery-user', 'admin'] })
    await using admin = await weftd.connect()
    await admin.rpc(
      edit(nacm('<groups><group><name>admin</name><user-name>admin</user-name></group></groups>')),
    )
    await admin.rpc('<commit/>')
  }
  const records = (await readFile(join(state, 'audit.log'), 'utf8')).split('\n')
  t.true(records.some((line) => line.includes('session-opened') && line.includes('recovery="true"')))
  t.true(records.some((line) => line.includes('user="guest"') && line.includes('result="access-denied"')))
})
