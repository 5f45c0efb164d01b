import { randomInt } from 'node:crypto'
import test from 'ava'
import { Decoder, FramingError, MessageWriter } from '../../netconf/transport/framing.js'
import type { Framing, Message } from '../../netconf/transport/framing.js'

function decode(framing: Framing, pieces: readonly Buffer[], limit = 1_000_000): Message[] {
  const decoder = new Decoder(limit)
  decoder.framing = framing
  return pieces.flatMap((piece) => [...decoder.push(piece)])
}

const texts = (messages: readonly Message[]): string[] => messages.map(({ bytes }) => bytes.toString())

const streams: Record<Framing, { bytes: Buffer; messages: string[] }> = {
  'end-of-message': {
    bytes: Buffer.from('<a/>]]>]]><b>]]>]]]>]]></b>]]>]]>]]>]]>]]]]>]]>'),
    messages: ['<a/>', '<b>]]>]', '</b>', '', ']]'],
  },
  chunked: {
    bytes: Buffer.from('\n#4\n<a/>\n##\n\n#1\n<\n#6\nb>\n##\n\n#4\n</b>\n##\n'),
    messages: ['<a/>', '<b>\n##\n</b>'],
  },
}

for (const [framing, { bytes, messages }] of Object.entries(streams) as [
  Framing,
  (typeof streams)[Framing],
][]) {
  test(`${framing}: the same messages however the bytes are cut in two or three`, (t) => {
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second++) {
        const pieces = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)]
        t.deepEqual(texts(decode(framing, pieces)), messages, `cut at ${first} and ${second}`)
      }
    }
  })

  test(`${framing}: the same messages byte by byte`, (t) => {
    t.deepEqual(
      texts(
        decode(
          framing,
          [...bytes].map((byte) => Buffer.from([byte])),
        ),
      ),
      messages,
    )
  })

  test(`${framing}: what was written is read again, in pieces of every kind`, async (t) => {
    const sent: Buffer[] = []
    const expected: Buffer[] = []
    for (const size of [0, 1, 65_535, 65_536, 262_143, 262_145, 1_048_577, 3_500_000]) {
      const writer = new MessageWriter(framing, (part) => Promise.resolve(sent.push(part) > 0))
      const message = Buffer.alloc(size + 1, 'x')
      expected.push(message)
      for (let at = 0; at < size;) {
        const step = randomInt(1, 500_000)
        t.true(await writer.write(message.subarray(at, Math.min(size, at + step))))
        at += step
      }
      t.true(await writer.end(message.subarray(size)))
    }
    const read = decode(framing, sent, 4_000_000)
    t.deepEqual(
      read.map(({ bytes: part }) => part.length),
      expected.map((part) => part.length),
    )
    t.true(read.every(({ bytes: part }, index) => part.equals(expected[index] ?? Buffer.alloc(0))))
  })
}

test('chunks are between 64 KiB and 1 MiB, but for the last of a message', async (t) => {
  const sent: Buffer[] = []
  const writer = new MessageWriter('chunked', (part) => Promise.resolve(sent.push(part) > 0))
  for (let i = 0; i < 300; i++) await writer.write(Buffer.alloc(9_000))
  await writer.write(Buffer.alloc(2_500_000))
  await writer.end('end')
  const text = Buffer.concat(sent).toString('latin1')
  const sizes: number[] = []
  for (let at = 0; !text.startsWith('\n##\n', at);) {
    const [header = '', size] = /^\n#(\d+)\n/.exec(text.slice(at, at + 16)) ?? []
    sizes.push(Number(size))
    at += header.length + Number(size)
  }
  t.is(
    sizes.reduce((sum, size) => sum + size),
    300 * 9_000 + 2_500_000 + 3,
  )
  for (const size of sizes.slice(0, -1)) t.true(size >= 65_536 && size <= 1_048_576, `chunk of ${size}`)
})

test('a writer whose sink is closed says so', async (t) => {
  const writer = new MessageWriter('chunked', () => Promise.resolve(false))
  t.false(await writer.write(Buffer.alloc(2_000_000)))
  t.false(await new MessageWriter('end-of-message', () => Promise.resolve(false)).end('x'))
})

const broken = {
  'no line feed': '#4\n<a/>',
  'no hash': '\n4\n<a/>',
  'size zero': '\n#0\n',
  'leading zero': '\n#04\n<a/>\n##\n',
  'no size': '\n#\n<a/>',
  'not a number': '\n#4x\n<a/>',
  negative: '\n#-4\n<a/>',
  'size over 4294967295': '\n#4294967296\n',
  'size with eleven digits': '\n#42949672950\n',
  'end before any chunk': '\n##\n',
  'three hashes': '\n#1\na\n###\n',
  'data longer than the chunk': '\n#4\n<a/>>\n##\n',
  'end-of-message framing': '<rpc/>]]>]]>',
  'carriage returns': '\r\n#4\r\n<a/>',
}
for (const [name, text] of Object.entries(broken)) {
  test(`chunked: refuses ${name}`, (t) => {
    const error = t.throws(() => decode('chunked', [Buffer.from(text)]), { instanceOf: FramingError })
    t.regex(error.message, /chunk header expected/)
    t.throws(
      () =>
        decode(
          'chunked',
          [...Buffer.from(text)].map((byte) => Buffer.from([byte])),
        ),
      {
        instanceOf: FramingError,
      },
    )
  })
}

test('chunked: the largest chunk size is accepted', (t) => {
  t.deepEqual(decode('chunked', [Buffer.from('\n#4294967295\nabc')]), [])
})

for (const framing of ['end-of-message', 'chunked'] as const) {
  test(`${framing}: a message past the limit is skipped, its head kept, and the next one read`, (t) => {
    const wrap = (text: string): Buffer =>
      Buffer.from(framing === 'chunked' ? `\n#${text.length}\n${text}\n##\n` : `${text}]]>]]>`)
    const large = `<rpc>${'x'.repeat(300_000)}`
    const [first, second, third] = decode(framing, [wrap('<a/>'), wrap(large), wrap('<b/>')], 1_000)
    t.is(first?.bytes.toString(), '<a/>')
    t.true(second?.tooBig)
    t.true(second?.bytes.toString().startsWith('<rpc>xxx'))
    t.true((second?.bytes.length ?? 0) <= 65_536)
    t.deepEqual({ text: third?.bytes.toString(), tooBig: third?.tooBig }, { text: '<b/>', tooBig: false })
  })
}

test('the framing can change between two messages of one piece', (t) => {
  const decoder = new Decoder(1_000)
  const seen: string[] = []
  for (const { bytes } of decoder.push(Buffer.from('<hello/>]]>]]>\n#6\n<rpc/>\n##\n'))) {
    seen.push(bytes.toString())
    decoder.framing = 'chunked'
  }
  t.deepEqual(seen, ['<hello/>', '<rpc/>'])
})

test('decoding takes time in proportion to the bytes, in chunks of one byte too', (t) => {
  const run = (chunks: number): number => {
    const bytes = Buffer.from(`${'\n#1\nx'.repeat(chunks)}\n##\n`)
    const began = process.cpuUsage().user
    t.is(decode('chunked', [bytes], 10_000_000)[0]?.bytes.length, chunks)
    return process.cpuUsage().user - began
  }
  run(20_000)
  const small = Math.max(run(50_000), 5_000)
  const large = run(400_000)
  t.true(large < small * 30, `50,000 chunks ${small} µs, 400,000 chunks ${large} µs`)
})
