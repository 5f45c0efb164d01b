import test from 'ava'
import { defaultLimits } from '../../netconf/index.js'
import { LoginThrottle, sourceOf } from '../../netconf/transport/throttle.js'

const limits = { ...defaultLimits, loginDelay: 500, loginDelayMax: 10_000, loginAttempts: 6 }

test('each failure from an address doubles the next delay, up to a bound; other addresses are not concerned', (t) => {
  const throttle = new LoginThrottle(limits, () => 0)
  const delays = Array.from({ length: 7 }, () => throttle.fail('10.0.0.1'))
  t.deepEqual(delays, [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
  t.is(throttle.fail('10.0.0.2'), 500)
  t.is(throttle.failures, 8)
})

test('an address is a suspect when its attempts are used up, and forgotten after ten quiet minutes', (t) => {
  let now = 0
  const throttle = new LoginThrottle(limits, () => now)
  for (let i = 0; i < 5; i++) throttle.fail('10.0.0.1')
  t.false(throttle.suspects('10.0.0.1'))
  throttle.fail('10.0.0.1')
  t.true(throttle.suspects('10.0.0.1'))
  t.true(throttle.suspects('::ffff:10.0.0.1'))
  t.false(throttle.suspects('10.0.0.2'))
  now = 10 * 60_000 + 1
  t.false(throttle.suspects('10.0.0.1'))
  t.is(throttle.fail('10.0.0.1'), 500)
})

test('memory is bounded: who has failed longest ago is forgotten', (t) => {
  const throttle = new LoginThrottle(limits, () => 0)
  throttle.fail('192.0.2.1')
  for (let i = 0; i < 4_096; i++) throttle.fail(`10.0.${i >> 8}.${i & 255}`)
  t.is(throttle.fail('192.0.2.1'), 500)
  t.is(throttle.fail('10.0.15.255'), 1_000)
})

test('an IPv6 client is known by its /64', (t) => {
  t.is(sourceOf('2001:db8:1:2:a:b:c:d'), '2001:db8:1:2')
  t.is(sourceOf('2001:db8::5'), '2001:db8:0:0')
  t.is(sourceOf('fe80::1%eth0'), 'fe80:0:0:0')
  t.is(sourceOf('::1'), '0:0:0:0')
  t.is(sourceOf('192.0.2.7'), '192.0.2.7')
})
