import { advisePruning, adviseTable, adviseTwoPhase } from '../bench/advice.ts'
import { type Curves, measureCurves } from '../bench/advise.ts'
import { levelsFor } from '../bench/advise-levels.ts'
import { type Machine, machine } from '../bench/machine.ts'
import { findLeftOvers, LONGEST_RUN_MS, removeThrowAways } from '../bench/throw-away-index.ts'
import { countVectors, sampleVectors } from '../bench/vector-sample.ts'
import { assertQueryTable, assertVocabulary, readInstalledIndex } from '../mappings/index.ts'
import { SearchCache } from '../pipelines/index.ts'
import { LexpandError } from '../sparse/index.ts'
import type { AdviseFlags } from './advise.ts'
import { type NeededAdvice, withReindex } from './advise-change.ts'
import { givenQueries } from './advise-queries.ts'
import { type Opened, readSample } from './advise-sample.ts'
import { warnings } from './advise-warnings.ts'
import { connect } from './connect.ts'
import { interruption } from './interrupt.ts'
import { openModel } from './model.ts'
import { EXIT, note } from './output.ts'

/** What a run would do. */
export interface AdvisePlan {
  readonly dry_run: true
  readonly index: string
  /** With a vector. */
  readonly documents: number
  readonly sample: number
  readonly prunings: readonly string[]
  readonly queries: number
  readonly queries_from: 'file' | 'documents'
  readonly throw_away_indices: number
  /** On disk while it runs, at most, as far as 100 documents tell. */
  readonly throw_away_bytes: number
  readonly searches: number
  /** Of runs that were killed; the next run deletes those that belong to nobody any more. */
  readonly left_overs: readonly { readonly index: string; readonly in_use: boolean }[]
}

export interface AdviseRun extends Curves {
  readonly index: string
  readonly model: string
  readonly documents: number
  readonly sample: number
  readonly queries: number
  readonly queries_from: 'file' | 'documents'
  /** Judged documents that are in the index, and those that are not; only with judgments. */
  readonly judged?: { readonly found: number; readonly missing: number }
  readonly advice: readonly NeededAdvice[]
  readonly warnings: readonly string[]
  readonly machine: Machine
}

/** Copies of a vector on disk while an index is being written: its log, and segments before and after their merge. */
const COPIES_ON_DISK = 3
/** Two more query tables, the index once more, both sides of two cuts. */
const MORE_CONTESTANTS = 7

export async function planAdvise(flags: AdviseFlags): Promise<AdvisePlan> {
  const { client, found, model } = await open(flags)
  const documents = await countVectors(client, found.name)
  const levels = levelsFor(found.specification.pruning)
  const given = await givenQueries(flags, model)
  const queries = given?.queries.length ?? Math.min(flags.limit, Math.floor(documents / 2))
  // Documents that stand in for queries are no part of the sample.
  const sample = Math.min(flags.sample, documents - (given === undefined ? queries : 0))
  const few = await sampleVectors(client, found, { size: 100, judged: [], tokenizer: model.tokenizer })
  const bytes = few.reduce((sum, { weights }) => sum + 16 * weights.length, 0) / Math.max(1, few.length)
  return {
    dry_run: true,
    index: found.name,
    documents,
    sample,
    prunings: levels.map(({ pruning }) => pruning),
    queries,
    queries_from: given === undefined ? 'documents' : 'file',
    throw_away_indices: levels.length,
    throw_away_bytes: Math.round(bytes * sample * levels.length * COPIES_ON_DISK),
    searches: queries * (levels.length + MORE_CONTESTANTS) * (flags.rounds + 1),
    left_overs: (await findLeftOvers(client)).map(({ index, isDead }) => ({ index, in_use: !isDead })),
  }
}

export async function adviseOn(flags: AdviseFlags): Promise<AdviseRun> {
  const stopped = interruption(
    'Stopping: deleting the throw-away indices. A second signal leaves them to the next run.',
  )
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(LONGEST_RUN_MS)])
  const { client, found, model } = await open(flags)
  await clearLeftOvers(client)
  try {
    return await measured(flags, { client, found, model }, signal)
  } catch (error) {
    if (!signal.aborted) throw error
    throw new LexpandError(
      'SERVICE',
      `[advise] expected to measure to the end, got ${stopped.aborted ? 'a signal' : 'two hours without an end'}. Nothing stays in the cluster; run it again${stopped.aborted ? '' : ' with a smaller --sample'}.`,
      { cause: error },
    )
  }
}

async function open(flags: AdviseFlags): Promise<Opened> {
  if (flags.qrels !== undefined && flags.queries === undefined) {
    throw new LexpandError(
      'CONFIGURATION',
      '[advise] expected --queries with --qrels, got judgments alone. Name the file with the judged queries.',
    )
  }
  const model = await openModel(flags)
  const { client } = await connect(flags, { redis: false })
  const found = await readInstalledIndex(client, flags.index)
  assertVocabulary(found.specification, model.tokenizer.vocabularyHash, found.name)
  assertQueryTable(found.specification, model.queryTable.hash, found.name)
  if (!found.vectorsInSource) {
    throw new LexpandError(
      'INDEX',
      `[advise] expected vectors in _source of ${found.name}, got a mapping that leaves ${found.specification.sparse_field} out: they cannot be read back. Measure on an index that keeps them.`,
    )
  }
  return { client, found, model }
}

async function measured(
  flags: AdviseFlags,
  { client, found, model }: Opened,
  signal: AbortSignal,
): Promise<AdviseRun> {
  const given = await givenQueries(flags, model)
  const allDocuments = await countVectors(client, found.name)
  const { queries, documents, judged } = await readSample(flags, { client, found, model }, given, signal)
  const usesPlugin = (await new SearchCache().form(client, found)) === 'lexpand'
  const curves = await measureCurves({
    client,
    index: found.name,
    vectorType: found.vectorType,
    held: found.specification.pruning,
    documents,
    allDocuments,
    queries,
    qrels: given?.qrels,
    tokenizer: model.tokenizer,
    rounds: flags.rounds,
    noTwoPhase: usesPlugin ? 'the plugin answers for this index, and it is exact and faster' : undefined,
    signal,
    onStep: note,
    onLeft(indices) {
      process.exitCode = EXIT.problems
      note(`Could not delete ${indices.join(', ')}: the next lexpand advise will, or DELETE them.`)
    },
  })
  const { latency_noise: noise } = curves
  const limits = { noise, maxLoss: flags.maxLoss, minOverlap: flags.minOverlap }
  const pruning = await withReindex(flags, { client, found, model }, advisePruning(curves.pruning, limits))
  const about = {
    documents: allDocuments,
    sample: documents.length,
    queries: queries.length,
    queries_from: given === undefined ? 'documents' : 'file',
    ...(judged === undefined ? {} : { judged }),
  } as const
  return {
    index: found.name,
    model: `${model.manifest.name} ${model.manifest.version}`,
    ...about,
    ...curves,
    advice: [
      pruning,
      adviseTable(curves.query_table, noise),
      adviseTwoPhase(curves.two_phase, noise, curves.no_two_phase),
    ],
    warnings: warnings({
      ...about,
      latency_noise: noise,
      specification: found.specification,
      model,
      usesPlugin,
    }),
    machine: machine(),
  }
}

async function clearLeftOvers(client: Opened['client']): Promise<void> {
  const found = await findLeftOvers(client)
  const dead = found.filter(({ isDead }) => isDead).map(({ index }) => index)
  const used = found.filter(({ isDead }) => !isDead)
  if (dead.length > 0) {
    note(`Deleting what a run that was killed has left: ${dead.join(', ')}`)
    const left = await removeThrowAways(client, dead)
    if (left.length > 0) note(`Could not delete ${left.join(', ')}.`)
  }
  for (const { index, host, pid } of used) {
    note(`${index} belongs to process ${pid} of ${host}, which may be at work: it stays. DELETE it if not.`)
  }
}
