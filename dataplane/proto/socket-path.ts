/** What the kernel says of the paths of unix sockets. */
const longestSocketPath = 107

/** Throws when a unix socket can't have this path. */
export function checkSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path)
  if (bytes > longestSocketPath) {
    throw new Error(
      `${path}: a unix socket's path has at most ${longestSocketPath} bytes, this one has ${bytes}`,
    )
  }
}
