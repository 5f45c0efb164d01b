import test from 'ava'
import { hashed, isClear, problemOf, verify } from '../../src/controllers/system/password.js'
import { VerifiedPasswords } from '../../src/controllers/system/verified.js'

test('a clear password becomes a salted SHA-512 hash that only it verifies', (t) => {
  t.true(isClear('$0$secret'))
  const hash = hashed('$0$secret')
  t.regex(hash, /^\$6\$[a-zA-Z0-9./]{1,16}\$[a-zA-Z0-9./]{86}$/)
  t.not(hash, hashed('$0$secret'))
  t.true(verify('secret', hash))
  t.false(verify('Secret', hash))
  t.false(verify('', hash))
})

test('hashes of others are verified: crypt(3) wrote these', (t) => {
  t.true(
    verify(
      'Hello world!',
      '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
    ),
  )
  t.true(verify('Hello world!', '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'))
  t.true(
    verify(
      'Hello world!',
      '$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.',
    ),
  )
})

test('what could not be verified, or only slowly, is a problem', (t) => {
  t.is(problemOf('$6$salt$x'), undefined)
  t.is(problemOf('$5$rounds=5000$salt$x'), undefined)
  t.regex(problemOf('$1$salt$x') ?? '', /MD5/)
  t.regex(problemOf('$6$rounds=999999999$salt$x') ?? '', /999999999 rounds/)
})

test('a password of absurd length costs nothing', (t) => {
  const begin = performance.now()
  t.false(verify('x'.repeat(10_000_000), hashed('$0$x')))
  t.true(performance.now() - begin < 1000)
})

test('a password that was right before is verified without its hash, a wrong one never', (t) => {
  let slow = 0
  const passwords = new VerifiedPasswords((password, hash) => {
    slow++
    return hash === `hash of ${password}`
  })
  for (let time = 0; time < 3; time++) {
    t.true(passwords.verify('right', 'hash of right'))
    t.false(passwords.verify('wrong', 'hash of right'))
    t.false(passwords.verify('right', 'hash of another'))
  }
  t.is(slow, 1 + 3 + 3)
})
