/** Cases of a driver beside the kernel fast path. */
import test from 'ava'
import { compileFilter, type CaptureRequest } from '../../dataplane/client/index.js'
import { addresses, until } from '../lab/router.js'
import type { Subject } from './subject.js'
import { datagrams } from './traffic.js'

export function fastPathCases({ member, h1, h2, title, portState, reaches }: Subject): void {
  test.serial(
    title('packets of a port that is captured go by the engine meanwhile, and by the kernel afterwards'),
    async (t) => {
      t.true(await reaches())
      const pieces: Uint8Array[] = []
      const request: CaptureRequest = {
        ...{
          interfaces: ['p1'],
          direction: 'both',
          drops: [],
          filter: await compileFilter('udp and ip[2:2] = 165'),
        },
        ...{ snapLength: 100, packets: 10_000, octets: 1 << 22, seconds: 60, rate: 100_000 },
      }
      let captured = 0n
      const running = await member.capture(request, async (octets, { packets }) => {
        pieces.push(octets)
        captured = packets
      })
      t.is((await portState('p1')).fastPathReason, 'its packets are captured or mirrored')
      t.is((await portState('p2')).fastPathReason, '')
      const load = { seconds: 0.3, rate: 300, payload: 137 }
      const ways = await Promise.all([
        datagrams(h1, h2, addresses.h2[0], load),
        datagrams(h2, h1, addresses.h1[0], load),
      ])
      running.stop()
      t.is(await running.ended, 'stopped')
      for (const { sent, received } of ways) t.is(received, sent)
      t.is(captured, BigInt(ways[0]!.sent + ways[1]!.sent))
      t.true(Buffer.concat(pieces).length > 100 * Number(captured))
      await until('the kernel forwards again', async () => (await portState('p1')).fastPathReason === '')
    },
  )
}
