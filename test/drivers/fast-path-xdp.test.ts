/** The kernel fast path by XDP, with packet sockets for the rest. */
import test from 'ava'
import { driverSuite } from './suite.js'

if (process.getuid?.() === 0)
  await driverSuite({
    ...{ driver: 'af_packet', fastPath: 'xdp', userNamespace: false, mayBeRefused: true },
    ...{ superPackets: false, uncounted: 14 },
  })
else test.skip('xdp is refused here: only root is outside of a user namespace', (t) => t.fail())
