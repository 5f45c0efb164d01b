import test from 'ava'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createContext, LibyangError } from 'libyang-js'
import { MissingModuleError, modules, schema, searchDirs } from '../../yang/schema.js'

test('every module loads, with just the features that are said', async (t) => {
  using context = await createContext(schema())
  for (const request of modules) {
    const info = context.modules.find(({ name, implemented }) => name === request.name && implemented)
    t.truthy(info, request.name)
    t.is(info?.revision, request.revision)
    t.deepEqual([...(info?.features ?? [])].sort(), [...(request.features ?? [])].sort(), request.name)
  }
  t.true(context.modules.find(({ name }) => name === 'ietf-system')?.deviations.includes('weft-deviations'))
})

test('what deviations take out of a standard module cannot be configured', async (t) => {
  using context = await createContext(schema())
  const system = (content: string) =>
    `<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system">${content}</system>`
  const tree = await context.parse(system('<contact>noc</contact><location>here</location>'), 'xml')
  tree[Symbol.dispose]()
  for (const [content, element] of [
    ['<hostname>x</hostname>', 'hostname'],
    ['<clock><timezone-utc-offset>60</timezone-utc-offset></clock>', 'clock'],
    ['<dns-resolver><search>example.org</search></dns-resolver>', 'dns-resolver'],
    ['<ntp><enabled>true</enabled></ntp>', 'ntp'],
  ] as const) {
    const error = await t.throwsAsync(
      context.parse(system(content), 'xml'),
      { instanceOf: LibyangError },
      content,
    )
    t.like(error?.errors[0], { tag: 'unknown-element', path: '/ietf-system:system' }, content)
    t.deepEqual(error?.errors[0]?.info?.['bad-element'], element, content)
  }
})

test('a missing module names the Debian package that has it', async (t) => {
  const empty = await mkdtemp(join(tmpdir(), 'weft-schema-'))
  t.teardown(() => rm(empty, { recursive: true }))
  const error = t.throws(() => schema({ dirs: [searchDirs[0] as string, empty] }), {
    instanceOf: MissingModuleError,
  })
  t.regex(
    error.message,
    /no YANG module ietf-netconf@2011-06-01 in .*: install the Debian package libyuma-base/,
  )
  t.throws(() => schema({ dirs: [empty, ...searchDirs.slice(1)] }), {
    message: /ietf-factory-default@.*belongs to Weft itself/,
  })
})

test("Weft's own modules are clean in the eyes of yanglint", async (t) => {
  const folder = searchDirs[0] as string
  const files = (await readdir(folder))
    .filter((file) => file.endsWith('.yang'))
    .map((file) => join(folder, file))
  t.true(files.length >= 3)
  const paths = searchDirs.flatMap((dir) => ['-p', dir])
  try {
    await promisify(execFile)('yanglint', [...paths, ...files])
    t.pass()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      t.log('skipped: yanglint (Debian libyang2-tools) is not installed')
      return t.pass()
    }
    t.fail((error as Error).message)
  }
})
