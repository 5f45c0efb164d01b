/** AF_XDP, which takes root outside of a user namespace; there kernels refuse the map of its sockets. */
import { driverSuite } from './suite.js'

await driverSuite({
  driver: 'af_xdp',
  mayBeRefused: true,
  superPackets: false,
  // A veth device whose other end runs an XDP program counts what is behind the Ethernet header.
  uncounted: 14,
  userNamespace: process.getuid?.() !== 0,
})
