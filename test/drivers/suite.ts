/**
 * What every driver of ports promises, at the front door: real packets between the namespaces of two hosts, through an engine whose
 * two ports it serves. A driver's own test file calls this once, and adds what is peculiar to it.
 *
 *   h1 eth0 192.0.2.2, 2001:db8:1::2 --- p1 engine p2 --- eth0 198.51.100.2, 2001:db8:2::2 h2
 */
import test from 'ava'
import { Router, type RouterOptions } from '../lab/router.js'
import { fastPathCases } from './fast-path-cases.js'
import { killCase, limitCases } from './limits.js'
import { linkCases } from './links.js'
import { packetCases } from './packets.js'
import { queueCases } from './queues.js'
import { subjectOf, type SubjectOptions } from './subject.js'

export interface DriverCase extends RouterOptions, Partial<SubjectOptions> {
  readonly driver: string
  /** Kernels may refuse it: then nothing is tested, and what they said is shown. Any other reason is a failure. */
  readonly mayBeRefused?: boolean
}

/** Of kernels and machines that can't, in their own words; whatever else a port is refused for is a defect. */
const refusals = [
  'Operation not permitted',
  'Operation not supported',
  'Function not implemented',
  'Address family not supported by protocol',
  'Protocol not supported',
  /No buffer space available \(without CAP_IPC_LOCK/,
  'this kernel is older than',
  'this engine was built without the kernel fast path',
]
const isRefusal = (reason: string): boolean =>
  refusals.some((known) => (typeof known === 'string' ? reason.includes(known) : known.test(reason)))

/** False: the driver is refused here. */
export async function driverSuite({
  driver,
  mayBeRefused = false,
  superPackets = true,
  uncounted = 0,
  fastPath = 'off',
  ...options
}: DriverCase): Promise<boolean> {
  const router = await Router.start({ ...options, driver, fastPath })
  const subject = await subjectOf(router, { driver, fastPath, superPackets, uncounted })
  // What is declared is declared at once, so that all that is awaited is so before.
  const first = await subject.portState('p1')
  test.after.always(() => router[Symbol.asyncDispose]())
  const refused =
    first.driver !== driver || !first.present
      ? { what: driver, why: first.reason }
      : first.fastPath !== fastPath
        ? { what: fastPath, why: first.fastPathReason }
        : undefined
  if (refused) {
    const title = `${refused.what} is refused here: ${refused.why}`
    if (mayBeRefused && isRefusal(refused.why)) test.skip(title, (t) => t.fail())
    else test(title, (t) => t.fail('that is not what a kernel says which can not'))
    return false
  }
  packetCases(subject)
  linkCases(subject)
  queueCases(subject)
  limitCases(subject)
  if (fastPath !== 'off') fastPathCases(subject)
  killCase(subject)
  return true
}
