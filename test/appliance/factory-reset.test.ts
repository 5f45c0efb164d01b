import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { NetconfClient } from '../../src/demo/client.js'
import { Weftd } from '../lab/weftd.js'

const history = '<get><filter><history xmlns="urn:weft:params:xml:ns:yang:weft-history"/></filter></get>'
const hostKeys =
  '<get><filter><netconf-server xmlns="urn:weft:params:xml:ns:yang:weft-netconf-server"><state><host-key/></state></netconf-server></filter></get>'
const contact = (text: string): string =>
  `<edit-config><target><candidate/></target><config><system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><contact>${text}</contact></system></config></edit-config>`

test('after a factory reset the appliance is as new, but for the audit log', async (t) => {
  const weftd = await Weftd.start({
    options: ['--no-demo', '--log-level', 'warn'],
    environment: { WEFT_ADMIN_PASSWORD: '' },
  })
  t.teardown(() => weftd[Symbol.asyncDispose]())
  const passwords = (output: string): string[] =>
    [...output.matchAll(/password[^\n]*?\b([a-z2-9]{20})\b/g)].map(([, password = '']) => password)
  const connect = (password: string | undefined): Promise<NetconfClient> =>
    NetconfClient.connect({
      host: '127.0.0.1',
      port: weftd.port,
      username: 'admin',
      password: password ?? '',
    })
  const port = weftd.port
  const [first] = passwords(await weftd.ready(1))
  const client = await connect(first)
  await appendFile(join(weftd.state, 'log/dataplane.log'), 'before the reset\n')
  await client.rpc(contact('somebody'))
  await client.rpc('<commit/>')
  const before = await client.rpc(hostKeys)
  await client.rpc('<factory-reset xmlns="urn:ietf:params:xml:ns:yang:ietf-factory-default"/>')
  const output = await weftd.ready(2)
  await client[Symbol.asyncDispose]()
  t.is(weftd.port, port)
  const second = passwords(output).at(-1)
  t.truthy(second)
  t.not(second, first)
  await t.throwsAsync(connect(first))
  const again = await connect(second)
  t.notRegex(await again.rpc('<get-config><source><running/></source></get-config>'), /somebody/)
  t.deepEqual(
    [...(await again.rpc(history)).matchAll(/<number>(\d+)</g)].map(([, number]) => number),
    ['1'],
  )
  t.not(/<fingerprint>(.*?)</.exec(await again.rpc(hostKeys))?.[1], /<fingerprint>(.*?)</.exec(before)?.[1])
  await again[Symbol.asyncDispose]()
  t.notRegex(await readFile(join(weftd.state, 'log/dataplane.log'), 'utf8'), /before the reset/)
  t.regex(await readFile(join(weftd.state, 'audit.log'), 'utf8'), /operation="factory-reset"/)
})
