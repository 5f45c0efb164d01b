/** Each folder beside this file is a conversation with the server, held over SSH. See README.md. */
import test from 'ava'
import { play } from './support/play.js'
import { readTranscript, transcriptNames } from './support/transcript.js'

for (const name of transcriptNames()) {
  const transcript = readTranscript(name)
  test.serial(`${name}: ${transcript.title}`, async (t) => {
    const wrong = await play(transcript)
    if (wrong === undefined) t.pass()
    else t.fail(wrong)
  })
}
