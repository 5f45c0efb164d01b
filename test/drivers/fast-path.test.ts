/** The kernel fast path, with packet sockets for the rest: what they promise alone holds for both together. */
import test from 'ava'
import { driverSuite } from './suite.js'

if (process.getuid?.() === 0)
  await driverSuite({ driver: 'af_packet', fastPath: 'tc', userNamespace: false, mayBeRefused: true })
else test.skip('tc is refused here: only root is outside of a user namespace', (t) => t.fail())
