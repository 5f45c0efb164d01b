/** The drivers that are measured. One that works only somewhere says where it does not, and is left out there. */
export interface BenchDriver {
  /** As weft-ports has it, and in the names of figures. */
  readonly name: string
  /** Undefined: it works here. */
  readonly missing?: () => Promise<string | undefined>
}

export const drivers: readonly BenchDriver[] = [{ name: 'af_packet' }]
