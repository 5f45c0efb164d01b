/** Waits for what others do, but not for ever. What comes late is not awaited; its failure is swallowed. */

/**
 * Settles as `work` does, or rejects with `late()` after `milliseconds`. `tooLate` is given what `work` resolves with
 * after that: somebody has to take it back.
 */
export async function withDeadline<T>(
  work: Promise<T>,
  milliseconds: number,
  late: () => Error,
  tooLate?: (value: T) => void,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  let over = false
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      over = true
      reject(late())
    }, milliseconds)
  })
  work.then(
    (value) => over && tooLate?.(value),
    () => undefined,
  )
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}
