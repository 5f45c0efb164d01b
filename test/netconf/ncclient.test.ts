import { execFile } from 'node:child_process'
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
