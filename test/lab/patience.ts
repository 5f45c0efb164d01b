/** Waiting for what comes sooner or later, and on a busy machine later. */

/**
 * Does it again until it works or so many seconds are over; `attempt` is told how many are left, and is made once at least. A
 * single `ping -w` is no such thing: it gives up at the first ICMP error.
 */
export async function patiently(
  seconds: number,
  attempt: (left: number) => Promise<boolean>,
): Promise<boolean> {
  const end = performance.now() + seconds * 1000
  for (let left = seconds; left > 0; left = Math.ceil((end - performance.now()) / 1000))
    if (await attempt(left)) return true
  return false
}
