/**
 * Carries a store that was written with another module set over to the modules of now. When no migration step is due and the
 * configuration is valid as it is, one commit without changes stamps the store with the new set. Otherwise the steps are
 * taken on the configuration as a document, a copy of the store is kept, and one commit has the whole result. When the
 * result is not valid, nothing is written.
 */
import type { YangError } from 'libyang-js'
import { RequestError } from './errors.js'
import type { CommitJournal } from './journal/index.js'
import { stepsFrom, versionOf } from './migrate/index.js'
import { UnfitError, unfit, type RecoverOptions, type Replay } from './recover.js'

/** Octets of a chunk of a commit's text. */
const chunkBytes = 1 << 20

/** `replay` has all that the store tells; its tree is running when this resolves. Throws UnfitError. */
export async function carryOver(
  options: RecoverOptions,
  journal: CommitJournal,
  replay: Replay,
  from: string,
): Promise<readonly YangError[]> {
  const { directory, migrations, moduleSet, log, now } = options
  const version = versionOf(migrations)
  if (journal.version > version)
    throw new UnfitError(
      `the store in ${directory} is of version ${journal.version}, this Weft knows none after ${version}: ` +
        'start the later one, or restore a backup. Nothing was changed',
    )
  const sets = `module set ${from.slice(0, 12)} to ${moduleSet.slice(0, 12)}`
  const entry = { time: now, user: 'weftd', session: 0, moduleSet }
  const steps = stepsFrom(migrations, journal.version)
  if (steps.length === 0 && !replay.refusal && (await replay.validate(options)).length === 0) {
    await journal.append({ ...entry, comment: `from ${sets}, unchanged` }, [])
    log.info(`the configuration was carried over from ${sets}: it fits as it is`)
    return []
  }
  await migrate(options, journal.version, replay, from)
  const number = journal.head?.number ?? 0
  const keptAs = await journal.keepCopy(`commit-${number}-of-${from.slice(0, 12)}`)
  const text: Buffer[] = []
  for await (const chunk of replay.tree.snapshot(chunkBytes)) text.push(chunk)
  const said = steps.map(({ to, summary }) => `step ${to}, ${summary}`).join('; ')
  await journal.appendWhole({ ...entry, comment: `from ${sets}${said && `: ${said}`}` }, text, version)
  log.info(
    `the configuration was carried over from ${sets}${said && ` (${said})`}; the store of before is kept as ${keptAs}`,
  )
  return []
}

/** Makes the replay's tree what the steps after a version make of its document. Throws UnfitError. */
export async function migrate(
  options: Pick<RecoverOptions, 'context' | 'directory' | 'migrations' | 'moduleSet'>,
  version: number,
  replay: Replay,
  from: string,
): Promise<void> {
  const { context, directory, migrations } = options
  const steps = stepsFrom(migrations, version)
  let doing = 'reading its text'
  try {
    let { root } = replay.document
    for (const step of steps) {
      doing = `step ${step.to} (${step.summary})`
      root = step.migrate(root)
    }
    doing = steps.length > 0 ? `the result of step ${steps.at(-1)?.to}` : 'loading it'
    const tree = await context.parse(JSON.stringify(root), 'json')
    replay.replace(tree)
    using derived = context.journal()
    const errors = await tree.validate(derived)
    if (errors.length > 0) throw new RequestError(errors)
  } catch (error) {
    if (steps.length === 0 && replay.refusal)
      throw unfit(options, replay.refusal.commit, replay.refusal.error)
    throw new UnfitError(
      `the configuration in ${directory} was stored with module set ${from} and cannot be carried over to ` +
        `${options.moduleSet}: ${doing}: ${RequestError.from(error).message}; start with the modules of then. Nothing was changed`,
      { cause: error },
    )
  }
}
