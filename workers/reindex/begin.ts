import { type API, type Client, errors } from '@opensearch-project/opensearch'
import type { IndexSpecification } from '../../mappings/specification.ts'
import { assertPluginFor } from '../../mappings/vectors/plugin-for.ts'
import { type VectorType, vectorTypeOf } from '../../mappings/vectors/vector-type.ts'
import { assertVersioning } from '../../mappings/versioning.ts'
import { resolveName } from '../../opensearch/alias.ts'
import { acknowledged } from '../../opensearch/failures/acknowledged.ts'
import { translateEngineError } from '../../opensearch/failures/engine-error.ts'
import { assertIndexName } from '../../opensearch/index-name.ts'
import { countDocuments } from '../../opensearch/internal-search.ts'
import { LexpandError } from '../../sparse/errors.ts'
import {
  assertCopyable,
  createTarget,
  type FoundIndex,
  findIndex,
  type IndexBody,
  targetBody,
} from './run/plan.ts'
import { ReindexRun, readRuns } from './run/run.ts'
import { type ReindexState, runId } from './run/state.ts'

export interface BeginBeside {
  readonly client: Client
  /** Name of the old index: an alias, or an index that has one. */
  readonly name: string
  /** Name of the new index. */
  readonly to: string
  readonly specification: IndexSpecification
  /** Mapping or settings of the new index that differ from those of the old one. */
  readonly body?: IndexBody | undefined
  /** Type of the new sparse field. @default that of the body, else that of the old index */
  readonly vectorType?: VectorType | undefined
  /** Alias that the old index gets first, when it has none. */
  readonly alias?: string | undefined
  readonly signal: AbortSignal
}

export interface Begun {
  readonly run: ReindexRun
  readonly old: FoundIndex
  /** See `Swap`. */
  readonly later: Readonly<Record<string, unknown>>
}

/**
 * Makes the new index, or finds the run that already fills it, and holds the run.
 *
 * @throws LexpandError INDEX when something cannot be migrated, stands in the way, or belongs to another process's run
 */
export async function beginBeside(options: BeginBeside): Promise<Begun> {
  const { client, to, specification, body, vectorType, signal } = options
  assertIndexName(to, 'reindex')
  let old: FoundIndex | undefined
  const id = runId({ kind: 'beside', target: to })
  const run = await ReindexRun.take(client, id, signal, async (found) => {
    const present = await findIndex(client, to)
    if (found !== undefined && present !== undefined) {
      assertResumable(found, options)
      assertSameType(present, options)
      old = await existing(client, found.source)
      return found
    }
    old = await oldIndex(options)
    await assertCopyable(client, old)
    assertVersioning(specification, old.name, old.mapping, old.settings)
    await assertAlone(client, old.name, to)
    const wanted = targetBody(old, specification, body, vectorType)
    await assertPluginFor(client, vectorTypeOf(wanted.mappings, specification.sparse_field), 'reindex')
    const made =
      present === undefined ? await createTarget(client, to, wanted) : await adopt(client, present, options)
    return {
      kind: 'beside',
      source: old.name,
      source_uuid: old.uuid,
      target: to,
      target_uuid: made.uuid,
      specification,
      aliases: old.aliases,
      ...nothingCopied(),
    }
  })
  const source = old as FoundIndex
  return { run, old: source, later: targetBody(source, specification, body, vectorType).later }
}

/** As {@link beginBeside}, for filling an index in place; the index has to be set up already. */
export async function beginInPlace(
  client: Client,
  index: FoundIndex,
  specification: IndexSpecification,
  signal: AbortSignal,
): Promise<ReindexRun> {
  const { name, uuid } = index
  return ReindexRun.take(client, runId({ kind: 'in_place', target: name }), signal, async (found) => {
    await assertAlone(client, name, name)
    const isSame =
      found?.source_uuid === uuid && found.specification.fingerprint === specification.fingerprint
    if (found?.phase === 'copying' && isSame) return found
    return {
      kind: 'in_place',
      source: name,
      source_uuid: uuid,
      target: name,
      target_uuid: uuid,
      specification,
      aliases: [],
      ...nothingCopied(),
    }
  })
}

/** The part of a state that is the same for every new run. */
function nothingCopied() {
  return {
    version: 1,
    phase: 'copying',
    checkpoints: {},
    copied: 0,
    removed: 0,
    started_at: new Date().toISOString(),
  } as const
}

/** @throws LexpandError INDEX unless there is exactly one run to this name that is done or whose roll-back was begun */
export async function beginRollBack(client: Client, name: string, signal: AbortSignal): Promise<ReindexRun> {
  const runs = (await readRuns(client)).filter(
    (run) =>
      run.kind === 'beside' && (run.phase === 'done' || run.phase === 'rolling_back') && concerns(run, name),
  )
  const [newest] = runs.sort((a, b) => (b.finished_at ?? '').localeCompare(a.finished_at ?? ''))
  if (newest === undefined) {
    throw new LexpandError(
      'INDEX',
      `[reindex] expected a finished migration of ${name} to roll back, got none. See lexpand reindex --status --index ${name}.`,
    )
  }
  return ReindexRun.take(client, runId(newest), signal, async (found) => {
    const old = found === undefined ? undefined : await findIndex(client, found.source)
    if (found !== undefined && old?.uuid === found.source_uuid) return found
    throw new LexpandError(
      'INDEX',
      `[reindex] expected the old index ${newest.source} to roll back to, got ${old === undefined ? 'none' : 'another of that name'}. Migrate to a new index with the old options instead.`,
    )
  })
}

/** Whether a run concerns an index or alias of this name. */
export function concerns({ source, target, aliases }: ReindexState, name: string): boolean {
  return source === name || target === name || aliases.some(({ alias }) => alias === name)
}

async function oldIndex({ client, name, alias }: BeginBeside): Promise<FoundIndex> {
  const resolved = await resolveName(client, name)
  if (resolved === undefined) {
    throw new LexpandError('INDEX', `[reindex] expected an index or alias ${name}, got none. Check the name.`)
  }
  if (resolved.aliases.length === 0) {
    if (alias === undefined) throw noAlias(name)
    await addAlias(client, resolved.index, alias)
  }
  return existing(client, resolved.index)
}

async function existing(client: Client, name: string): Promise<FoundIndex> {
  const found = await findIndex(client, name)
  if (found !== undefined) return found
  throw new LexpandError('INDEX', `[reindex] expected index ${name}, got none. It was deleted meanwhile.`)
}

async function addAlias(client: Client, index: string, alias: string): Promise<void> {
  assertIndexName(alias, 'reindex')
  try {
    const taken = await client.indices.exists({ index: alias })
    if (taken.statusCode === 200) {
      throw new LexpandError(
        'INDEX',
        `[reindex] expected the name ${alias} to be free, got one that is in use. Choose another alias.`,
      )
    }
    const added = client.indices.putAlias({
      index,
      name: alias,
      body: { is_write_index: true } as API.Indices_PutAlias_RequestBody,
    })
    await acknowledged(added, { part: 'reindex', index })
  } catch (error) {
    if (error instanceof errors.ResponseError || !(error instanceof LexpandError)) {
      throw translateEngineError(error, { part: 'reindex', index })
    }
    throw error
  }
}

function noAlias(name: string): LexpandError {
  return new LexpandError(
    'INDEX',
    `[reindex] expected an alias or an index with one, got the index ${name} without. An index cannot be renamed, so clients have to use another name before the index behind it can change. Run this with --alias ${name}-live: the alias is added at once and follows the migration; point clients to it before the end, since the index ${name} takes no writes afterwards.`,
  )
}

/** @throws LexpandError INDEX when the run that fills the index is another one, or is over */
function assertResumable(found: ReindexState, { name, to, specification }: BeginBeside): void {
  const fail = (text: string) => {
    throw new LexpandError('INDEX', `[reindex] ${text}`)
  }
  if (!concerns(found, name)) {
    fail(
      `expected ${to} to be free or begun for ${name}, got the copy of ${found.source}. Choose another name.`,
    )
  }
  if (found.phase === 'done') {
    fail(
      `expected a new name for the index, got ${to}, to which ${found.source} was migrated already. Choose another name; to go back: lexpand reindex --index ${name} --rollback.`,
    )
  }
  if (found.phase === 'rolling_back') {
    fail(
      `expected ${to} to be free, got one whose roll-back is not finished. Run lexpand reindex --index ${name} --rollback.`,
    )
  }
  if (found.phase === 'rolled_back') {
    fail(`expected ${to} to be free, got the index that was rolled back. Delete it, or choose another name.`)
  }
  if (found.specification.fingerprint !== specification.fingerprint) {
    fail(
      `expected the fingerprint ${found.specification.fingerprint} with which ${to} was begun, got ${specification.fingerprint}. Resume with the same model and options, or delete ${to} to start anew.`,
    )
  }
}

/** Without a type in the options, a run continues with the type that it was begun with. */
function assertSameType({ mapping }: FoundIndex, { to, specification, vectorType }: BeginBeside): void {
  const present = vectorTypeOf(mapping, specification.sparse_field)
  if (vectorType === undefined || present === vectorType) return
  throw new LexpandError(
    'INDEX',
    `[reindex] expected the vector type ${present} with which ${to} was begun, got ${vectorType}. Resume without it, or delete ${to} to start anew.`,
  )
}

/** Takes over an index that a killed run made but could not record. */
async function adopt(client: Client, present: FoundIndex, options: BeginBeside): Promise<FoundIndex> {
  const { to, specification } = options
  const isOurs = present.specification?.fingerprint === specification.fingerprint
  if (isOurs && present.aliases.length === 0 && (await countDocuments(client, { index: to })) === 0) {
    assertSameType(present, options)
    return present
  }
  throw new LexpandError(
    'INDEX',
    `[reindex] expected the name ${to} to be free, got an index. Delete it, or choose another name with --to.`,
  )
}

/** Refuses a second migration of an index: two would block and swap against each other. */
async function assertAlone(client: Client, source: string, target: string): Promise<void> {
  const other = (await readRuns(client)).find(
    (run) =>
      run.target !== target && (run.source === source || run.target === source) && UNFINISHED.has(run.phase),
  )
  if (other === undefined || (await findIndex(client, other.target)) === undefined) return
  throw new LexpandError(
    'INDEX',
    `[reindex] expected no other run for ${source}, got the one to ${other.target} (${other.phase}). Finish it first, or delete ${other.target} to give it up.`,
  )
}

const UNFINISHED = new Set(['copying', 'swapping', 'rolling_back'])
