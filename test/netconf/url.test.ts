/** Configuration files (RFC 6241, section 8.8): what is in them, and that no URL leads out of their folder. */
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { startAppliance } from './support/appliance.js'
import { BASE } from './support/client.js'
import { copy, done, edit, interfaces, names, outcome } from './support/interfaces.js'

async function start(t: ExecutionContext, limits = {}) {
  const home = await mkdtemp(join(tmpdir(), 'weft-url-'))
  t.teardown(() => rm(home, { recursive: true, force: true }))
  const urlFolder = join(home, 'files')
  await mkdir(urlFolder)
  const appliance = await startAppliance(t, {
    capabilities: ['url', 'startup', 'writable-running'],
    urlFolder,
    limits,
  })
  return { ...appliance, home, folder: urlFolder, client: await appliance.connect() }
}

const url = (name: string): string => `<url>file:///${name}</url>`
const document = (...content: readonly string[]): string =>
  `<config xmlns="${BASE}">${interfaces(...content)}</config>`
const validate = (source: string): string => `<validate><source>${source}</source></validate>`
const editFrom = (source: string): string =>
  `<edit-config><target><candidate/></target>${source}</edit-config>`
const remove = (target: string): string => `<delete-config><target>${target}</target></delete-config>`

test('what was copied to a file is edited in, validated, copied back and deleted', async (t) => {
  const { client, folder } = await start(t)
  t.true(client.serverHello.includes('urn:ietf:params:netconf:capability:url:1.0?scheme=file<'))
  await mkdir(join(folder, 'site'))
  await done(client, edit('running', interfaces('p1')), copy('<running/>', url('site/backup.xml')))
  const text = await readFile(join(folder, 'site/backup.xml'), 'utf8')
  t.regex(
    text,
    /^<\?xml version="1.0" encoding="UTF-8"\?>\n<config xmlns="[^"]*"><interfaces .*<\/config>\n$/s,
  )
  t.is((await stat(join(folder, 'site/backup.xml'))).mode & 0o777, 0o600)
  await done(client, edit('running', interfaces('p2')), validate(url('site/backup.xml')))
  await done(client, editFrom(url('site/backup.xml')))
  t.deepEqual(await names(client, 'candidate'), ['p1', 'p2'])
  await done(client, copy(url('site/backup.xml'), '<running/>'))
  t.deepEqual(await names(client, 'running'), ['p1'])
  await done(client, remove(url('site/backup.xml')))
  t.deepEqual(await readdir(join(folder, 'site')), [])
  const [gone] = await outcome(client, remove(url('site/backup.xml')))
  t.is(gone?.tag, 'data-missing')
  t.regex(gone?.path ?? '', /nc:delete-config\/nc:target\/nc:url$/)
  const [nowhere] = await outcome(client, copy('<running/>', url('elsewhere/backup.xml')))
  t.is(nowhere?.tag, 'data-missing')
  t.regex(nowhere?.message ?? '', /no folder "?(&quot;)?elsewhere/)
})

test('a file may be written as XML permits, by an editor of its own', async (t) => {
  const { client, folder } = await start(t)
  const prefixed = `<?xml version="1.0" encoding="UTF-8"?>
<!-- by hand -->
<nc:config xmlns:nc="${BASE}" xmlns:if="urn:ietf:params:xml:ns:yang:ietf-interfaces" xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">
  <if:interfaces><if:interface nc:operation="create"><if:name>p1</if:name><if:type>t:ethernetCsmacd</if:type></if:interface></if:interfaces>
</nc:config>
`
  await writeFile(join(folder, 'hand made.xml'), prefixed)
  await done(client, editFrom(url('hand%20made.xml')))
  t.deepEqual(await names(client, 'candidate'), ['p1'])
  const [again] = await outcome(client, editFrom(url('hand%20made.xml')))
  t.is(again?.tag, 'data-exists')
})

test('no URL leads out of the folder', async (t) => {
  const { client, folder, home } = await start(t)
  await writeFile(join(home, 'secret.xml'), document('secret'))
  await mkdir(join(home, 'elsewhere'))
  await symlink('../secret.xml', join(folder, 'link.xml'))
  await symlink('../elsewhere', join(folder, 'linked'))
  await writeFile(join(folder, 'plain.xml'), document())
  await mkdir(join(folder, 'sub'))
  spawnSync('mkfifo', [join(folder, 'pipe')])
  const refused: readonly (readonly [string, RegExp])[] = [
    ['file:///../secret.xml', /does not begin with a dot/],
    ['file:///sub/../../secret.xml', /does not begin with a dot/],
    ['file:///%2e%2e/secret.xml', /does not begin with a dot/],
    ['file:///..%2fsecret.xml', /does not begin with a dot/],
    ['file:///sub%2f..%2f..%2fsecret.xml', /no slash in it/],
    ['file:////etc/passwd', /1 to 200 octets/],
    ['file:///plain.xml%00.txt', /no slash in it/],
    ['file:///%0a.xml', /no control character/],
    ['file:///sub/%7f.xml', /no control character/],
    ['file:///', /1 to 200 octets/],
    ['file:///%zz', /1 to 200 octets/],
    ['file:///link.xml', /symbolic link/],
    ['file:///linked/x.xml', /symbolic link|not a folder/],
    ['file:///plain.xml/x.xml', /not a folder/],
    ['file:///sub', /not a file|a folder/],
    ['file:///pipe', /not a file/],
    ['file://example.org/plain.xml', /file:\/\/\/NAME/],
    ['http://127.0.0.1/plain.xml', /file:\/\/\/NAME/],
    ['plain.xml', /file:\/\/\/NAME/],
  ]
  for (const [name, message] of refused) {
    const element = `<url>${name}</url>`
    for (const operation of [
      copy(element, '<candidate/>'),
      copy('<running/>', element),
      remove(element),
      editFrom(element),
      validate(element),
    ]) {
      const [error] = await outcome(client, operation)
      t.is(error?.tag, 'invalid-value', operation)
      t.regex(error?.message ?? '', message, operation)
      t.regex(error?.path ?? '', /nc:url$/, operation)
    }
  }
  t.deepEqual((await readdir(folder)).sort(), ['link.xml', 'linked', 'pipe', 'plain.xml', 'sub'])
  t.deepEqual(await readdir(join(home, 'elsewhere')), [])
  t.is(await readFile(join(home, 'secret.xml'), 'utf8'), document('secret'))
})

test('what is in a file and wrong is told, and nothing is changed', async (t) => {
  const { client, folder } = await start(t, { messageBytes: 20_000 })
  await done(client, edit('candidate', interfaces('before')))
  const files: readonly (readonly [string, string, string, RegExp])[] = [
    ['empty.xml', '', 'invalid-value', /not a &lt;config&gt; document/],
    ['cut.xml', document('p1').slice(0, -20), 'invalid-value', /not a &lt;config&gt; document/],
    ['two.xml', document() + document(), 'invalid-value', /not a &lt;config&gt; document/],
    ['data.xml', `<data xmlns="${BASE}"/>`, 'invalid-value', /the document is &lt;data&gt;/],
    ['bare.xml', '<config/>', 'invalid-value', /the document is &lt;config&gt; of namespace/],
    [
      'entity.xml',
      `<!DOCTYPE x [<!ENTITY e "x">]>${document()}`,
      'invalid-value',
      /not a &lt;config&gt; document/,
    ],
    [
      'unknown.xml',
      `<config xmlns="${BASE}"><box xmlns="urn:none"/></config>`,
      'unknown-namespace',
      /urn:none/,
    ],
    ['big.xml', document('p'.repeat(20_000)), 'too-big', /larger than 20000 octets/],
  ]
  for (const [name, content, tag, message] of files) {
    await writeFile(join(folder, name), content)
    for (const operation of [copy(url(name), '<candidate/>'), editFrom(url(name)), validate(url(name))]) {
      const [error] = await outcome(client, operation)
      t.is(error?.tag, tag, name)
      t.regex(error?.message ?? '', message, name)
    }
  }
  t.deepEqual(await names(client, 'candidate'), ['before'])
})

test('a copy that fails leaves the file as it was, and none of its own behind', async (t) => {
  const { client, folder } = await start(t, { messageBytes: 2_000 })
  await writeFile(join(folder, 'kept.xml'), document('old'))
  const many = Array.from({ length: 30 }, (_, index) => `interface-number-${index}`)
  for (const name of many) await done(client, edit('candidate', interfaces(name)))
  const [error] = await outcome(client, copy('<candidate/>', url('kept.xml')))
  t.is(error?.tag, 'too-big')
  const invalid = `<config><interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><nonsense/></interfaces></config>`
  const [wrong] = await outcome(client, copy(invalid, url('kept.xml')))
  t.is(wrong?.tag, 'unknown-element')
  t.deepEqual(await readdir(folder), ['kept.xml'])
  t.is(await readFile(join(folder, 'kept.xml'), 'utf8'), document('old'))
})
