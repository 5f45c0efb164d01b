/** The alarm list (RFC 8632) as a test reads it. */
import { setTimeout as delay } from 'node:timers/promises'
import type { NetconfClient } from '../../src/demo/client.js'

/** `link-alarm p1` for each alarm of the list, the type and the last key of the resource; `(…)` when it is cleared. */
export async function alarms(client: NetconfClient): Promise<readonly string[]> {
  const filter =
    '<filter type="subtree"><alarms xmlns="urn:ietf:params:xml:ns:yang:ietf-alarms"><alarm-list/></alarms></filter>'
  const reply = await client.rpc(`<get>${filter}</get>`)
  return [...reply.matchAll(/<alarm>(.*?)<\/alarm>/gs)].map(([, text = '']) => {
    const [, resource = ''] = /<resource[^>]*>([^<]*)</.exec(text) ?? []
    const name = /'([^']*)'\]$/.exec(resource)?.[1] ?? resource.replace(/^.*[/:]/, '')
    const line = `${/<alarm-type-id[^>]*>[\w-]*:([^<]*)</.exec(text)?.[1]} ${name}`
    return text.includes('<is-cleared>true') ? `(${line})` : line
  })
}

/** Resolves when the alarm is in the list as `alarms` tells it; rejects after 15 s. */
export async function untilAlarm(client: NetconfClient, wanted: string): Promise<void> {
  let list: readonly string[] = []
  for (const end = performance.now() + 15_000; performance.now() < end; await delay(50)) {
    list = await alarms(client)
    if (list.includes(wanted)) return
  }
  throw new Error(`no alarm ${wanted} among ${list.join(', ') || 'none'}`)
}
