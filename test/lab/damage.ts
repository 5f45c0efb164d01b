/** Damage to files, as a failing disk would do it. */
import { open } from 'node:fs/promises'

/** Inverts four bytes of a file. */
export async function flip(file: string, at: number): Promise<void> {
  const handle = await open(file, 'r+')
  const bytes = Buffer.alloc(4)
  await handle.read(bytes, 0, 4, at)
  await handle.write(
    bytes.map((byte) => byte ^ 0xff),
    0,
    4,
    at,
  )
  await handle.close()
}
