import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { PASSWORD, startAppliance } from './support/appliance.js'

const run = promisify(execFile)

/** A script with a connected manager `m` and a function `connect`; what it prints last is JSON. */
const preamble = `
import json, sys
from ncclient import manager
from ncclient.operations import RPCError
from ncclient.transport.errors import AuthenticationError
def connect(password=sys.argv[2]):
    return manager.connect(host='127.0.0.1', port=int(sys.argv[1]), username='admin', password=password,
                           hostkey_verify=False, look_for_keys=False, allow_agent=False, timeout=30)
def refused(call, *arguments, **named):
    try:
        call(*arguments, **named)
    except RPCError as error:
        return {'tag': error.tag, 'type': error.type, 'path': error.path, 'info': error.info}
IF = 'urn:ietf:params:xml:ns:yang:ietf-interfaces'
def config(name, more=''):
    return ('<config xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><interfaces xmlns="%s"><interface><name>%s</name>'
            '<type xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type">ianaift:ethernetCsmacd</type>%s'
            '</interface></interfaces></config>' % (IF, name, more))
m = connect()
`

async function ncclient(port: number, script: string): Promise<unknown> {
  const { stdout } = await run('/usr/bin/python3', ['-c', preamble + script, String(port), PASSWORD])
  return JSON.parse(stdout) as unknown
}

test('ncclient: edits, validates, commits and reads', async (t) => {
  const { server } = await startAppliance(t)
  const result = await ncclient(
    server.address.port,
    `
with m.locked('candidate'):
    m.edit_config(target='candidate', config=config('p1'), test_option='test-then-set', error_option='rollback-on-error')
    m.validate('candidate')
    m.commit()
data = m.get_config('running', filter=('subtree', '<interfaces xmlns="%s"/>' % IF)).data_xml
m.copy_config(source='running', target='candidate')
m.discard_changes()
xpath = m.get_config('running', filter=('xpath', '/interfaces/interface/name')).data_xml
schema = m.get_schema('ietf-interfaces').data
print(json.dumps({'candidate': ':candidate' in m.server_capabilities, 'p1': '<name>p1</name>' in data,
                  'xpath': 'p1' in xpath and 'type' not in xpath, 'schema': schema[:23], 'closed': m.close_session().ok}))
`,
  )
  t.deepEqual(result, {
    candidate: true,
    p1: true,
    xpath: true,
    schema: 'module ietf-interfaces ',
    closed: true,
  })
})

test('ncclient: asks for defaults in each mode', async (t) => {
  const { server } = await startAppliance(t)
  const result = await ncclient(
    server.address.port,
    `
m.edit_config(target='candidate', config=config('p1'))
def enabled(mode, read=lambda **named: m.get_config('candidate', **named)):
    data = read(with_defaults=mode).data_xml
    return 'tagged' if ':default="true">true</enabled>' in data else '>true</enabled>' in data
m.commit()
print(json.dumps({mode: [enabled(mode), enabled(mode, m.get)] for mode in ('explicit', 'trim', 'report-all', 'report-all-tagged')}))
`,
  )
  t.deepEqual(result, {
    explicit: [false, false],
    trim: [false, false],
    'report-all': [true, true],
    'report-all-tagged': ['tagged', 'tagged'],
  })
})

test('ncclient: understands refusals, and may kill another session', async (t) => {
  const { server } = await startAppliance(t)
  const result = await ncclient(
    server.address.port,
    `
other = connect()
other.lock('candidate')
denied = refused(m.lock, 'candidate')
m.kill_session(other.session_id)
m.lock('candidate')
unknown = refused(m.edit_config, target='candidate', config=config('p1', '<color>red</color>'))
try:
    connect('wrong')
    login = 'let in'
except AuthenticationError:
    login = 'refused'
print(json.dumps({'denied': denied['tag'], 'holder': str(other.session_id) in denied['info'], 'unknown': unknown['tag'], 'login': login}))
`,
  )
  t.deepEqual(result, { denied: 'lock-denied', holder: true, unknown: 'unknown-element', login: 'refused' })
})

test('ncclient: megabytes go both ways', async (t) => {
  const { server } = await startAppliance(t)
  const result = await ncclient(
    server.address.port,
    `
more = '<description>' + 'x' * 1000 + '</description>'
entries = ''.join(config('p%d' % i, more).split('%s">' % IF)[1].split('</interfaces>')[0] for i in range(5000))
whole = config('first').replace('</interfaces>', entries + '</interfaces>')
m.edit_config(target='candidate', config=whole)
data = m.get_config('candidate').data_xml
print(json.dumps({'sent': len(whole) > 5000000, 'entries': data.count('<interface>'), 'size': len(data) > 5000000}))
`,
  )
  t.deepEqual(result, { sent: true, entries: 5001, size: true })
})

test('ncclient: confirmed commits are prolonged, confirmed, cancelled, and taken back when their session dies', async (t) => {
  const { server } = await startAppliance(t)
  const result = await ncclient(
    server.address.port,
    `
def names():
    data = other.get_config('running', filter=('subtree', '<interfaces xmlns="%s"/>' % IF)).data_xml
    return [name for name in ('p1', 'p2', 'p3', 'p4') if '<name>%s</name>' % name in data]
other = connect()
m.edit_config(target='candidate', config=config('p1'))
m.commit()
m.edit_config(target='candidate', config=config('p2'))
m.commit(confirmed=True, timeout='120')
denied = refused(other.commit)
m.commit(confirmed=True, timeout='120')
m.commit()
confirmed = names()
m.edit_config(target='candidate', config=config('p3'))
m.commit(confirmed=True, timeout='120', persist='token')
m.close_session()
kept = names()
wrong = refused(other.commit, persist_id='other')
other.cancel_commit(persist_id='token')
cancelled = names()
m = connect()
m.edit_config(target='candidate', config=config('p4'))
m.commit(confirmed=True)
m.close_session()
print(json.dumps({'capability': ':confirmed-commit:1.1' in other.server_capabilities, 'denied': denied['tag'], 'confirmed': confirmed,
                  'kept': kept, 'wrong': wrong['tag'], 'cancelled': cancelled, 'died': names()}))
`,
  )
  t.deepEqual(result, {
    capability: true,
    denied: 'in-use',
    confirmed: ['p1', 'p2'],
    kept: ['p1', 'p2', 'p3'],
    wrong: 'invalid-value',
    cancelled: ['p1', 'p2'],
    died: ['p1', 'p2'],
  })
})

test("ncclient: every standard operation of its Manager, against every datastore and a file's URL", async (t) => {
  const urlFolder = await mkdtemp(join(tmpdir(), 'weft-ncclient-'))
  t.teardown(() => rm(urlFolder, { recursive: true, force: true }))
  const capabilities = ['writable-running', 'startup', 'url'] as const
  const { server } = await startAppliance(t, { capabilities: [...capabilities], urlFolder })
  const result = await ncclient(
    server.address.port,
    `
from ncclient.xml_ import to_ele
from ncclient.operations import MissingCapabilityError
NC = 'xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"'
filter = ('subtree', '<interfaces xmlns="%s"/>' % IF)
def has(data, name):
    return '<name>%s</name>' % name in data.data_xml
seen = {}
with m.locked('running'), m.locked('startup'), m.locked('candidate'):
    m.edit_config(target='candidate', config=config('p1'), default_operation='merge', test_option='set', error_option='stop-on-error')
    m.validate(source='candidate')
    m.commit()
m.lock('candidate'); m.unlock('candidate')
m.edit_config(target='running', config=config('p2'))
seen['get'] = has(m.get(filter), 'p2')
seen['defaults'] = '<enabled>true</enabled>' in m.get_config('running', filter, with_defaults='report-all').data_xml
seen['xpath'] = has(m.get_config('running', ('xpath', '/interfaces/interface[name="p1"]')), 'p1')
seen['schema'] = m.get_schema('ietf-interfaces', '2018-02-20', 'yang').data.startswith('module ietf-interfaces')
m.copy_config(source='running', target='startup')
m.validate(source='startup')
seen['startup'] = has(m.get_config('startup'), 'p2')
m.copy_config(source='running', target='file:///kept.xml')
m.copy_config(source='file:///kept.xml', target='candidate')
m.validate(source=to_ele(config('p9')))
m.delete_config('file:///kept.xml')
m.delete_config('startup')
seen['emptied'] = not has(m.get_config('startup'), 'p2')
m.edit_config(target='candidate', config=config('p3'))
m.discard_changes()
seen['discarded'] = not has(m.get_config('candidate'), 'p3')
m.edit_config(target='candidate', config=config('p4'))
m.commit(confirmed=True, timeout='60')
seen['trial'] = has(m.get_config('running'), 'p4')
m.cancel_commit()
seen['cancelled'] = not has(m.get_config('running'), 'p4')
m.edit_config(target='candidate', config=config('p5'))
m.commit(confirmed=True, timeout='60', persist='token')
m.commit(persist_id='token')
seen['dispatch'] = 'p5' in m.dispatch(to_ele('<get-config %s><source><running/></source></get-config>' % NC)).xml
data = '<get-data xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-nmda" xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores"><datastore>ds:%s</datastore>%s</get-data>'
seen['get-data'] = 'p5' in m.rpc(to_ele(data % ('operational', ''))).xml
edit = data.replace('get-data', 'edit-data') % ('candidate', config('p6').replace(NC, ''))
m.rpc(to_ele(edit))
seen['edit-data'] = has(m.get_config('candidate'), 'p6')
m.rpc(to_ele('<discard-changes %s/>' % NC))
other = connect()
m.kill_session(other.session_id)
try:
    m.create_subscription()
except MissingCapabilityError:
    seen['subscription'] = 'not offered'
seen['closed'] = m.close_session().ok
print(json.dumps(seen))
`,
  )
  t.deepEqual(result, {
    get: true,
    defaults: true,
    xpath: true,
    schema: true,
    startup: true,
    emptied: true,
    discarded: true,
    trial: true,
    cancelled: true,
    dispatch: true,
    'get-data': true,
    'edit-data': true,
    subscription: 'not offered',
    closed: true,
  })
})
