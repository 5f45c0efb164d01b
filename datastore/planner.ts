/**
 * Plans a change with all controllers that it concerns: in the order of what they need and provide, one after the
 * other, each within a deadline. Planning has no side effects; a plan is later adopted or abandoned, once.
 */
import type { YangError } from 'libyang-js'
import type { Change, Controller, Plan, Step } from './controller.js'
import { withDeadline } from './deadline.js'
import { RequestError, why } from './errors.js'
import type { Log } from './types.js'

/** A controller failed, which is not to say that it refuses the change. */
class PlanningError extends RequestError {}

/** What all controllers together would do. */
export interface Planned<Operation> {
  /** Creates in the controllers' order, then deletes in the reverse. */
  readonly steps: readonly Step<Operation>[]
  /** False: some controller could not take its plan as its own state. */
  adopt(): boolean
  abandon(): void
}

/** The controllers with those that provide a resource before those that need it; otherwise in the order given. */
export function inOrder<C extends Controller>(controllers: readonly C[]): readonly C[] {
  const ordered: C[] = []
  const visiting: C[] = []
  const visit = (controller: C): void => {
    if (ordered.includes(controller)) return
    if (visiting.includes(controller)) {
      const cycle = [...visiting.slice(visiting.indexOf(controller)), controller].map(({ name }) => name)
      throw new Error(`controllers need one another in a circle: ${cycle.join(' needs ')}`)
    }
    visiting.push(controller)
    for (const resource of controller.needs) {
      const providers = controllers.filter((other) => other.provides.includes(resource))
      if (providers.length === 0)
        throw new Error(`controller ${controller.name} needs '${resource}', which no controller provides`)
      if (!providers.includes(controller)) providers.forEach(visit)
    }
    visiting.pop()
    ordered.push(controller)
  }
  const names = controllers.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new Error(`two controllers are called ${twice}`)
  controllers.forEach(visit)
  return ordered
}

export class Planner<Context, Operation> {
  readonly #controllers: readonly Controller<Context, Operation>[]
  readonly #createContext: (change: Change) => Context
  readonly #log: Log
  readonly #deadline: number

  constructor(
    controllers: readonly Controller<Context, Operation>[],
    createContext: (change: Change) => Context,
    log: Log,
    deadline: number,
  ) {
    this.#controllers = inOrder(controllers)
    this.#createContext = createContext
    this.#log = log
    this.#deadline = deadline
  }

  /** Throws RequestError: all that controllers refuse, or which one failed or did not answer. */
  async plan(change: Change): Promise<Planned<Operation>> {
    const concerned = this.#concerned(change)
    const plans: { controller: string; plan: Plan<Operation> }[] = []
    const refused: YangError[] = []
    /** What controllers that refuse would have provided: who needs it is not asked. */
    const lacking = new Set<string>()
    try {
      const context = this.#createContext(change)
      for (const controller of concerned) {
        try {
          if (!controller.needs.some((resource) => lacking.has(resource)))
            plans.push({
              controller: controller.name,
              plan: await this.#planOne(controller, change, context),
            })
        } catch (error) {
          if (!(error instanceof RequestError) || error instanceof PlanningError) throw error
          refused.push(...error.errors)
          for (const resource of controller.provides) lacking.add(resource)
        }
      }
      if (refused.length > 0) throw new RequestError(refused)
    } catch (error) {
      for (const { controller, plan } of plans) this.#abandon(controller, plan)
      throw RequestError.from(error)
    }
    const of = (kind: Step['kind'], list: typeof plans) =>
      list.flatMap(({ plan }) => plan.steps.filter((step) => step.kind === kind))
    return {
      steps: [...of('create', plans), ...of('delete', plans.toReversed())],
      adopt: () => plans.map(({ controller, plan }) => this.#adopt(controller, plan)).every(Boolean),
      abandon: () => plans.forEach(({ controller, plan }) => this.#abandon(controller, plan)),
    }
  }

  #concerned(change: Change): readonly Controller<Context, Operation>[] {
    if (change.full) return this.#controllers
    const touched = new Set(
      this.#controllers.filter(({ claims }) => claims.some((claim) => change.journal.touches(claim))),
    )
    if (touched.size === 0) return []
    return this.#controllers.filter((controller) => controller.claims.length === 0 || touched.has(controller))
  }

  async #planOne(
    controller: Controller<Context, Operation>,
    change: Change,
    context: Context,
  ): Promise<Plan<Operation>> {
    try {
      return await withDeadline(
        (async () => controller.plan(change, context))(),
        this.#deadline,
        () => hung(controller.name, 'plan the change', this.#deadline),
        (plan) => this.#abandon(controller.name, plan),
      )
    } catch (error) {
      if (error instanceof RequestError) throw error
      const message = `controller ${controller.name} failed to plan the change: ${why(error)}`
      this.#log.error(error instanceof Error ? `${message}\n${error.stack}` : message)
      throw new PlanningError({ type: 'application', tag: 'operation-failed', message })
    }
  }

  #adopt(controller: string, plan: Plan<Operation>): boolean {
    try {
      plan.adopt?.()
      return true
    } catch (error) {
      this.#log.error(
        `controller ${controller} could not adopt its plan; the next one is full: ${why(error)}`,
      )
      return false
    }
  }

  #abandon(controller: string, plan: Plan<Operation>): void {
    try {
      plan.abandon?.()
    } catch (error) {
      this.#log.error(`controller ${controller} could not abandon its plan: ${why(error)}`)
    }
  }
}

/** A controller that did not answer. */
export function hung(controller: string, what: string, milliseconds: number): RequestError {
  return new PlanningError({
    type: 'application',
    tag: 'operation-failed',
    message: `controller ${controller} did not ${what} within ${milliseconds / 1000} s; nothing was changed`,
  })
}
