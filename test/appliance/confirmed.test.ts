/** A confirmed commit (RFC 6241, section 8.4) over a kill -9 of weftd: timer and base are where they were. */
import test from 'ava'
import { Weftd } from '../lab/weftd.js'

const contact = (text: string): string =>
  `<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><contact>${text}</contact></system>`

async function read(weftd: Weftd): Promise<{ contact: string | undefined; history: string }> {
  await using client = await weftd.connect()
  const running = await client.rpc('<get-config><source><running/></source></get-config>')
  const history = await client.rpc(
    '<get><filter type="subtree"><history xmlns="urn:weft:params:xml:ns:yang:weft-history"/></filter></get>',
  )
  return { contact: /<contact>([^<]*)</.exec(running)?.[1], history }
}

async function commit(weftd: Weftd, text: string, content = ''): Promise<void> {
  await using client = await weftd.connect()
  await client.edit(contact(text))
  await client.rpc(`<commit>${content}</commit>`)
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end;)
    if (await condition()) return
    else await new Promise((resolve) => setTimeout(resolve, 50))
  throw new Error('waited in vain')
}

test('a confirmed commit with a token outlives a kill -9, is taken back when its time is over, and at the start when it ran out meanwhile', async (t) => {
  const weftd = await Weftd.start({ options: ['--no-demo', '--log-level', 'warn'] })
  t.teardown(() => weftd[Symbol.asyncDispose]())
  await commit(weftd, 'good')
  await commit(weftd, 'bad', '<confirmed/><confirm-timeout>600</confirm-timeout><persist>token</persist>')
  await weftd.kill('SIGKILL')
  await weftd.start()
  const pending = await read(weftd)
  t.is(pending.contact, 'bad')
  t.regex(pending.history, /<pending-confirmation>.*<persist>true<.*<time-left>[1-6]\d\d</s)
  await commit(
    weftd,
    'worse',
    '<confirmed/><confirm-timeout>3</confirm-timeout><persist-id>token</persist-id>',
  )
  await weftd.kill('SIGKILL')
  await weftd.start()
  await until(async () => (await read(weftd)).contact === 'good')
  t.regex(
    (await read(weftd)).history,
    /takes back what admin committed after commit 2: it was not confirmed in time/,
  )
  await commit(weftd, 'bad', '<confirmed/><confirm-timeout>1</confirm-timeout><persist>token</persist>')
  const end = Date.now() + 1000
  await weftd.kill('SIGKILL')
  await until(() => Promise.resolve(Date.now() > end))
  await weftd.start()
  t.is((await read(weftd)).contact, 'good')
})

test('a kill -9 takes back what only its session could have confirmed', async (t) => {
  const weftd = await Weftd.start({ options: ['--no-demo', '--log-level', 'warn'] })
  t.teardown(() => weftd[Symbol.asyncDispose]())
  await commit(weftd, 'good')
  const client = await weftd.connect()
  await client.edit(contact('bad'))
  await client.rpc('<commit><confirmed/></commit>')
  t.is((await read(weftd)).contact, 'bad')
  await weftd.kill('SIGKILL')
  await client[Symbol.asyncDispose]().catch(() => undefined)
  await weftd.start()
  const after = await read(weftd)
  t.is(after.contact, 'good')
  t.regex(after.history, /the restart ended session \d+, which had not confirmed it/)
})
