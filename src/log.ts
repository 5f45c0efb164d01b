/** The log: one line an event on standard error, with a time, a level and the room that speaks. Never a secret. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]

export interface Log {
  error(message: string): void
  warn(message: string): void
  info(message: string): void
  debug(message: string): void
  /** The same log, speaking for another room. */
  for(room: string): Log
}

/** `write` takes whole lines. */
export function createLog(
  level: LogLevel,
  write: (line: string) => void = (line) => process.stderr.write(line),
  now: () => Date = () => new Date(),
): Log {
  const limit = logLevels.indexOf(level)
  const speak = (room: string): Log => {
    const at = (rank: LogLevel) => (message: string) => {
      if (logLevels.indexOf(rank) > limit) return
      write(`${now().toISOString()} ${rank.padEnd(5)} ${room}: ${message}\n`)
    }
    return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug'), for: speak }
  }
  return speak('weftd')
}
