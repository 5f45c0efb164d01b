/** An engine that may open no more files refuses what needs one, with the reason, and forwards on. */
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { promisify } from 'node:util'
import test from 'ava'
import { addresses, Router } from '../lab/router.js'

test('without descriptors no port is opened anew, and the one that there is goes on', async (t) => {
  await using router = await Router.start()
  const pid = router.dataplane.pid as number
  const limit = (files: number) =>
    promisify(execFile)('prlimit', ['--pid', String(pid), `--nofile=${files}:4096`])
  const twoQueues = router.commit.bind(router, [
    {
      ...{ op: 'port-settings-set', name: 'p1', driver: 'af_packet' },
      ...{ rxQueues: 2, workers: [], fastPath: 'off' },
    },
  ])
  t.true(await router.h1.pings(addresses.h2[0]))
  await limit(readdirSync(`/proc/${pid}/fd`).length)
  await t.throwsAsync(twoQueues(), { message: /port 'p1'.*RLIMIT_NOFILE/ })
  await limit(4096)
  t.is(router.dataplane.pid, pid)
  t.is(router.dataplane.restarts, 0)
  t.true(await router.h1.pings(addresses.h2[0]))
  await twoQueues()
  t.true(await router.h1.pings(addresses.h2[0]))
})
