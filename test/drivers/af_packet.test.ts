/** Packet sockets: the driver that works on any device. */
import { driverSuite } from './suite.js'

await driverSuite({ driver: 'af_packet' })
