import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { connect as http2Connect } from 'node:http2'
import { tmpdir } from 'node:os'
import { connect as connectTcp } from 'node:net'
import { connect } from 'node:tls'
import { join } from 'node:path'
import { credentials } from '@grpc/grpc-js'
import test from 'ava'
import {
  certificateRequest,
  keyFingerprint,
  ownKey,
  readCredentials,
  renewalTime,
  type MemberCredentials,
} from '../../dataplane/agent/credentials.js'
import { listenMembers, type Listening, type Members } from '../../dataplane/client/index.js'
import {
  Chassis,
  controlName,
  protocolVersion,
  type ChassisMessage,
  type Hello,
  type MemberAttach,
} from '../../dataplane/proto/contract.js'
import {
  Admission,
  Authority,
  Registry,
  type AdmissionEvent,
  type Pending,
} from '../../src/chassis/admission/index.js'
import { enrol } from '../../src/member/enrol.js'
import { Refusals } from '../../src/chassis/refusals.js'
import { collectLog, until } from '../lab/router.js'

const day = 24 * 3_600_000

/** A chassis as far as admission goes: authority, registry and the TLS port, on a folder of its own. */
class Gatehouse implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'weft-gate-'))
  readonly events: AdmissionEvent[] = []
  readonly refused: string[] = []
  /** Milliseconds that its clock differs by. */
  skew = 0
  authority!: Authority
  registry!: Registry
  admission!: Admission
  members!: Members
  listening!: Listening

  static async open(): Promise<Gatehouse> {
    const gatehouse = new Gatehouse()
    await gatehouse.begin()
    return gatehouse
  }

  async begin(): Promise<void> {
    const now = () => Date.now() + this.skew
    this.authority = await Authority.open(this.folder, 'lab', now)
    this.registry = new Registry(join(this.folder, 'members.json'), now)
    this.members = await listenMembers({
      socketPath: join(this.folder, 'members.sock'),
      chassis: 'lab',
      version: 'test',
      log: collectLog(),
    })
    this.members.on('refused', (why) => this.refused.push(why))
    this.admission = new Admission({
      ...{ authority: this.authority, registry: this.registry, now },
      attached: (name) => this.members.all.some((member) => member.name === name && member.attached),
      changed: () => undefined,
      told: (event) => this.events.push(event),
    })
    const shown = await this.admission.credentials(controlName)
    this.listening = await this.members.listenTls({ address: '127.0.0.1', port: 0 }, shown, this.admission)
  }

  async end(): Promise<void> {
    await this.listening[Symbol.asyncDispose]()
    await this.members[Symbol.asyncDispose]()
  }

  /** What a machine does that joins, with a key in a folder of its name. */
  async join(member: string, token?: string, name = member): Promise<MemberCredentials> {
    const folder = this.folderOf(name)
    const options = {
      ...{ member, token, folder },
      join: this.listening,
      signal: AbortSignal.timeout(30_000),
    }
    await enrol({
      ...options,
      log: { ...collectLog(), debug: () => undefined, for: () => undefined } as never,
    })
    return readCredentials(folder) as MemberCredentials
  }

  token(member: string, lifetime = day): string {
    return this.admission.createToken(member, lifetime).token
  }

  folderOf(name: string): string {
    const path = join(this.folder, name)
    rmSync(path, { recursive: true, force: true, maxRetries: 0 })
    return mkdtempSync(`${path}-`)
  }

  /** Attaches; resolves with `welcome`, or how it was refused. The stream stays until `detach`. */
  attach(
    shown: Pick<MemberCredentials, 'key' | 'certificate'> | undefined,
    hello: Partial<Hello>,
    authority = this.authority.certificate,
  ): Promise<{ outcome: string; stream: MemberAttach; detach(): void; messages: ChassisMessage[] }> {
    const [ca, key, certificate] = [authority, shown?.key, shown?.certificate].map(
      (text) => text && Buffer.from(text),
    )
    const client = new Chassis(
      `127.0.0.1:${this.listening.port}`,
      shown
        ? credentials.createSsl(ca as Buffer, key as Buffer, certificate as Buffer)
        : credentials.createSsl(ca as Buffer),
      { 'grpc.ssl_target_name_override': controlName, 'grpc.use_local_subchannel_pool': 1 },
    )
    const stream = (client['Attach'] as () => MemberAttach).call(client)
    const messages: ChassisMessage[] = []
    return new Promise((resolve) => {
      const done = (outcome: string) =>
        resolve({
          ...{ outcome, stream, messages },
          detach: () => {
            stream.cancel()
            client.close()
          },
        })
      stream.on('data', (message: ChassisMessage) => {
        messages.push(message)
        if (message.welcome) done('welcome')
      })
      stream.on('error', (error) => {
        client.close()
        done((error as { details?: string }).details ?? error.message)
      })
      stream.write({
        hello: {
          ...{ chassis: this.authority.identity, member: 'm1', boot: 'b1', version: 'v' },
          ...{ commit: '0', pid: 1, protocol: protocolVersion },
          ...hello,
        },
      })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

test('a machine joins by a token, once, and is attached with the certificate that it was given', async (t) => {
  await using house = await Gatehouse.open()
  const token = house.token('m1')
  const held = await house.join('m1', token)
  t.is(house.registry.member('m1')?.slot, 1)
  t.is(house.registry.member('m1')?.key, keyFingerprint(held.key))
  t.is(held.chassis, house.authority.identity)
  const one = await house.attach(held, {})
  t.is(one.outcome, 'welcome')
  t.true(house.members.named('m1').attached)
  t.regex(house.members.named('m1').address ?? '', /^127\.0\.0\.1:\d+$/)
  one.detach()
  await until('it is detached', () => !house.members.named('m1').attached)
  await t.throwsAsync(house.join('m1', token, 'thief'), {
    message: /its token for member 'm1' has been used, by the key SHA256:/,
  })
  await t.throwsAsync(house.join('m2', house.token('m3')), {
    message: "its token is for member 'm3', it says it is 'm2'",
  })
  t.deepEqual(
    house.events.map(({ kind, member }) => `${kind} ${member}`),
    ['admitted m1'],
  )
  t.is(house.refused.length, 2)
  // Nothing of the secret is kept.
  const [, , secret = ''] = token.split('.')
  t.false(readFileSync(join(house.folder, 'members.json'), 'utf8').includes(secret))
})

test('keys and what is known of members are for their own user only', async (t) => {
  await using house = await Gatehouse.open()
  await house.join('m1', house.token('m1'))
  const files = (readdirSync(house.folder, { recursive: true }) as string[]).filter((name) =>
    /\.(?:key|pem|json)$/.test(name),
  )
  t.true(files.length >= 6)
  for (const name of files) t.is(statSync(join(house.folder, name)).mode & 0o777, 0o600, name)
})

test('who may not be a member is told why', async (t) => {
  await using house = await Gatehouse.open()
  const held = await house.join('m1', house.token('m1'))
  const outcome = async (...how: Parameters<Gatehouse['attach']>): Promise<string> => {
    const one = await house.attach(...how)
    one.detach()
    return one.outcome
  }
  t.regex(await outcome(undefined, {}), /^it has no certificate of this chassis/)
  t.is(await outcome(held, { member: 'm2' }), "its certificate is that of member 'm1', it says it is 'm2'")
  t.regex(
    await outcome(held, { chassis: 'other' }),
    /^it belongs to chassis 'other', this one is '[0-9a-f]{16}'$/,
  )
  t.regex(
    await outcome(held, { protocol: protocolVersion + 1 }),
    /speaks version \d+ of the protocol, this control plane of version test speaks version \d+$/,
  )
  await using other = await Gatehouse.open()
  const foreign = await other.join('m1', other.token('m1'))
  t.regex(await outcome(foreign, {}), /^its certificate is not one of this chassis' authority \([A-Z_]+\)/)
  await t.throwsAsync(house.join('m2', other.token('m2')), {
    message: /is not the chassis that gave the token: its authority is SHA256:/,
  })
  await t.throwsAsync(house.join('m2', house.token('m2', -1)), {
    message: 'its token is not known here, or has expired',
  })
  const first = await house.attach(held, { boot: 'one' })
  t.is(first.outcome, 'welcome')
  t.regex(
    await outcome(held, { boot: 'two' }),
    /^another member 'm1' is attached already, from 127\.0\.0\.1:\d+$/,
  )
  t.regex(
    await t.throwsAsync(house.join('m1', house.token('m1'), 'again')).then((error) => error?.message ?? ''),
    /^a member 'm1' is attached/,
  )
  t.true(house.members.named('m1').attached)
  first.detach()
  await until('it is detached', () => !house.members.named('m1').attached)
  house.admission.revoke('m1')
  t.regex(await outcome(held, {}), /^its certificate [0-9A-F]+ of member 'm1' was revoked on /)
  // It keeps its slot for who joins with a new token.
  const renewed = await house.join('m1', house.token('m1'), 'new')
  t.is(house.registry.member('m1')?.slot, 1)
  t.is(await outcome(renewed, {}), 'welcome')
  t.regex(await outcome(held, {}), /was revoked on /)
  await until('it is detached', () => !house.members.named('m1').attached)
  house.admission.release('m1')
  t.regex(await outcome(renewed, {}), /was revoked on /)
  t.is(house.refused.length, 11)
})

test('a certificate that has expired is one no more', async (t) => {
  await using house = await Gatehouse.open()
  house.skew = -2 * day
  house.admission.configure({ lifetime: day, slots: new Map(), disabled: new Set() })
  const held = await house.join('m1', house.token('m1'))
  house.skew = 0
  const one = await house.attach(held, {})
  t.regex(one.outcome, /^its certificate expired on \d{4}-/)
})

test('who has no token waits until an operator has compared its key', async (t) => {
  await using house = await Gatehouse.open()
  const joining = house.join('m1')
  await until('it waits', () => house.admission.pending.length > 0)
  const [waiting] = house.admission.pending as [Pending]
  t.is(waiting.member, 'm1')
  t.throws(() => house.admission.approve('m1', 'SHA256:other'), {
    message: /^who waits as member 'm1' has the key SHA256:.*, not SHA256:other$/,
  })
  t.throws(() => house.admission.approve('m2', 'SHA256:other'), {
    message: "nobody waits to be approved as member 'm2'",
  })
  await t.throwsAsync(house.join('m1', undefined, 'other'), {
    message: /^somebody with another key \(SHA256:.*\) waits as member 'm1'$/,
  })
  t.is(house.registry.member('m1'), undefined)
  house.admission.approve('m1', waiting.fingerprint)
  const held = await joining
  t.is(keyFingerprint(held.key), waiting.fingerprint)
  t.is((await house.attach(held, {})).outcome, 'welcome')
  t.is(house.admission.pending.length, 0)
})

test('a slot stays with its member, until it is released or the configuration says another', async (t) => {
  await using house = await Gatehouse.open()
  for (const name of ['m1', 'm2', 'm3']) await house.join(name, house.token(name))
  await house.end()
  await house.begin()
  t.deepEqual(
    [...house.registry.members].map(([name, { slot }]) => [name, slot]),
    [
      ['m1', 1],
      ['m2', 2],
      ['m3', 3],
    ],
  )
  house.admission.release('m2')
  await house.join('m4', house.token('m4'))
  t.is(house.registry.member('m4')?.slot, 2)
  house.admission.configure({ lifetime: day, slots: new Map([['m5', 9]]), disabled: new Set(['m1']) })
  await house.join('m5', house.token('m5'))
  t.is(house.registry.member('m5')?.slot, 9)
  t.throws(
    () =>
      house.admission.judge(
        { member: 'm6', chassis: house.authority.identity },
        {
          ...{ address: 'here:1', host: 'here', certificate: undefined, fault: undefined },
        },
      ),
    { message: /no certificate/ },
  )
})

test('a certificate is renewed over the stream, for the same key only', async (t) => {
  await using house = await Gatehouse.open()
  const held = await house.join('m1', house.token('m1'))
  const one = await house.attach(held, {})
  const answer = async (key: string) => {
    const before = one.messages.length
    one.stream.write({ renew: { request: await certificateRequest(key, 'm1') } })
    await until('there is an answer', () => one.messages.length > before)
    return one.messages.at(-1)?.certificate
  }
  const renewed = await answer(held.key)
  t.is(renewed?.error, '')
  t.not(renewed?.certificate, held.certificate)
  const other = await answer(ownKey(house.folderOf('other')))
  t.is(other?.certificate, '')
  t.is(other?.error, 'member m1 asks for a certificate of another key')
  one.detach()
  await until('it is detached', () => !house.members.named('m1').attached)
  // The one before holds until it expires.
  for (const certificate of [held.certificate, renewed?.certificate ?? '']) {
    const again = await house.attach({ key: held.key, certificate }, { boot: 'again' })
    t.is(again.outcome, 'welcome')
    again.detach()
    await until('it is detached', () => !house.members.named('m1').attached)
  }
})

test('a member asks for a new certificate after two thirds of the life of the one it has', async (t) => {
  await using house = await Gatehouse.open()
  house.admission.configure({ lifetime: 3 * day, slots: new Map(), disabled: new Set() })
  const { certificate, key } = await house.join('m1', house.token('m1'))
  const due = renewalTime(certificate) - Date.now()
  t.true(due > 1.9 * day && due < 2.1 * day)
  const request = await certificateRequest(key, 'm1')
  const der = createPublicKey(createPrivateKey(key)).export({ type: 'spki', format: 'der' })
  t.is(
    house.registry.member('m1')?.key,
    `SHA256:${createHash('sha256').update(der).digest('base64').replace(/=+$/, '')}`,
  )
  t.regex(request, /^-----BEGIN CERTIFICATE REQUEST-----/)
})

test('nobody is the local member but by its own socket, however fast he hangs up', async (t) => {
  await using house = await Gatehouse.open()
  const held = await house.join('m1', house.token('m1'))
  const local = { chassis: 'lab', member: '0' }
  for (const shown of [undefined, held]) {
    const one = await house.attach(shown, local)
    t.is(one.outcome, "member '0' is the one beside the control plane")
  }
  // By a connection that is reset right behind the hello.
  for (let i = 0; i < 20; i++) {
    const line = connectTcp(house.listening.port, '127.0.0.1')
    const socket = connect({ socket: line, rejectUnauthorized: false, ALPNProtocols: ['h2'] })
    await once(socket, 'secureConnect')
    for (const end of [line, socket]) end.on('error', () => undefined)
    const session = http2Connect('https://weftd', { createConnection: () => socket })
    session.on('error', () => undefined)
    const stream = session.request({
      ...{ ':method': 'POST', ':path': '/weft.dataplane.v1.Chassis/Attach', te: 'trailers' },
      'content-type': 'application/grpc',
    })
    stream.on('error', () => undefined)
    const hello = helloBytes(local)
    stream.write(hello)
    await new Promise((resolve) => setImmediate(resolve))
    line.resetAndDestroy()
    session.destroy()
  }
  const last = await house.attach(undefined, {})
  t.regex(last.outcome, /^it has no certificate/)
  t.false(house.members.member0.attached)
  const client = new Chassis(`unix:${join(house.folder, 'members.sock')}`, credentials.createInsecure())
  const stream = (client['Attach'] as () => MemberAttach).call(client)
  const refused = new Promise<string>((resolve) =>
    stream.on('error', (error) => resolve((error as { details?: string }).details ?? '')),
  )
  stream.on('data', () => undefined)
  stream.write({
    hello: {
      ...{ chassis: 'lab', member: 'm1', boot: 'b', version: 'v', commit: '0', pid: 1 },
      protocol: protocolVersion,
    },
  })
  t.is(await refused, "it says it is member 'm1'; by this socket only member '0' is attached")
  client.close()
})

/** A message of gRPC with a hello, as protobuf writes it. */
function helloBytes({ chassis, member }: { chassis: string; member: string }): Buffer {
  const text = (field: number, value: string) =>
    Buffer.concat([Buffer.from([(field << 3) | 2, value.length]), Buffer.from(value)])
  const hello = Buffer.concat([
    text(1, chassis),
    text(2, member),
    text(3, 'b'),
    text(4, 'v'),
    Buffer.from([56, 1]),
  ])
  const message = Buffer.concat([Buffer.from([(1 << 3) | 2, hello.length]), hello])
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

test('what strangers can have waiting, recorded and read is bounded', async (t) => {
  await using house = await Gatehouse.open()
  const peer = { address: '192.0.2.1:1', host: '192.0.2.1', certificate: undefined, fault: undefined }
  const ask = async (member: string, key: string, host = peer.host) => {
    const asked = { member, token: '', protocol: protocolVersion, version: 'v' }
    const request = await certificateRequest(key, member)
    await house.admission.enrol({ ...asked, request }, { ...peer, host })
  }
  const key = ownKey(house.folderOf('key'))
  for (let i = 0; i < 8; i++) await ask(`m${i}`, key)
  await t.throwsAsync(ask('m8', key), { message: /^8 members of this address wait/ })
  await ask('m8', key, '192.0.2.2')
  t.is(house.admission.pending.length, 9)
  house.skew = 61_000
  t.is(house.admission.pending.length, 0)
  const client = new Chassis(
    `127.0.0.1:${house.listening.port}`,
    credentials.createSsl(Buffer.from(house.authority.certificate)),
    { 'grpc.ssl_target_name_override': controlName },
  )
  const enrolling = client['Enrol'] as (request: object, done: (error: Error | null) => void) => void
  const refusedAs = await new Promise<Error | null>((resolve) =>
    enrolling.call(client, { member: 'x'.repeat(20_000) }, resolve),
  )
  t.regex(refusedAs?.message ?? '', /larger than max/)
  client.close()
  const told: string[] = []
  let now = 0
  const refusals = new Refusals(
    (text) => told.push(text),
    () => now,
  )
  for (let i = 0; i < 100; i++) refusals.add('no', peer, 'm1')
  refusals.add('no', { host: '192.0.2.2' }, 'm1')
  t.is(told.length, 11)
  now = 60_000
  refusals.add('no', peer, 'm1')
  t.deepEqual(told.slice(11), ['90 more refusals of this address were not recorded', 'no'])
})
