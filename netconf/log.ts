/** Where the protocol says what happened: one line an event, never a secret and never message content. */
export interface Log {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}
