import test from 'ava'
import { Box, system } from './box.js'

const user = (name: string, content: string): string =>
  system(`<authentication><user><name>${name}</name>${content}</user></authentication>`)

const path = (name: string, rest = '') => `/ietf-system:system/authentication/user[name='${name}']${rest}`

/** A public key as SSH writes it, of these octets. */
function publicKey(format: string, fill: number): Buffer {
  const word = (bytes: Buffer) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  return Buffer.concat([word(Buffer.from(format)), word(Buffer.alloc(32, fill))])
}

const authorized = (algorithm: string, data: Buffer, name = 'laptop'): string =>
  `<authorized-key><name>${name}</name><algorithm>${algorithm}</algorithm><key-data>${data.toString('base64')}</key-data></authorized-key>`

test('a clear password is hashed before anything is journaled, and lets its user in', async (t) => {
  using box = await Box.open()
  const candidate = await box.running.copy()
  using tree = candidate
  using fragment = box.yang.fragment(user('admin', '<password>$0$secret-word</password>'))
  const { journal, errors } = await tree.edit(fragment, {
    defaultOperation: 'merge',
    errorOption: 'rollback-on-error',
  })
  using changes = journal
  t.deepEqual(errors, [])
  for (const { normalize } of box.controllers.controllers) await normalize?.(tree, changes)
  await changes.net()
  const text = Buffer.concat(await changes.encode(1 << 20)).toString()
  t.false(text.includes('secret-word'))
  t.true(text.includes('$6$'))
  t.regex((await tree.value(path('admin', '/password'))) ?? '', /^\$6\$/)

  await box.commit(user('admin', '<password>$0$secret-word</password>'))
  t.true(await box.authenticator.password('admin', 'secret-word'))
  t.false(await box.authenticator.password('admin', 'wrong'))
})

test('a hash stays as it is, and another edit does not hash it again', async (t) => {
  using box = await Box.open()
  await box.commit(user('admin', '<password>$0$one</password>'))
  const hash = await box.running.value(path('admin', '/password'))
  await box.commit(system('<contact>noc</contact>'))
  t.is(await box.running.value(path('admin', '/password')), hash)
  await box.commit(user('admin', `<password>${hash}</password>`))
  t.true(await box.authenticator.password('admin', 'one'))
})

test('every user with credentials may log in, and who is unknown costs the same', async (t) => {
  using box = await Box.open()
  await box.commit(user('admin', '<password>$0$right</password>'))
  await box.commit(
    user('guest', '<password>$0$right</password>' + authorized('ssh-ed25519', publicKey('ssh-ed25519', 1))),
  )
  t.true(await box.authenticator.password('guest', 'right'))
  t.false(await box.authenticator.password('nobody', 'right'))
  t.false(await box.authenticator.password('nobody', ''))
  t.true(
    box.authenticator.publicKey('guest', { algorithm: 'ssh-ed25519', data: publicKey('ssh-ed25519', 1) }),
  )
  const cost = async (name: string) => {
    let best = Infinity
    for (let i = 0; i < 5; i++) {
      const begin = performance.now()
      await box.authenticator.password(name, 'wrong')
      best = Math.min(best, performance.now() - begin)
    }
    return best
  }
  const [known, unknown] = [await cost('admin'), await cost('nobody')]
  t.true(unknown > known / 5, `${unknown} ms against ${known} ms`)
})

test('an authorized key lets admin in, until it is deleted', async (t) => {
  using box = await Box.open()
  const [one, two] = [publicKey('ssh-ed25519', 1), publicKey('ssh-rsa', 2)]
  await box.commit(
    user(
      'admin',
      '<password>$0$x</password>' + authorized('ssh-ed25519', one) + authorized('rsa-sha2-512', two, 'rsa'),
    ),
  )
  t.true(box.authenticator.publicKey('admin', { algorithm: 'ssh-ed25519', data: one }))
  t.true(box.authenticator.publicKey('admin', { algorithm: 'rsa-sha2-256', data: two }))
  t.false(
    box.authenticator.publicKey('admin', { algorithm: 'ssh-ed25519', data: publicKey('ssh-ed25519', 3) }),
  )
  await box.commit(
    user('admin', '<authorized-key nc:operation="delete"><name>laptop</name></authorized-key>'),
  )
  t.false(box.authenticator.publicKey('admin', { algorithm: 'ssh-ed25519', data: one }))
})

test('refused, with their paths: hashes that cannot be verified, and keys that are none', async (t) => {
  using box = await Box.open()
  t.deepEqual(await box.refusal(user('admin', `<password>$1$salt$${'a'.repeat(22)}</password>`)), [
    `${path('admin', '/password')}: MD5 hashes ($1$) are not supported; take $0$ and the clear password, or a $6$ hash`,
  ])
  t.deepEqual(
    await box.refusal(user('admin', `<password>$6$rounds=900000$salt$${'a'.repeat(86)}</password>`)),
    [
      `${path('admin', '/password')}: a hash of 900000 rounds would hold up every login; at most 50000 are supported`,
    ],
  )
  t.deepEqual(await box.refusal(user('admin', authorized('ssh-ed25519', Buffer.from('hello')))), [
    `${path('admin', "/authorized-key[name='laptop']/key-data")}: key-data is not an SSH public key; take the second word of the .pub file as it is`,
  ])
  t.deepEqual(await box.refusal(user('admin', authorized('ssh-rsa', publicKey('ssh-ed25519', 1)))), [
    `${path('admin', "/authorized-key[name='laptop']/algorithm")}: key-data is of algorithm ssh-ed25519, not ssh-rsa`,
  ])
})

test('what would lock everybody out is refused', async (t) => {
  using box = await Box.open()
  t.deepEqual(await box.refusal(system('<contact>nobody yet</contact>')), [])
  await box.commit(user('admin', '<password>$0$x</password>'))
  const refusal = await box.refusal(
    system('<authentication><user nc:operation="delete"><name>admin</name></user></authentication>'),
  )
  t.deepEqual(refusal, [
    '/ietf-system:system/authentication: nobody could log in any more: some user needs a password or an authorized-key',
  ])
  t.true(await box.authenticator.password('admin', 'x'))
})
