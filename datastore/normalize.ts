/** Controllers put right what was edited, before anybody else sees it: a secret in clear becomes its hash. */
import type { Journal, Tree } from 'libyang-js'
import type { Controller } from './controller.js'
import { withDeadline } from './deadline.js'
import { lend } from './lend.js'
import { hung } from './planner.js'

export interface Normalizing {
  readonly controllers: readonly Controller[]
  /** How long one of them may take, in milliseconds. */
  readonly deadline: number
}

/** `changes` led to `tree`, and gets what is done more; what a secret was before does not stay in it. */
export async function normalize(
  { controllers, deadline }: Normalizing,
  tree: Tree,
  changes: Journal,
): Promise<void> {
  const concerned = controllers.filter(
    ({ normalize, claims }) => normalize && claims.some((claim) => changes.touches(claim)),
  )
  for (const controller of concerned) {
    const lent = [lend(tree), lend(changes)] as const
    const work = (async () => controller.normalize?.(lent[0].object, lent[1].object))()
    try {
      await withDeadline(work, deadline, () => hung(controller.name, 'normalize the edit', deadline))
    } finally {
      lent.forEach(({ end }) => end())
    }
  }
  if (concerned.length > 0) await changes.net()
}
