import type { Client } from '@opensearch-project/opensearch'
import {
  assertQueryTable,
  assertVocabulary,
  readInstalledIndex,
  storeSearchChoice,
} from '../mappings/index.ts'
import { machine } from '../measure/machine.ts'
import type { Model } from '../models/index.ts'
import { SearchCache } from '../pipelines/index.ts'
import type { EncodedDocument } from '../quality/corpus-vectors.ts'
import { LexpandError } from '../sparse/index.ts'
import { isUnreadable } from '../sparse/word-pieces/unreadable.ts'
import { advisePruning, adviseTable, adviseTwoPhase } from './advice.ts'
import { measureCurves } from './advise.ts'
import { withReindex } from './change.ts'
import { knownItems } from './known-items.ts'
import { levelsFor } from './levels.ts'
import type { AdviseOptions, AdviseProgress } from './options.ts'
import { type GivenQueries, givenQueries } from './queries.ts'
import type { AdvisePlan, AdviseRun } from './result.ts'
import { type Opened, readSample } from './sample.ts'
import {
  adviseSearch,
  BALANCES,
  choiceOf,
  chooseSearch,
  measureSearch,
  type SearchQueries,
} from './search-choice.ts'
import { findLeftOvers, LONGEST_RUN_MS, removeThrowAways } from './throw-away-index.ts'
import { countVectors, firstTexts, sampleVectors } from './vector-sample.ts'
import { warnings } from './warnings.ts'

/** Number of copies of a vector on disk while an index is written: its log, and segments before and after their merge. */
const COPIES_ON_DISK = 3
/** Two more query tables, the unchanged index a second time, both sides of two cuts. */
const MORE_CONTESTANTS = 7

/** Plan of {@link adviseOn}; writes nothing. */
export async function planAdvise(
  { client, found, model }: Opened,
  options: AdviseOptions,
): Promise<AdvisePlan> {
  const documents = await countVectors(client, found.name)
  const levels = levelsFor(found.specification.pruning)
  const given = await givenQueries(options, model)
  const queries = given?.queries.length ?? Math.min(options.limit, Math.floor(documents / 2))
  // Documents that replace queries are not part of the sample.
  const sample = Math.min(options.sample, documents - (given === undefined ? queries : 0))
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
    searches: queries * (levels.length + MORE_CONTESTANTS) * (options.rounds + 1),
    searches_of_index: queries * 3 * (given?.qrels === undefined ? 1 : 1 + BALANCES.length),
    left_overs: (await findLeftOvers(client)).map(({ index, isDead }) => ({ index, in_use: !isDead })),
  }
}

/**
 * Measures copies of a sample in throw-away indices and advises changes. The index itself is only read.
 *
 * @param stopped ends the run early; the throw-away indices are deleted nevertheless
 * @throws LexpandError SERVICE when it is stopped or takes more than two hours
 */
export async function adviseOn(
  opened: Opened,
  options: AdviseOptions,
  progress: AdviseProgress,
  stopped: AbortSignal,
): Promise<AdviseRun> {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(LONGEST_RUN_MS)])
  await clearLeftOvers(opened.client, progress)
  try {
    return await measured(options, opened, progress, signal)
  } catch (error) {
    if (!signal.aborted) throw error
    throw new LexpandError(
      'SERVICE',
      `[advise] expected to measure to the end, got ${stopped.aborted ? 'a signal' : 'two hours without an end'}. Nothing stays in the cluster; run it again${stopped.aborted ? '' : ' with a smaller --sample'}.`,
      { cause: error },
    )
  }
}

/**
 * Finds the index and checks that it can be measured with the model.
 *
 * @throws LexpandError CONFIGURATION for judgments without queries; INDEX for a model that does not fit, or vectors that
 *   cannot be read
 */
export async function openForAdvice(client: Client, model: Model, options: AdviseOptions): Promise<Opened> {
  if (options.qrels !== undefined && options.queries === undefined) {
    throw new LexpandError(
      'CONFIGURATION',
      '[advise] expected --queries with --qrels, got judgments alone. Name the file with the judged queries.',
    )
  }
  const found = await readInstalledIndex(client, options.index)
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

/** Number of sampled documents whose text is checked for its language. */
const READ_FOR_LANGUAGE = 1_000

async function measured(
  options: AdviseOptions,
  { client, found, model }: Opened,
  progress: AdviseProgress,
  signal: AbortSignal,
): Promise<AdviseRun> {
  const given = await givenQueries(options, model)
  const allDocuments = await countVectors(client, found.name)
  const { queries, documents, judged } = await readSample(options, { client, found, model }, given, {
    progress,
    signal,
  })
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
    rounds: options.rounds,
    noTwoPhase: usesPlugin ? 'the plugin answers for this index, and it is exact and faster' : undefined,
    signal,
    onStep: (message) => progress.note(message),
    onLeft: (indices) => progress.onLeft(indices),
  })
  const search = await measuredSearch(
    options,
    { client, found, model },
    { given, documents, signal, progress },
  )
  const { latency_noise: noise } = curves
  const limits = { noise, maxLoss: options.maxLoss, minOverlap: options.minOverlap }
  const pruning = await withReindex(
    options,
    { client, found, model },
    advisePruning(curves.pruning, limits),
    progress,
  )
  const about = {
    documents: allDocuments,
    sample: documents.length,
    queries: queries.length,
    queries_from: given === undefined ? 'documents' : 'file',
    judged,
  } as const
  const texts = await firstTexts(
    client,
    found,
    documents.slice(0, READ_FOR_LANGUAGE).map(({ id }) => id),
  )
  const unreadable = texts.filter((text) => isUnreadable(text, model.tokenizer)).length
  return {
    index: found.name,
    model: `${model.manifest.name} ${model.manifest.version}`,
    ...about,
    ...curves,
    advice: [
      pruning,
      adviseTable(curves.query_table, noise),
      adviseTwoPhase(curves.two_phase, noise, curves.no_two_phase),
      search.advice,
    ],
    search: search.points,
    search_queries: search.about,
    warnings: warnings({
      ...about,
      latency_noise: noise,
      specification: found.specification,
      model,
      unreadable: unreadable / Math.max(1, texts.length),
      usesPlugin,
    }),
    machine: machine(),
  }
}

interface SampleForSearch {
  readonly given: GivenQueries | undefined
  readonly documents: readonly EncodedDocument[]
  readonly signal: AbortSignal
  readonly progress: AdviseProgress
}

/** Measures how the index itself is searched best, and stores it where that was asked for. */
async function measuredSearch(
  options: AdviseOptions,
  { client, found, model }: Opened,
  { given, documents, signal, progress }: SampleForSearch,
) {
  const ids = documents.map(({ id }) => id)
  const queries: SearchQueries =
    given?.qrels === undefined
      ? await knownItems(client, found, ids, options.limit)
      : {
          texts: new Map(given.queries.map(({ id, text }) => [id, text])),
          qrels: given.qrels,
          from: 'judgments',
        }
  progress.note(`${queries.texts.size} queries through the index itself, with other balances and feedback`)
  const points = await measureSearch({ client, found, model, queries, signal })
  const settings = chooseSearch(points, queries.texts.size)
  const choice = choiceOf(settings, points, { found, queries })
  if (options.store) await storeSearchChoice(client, found.name, choice)
  return {
    points,
    advice: adviseSearch(settings, points, queries, options.store),
    about: { queries: queries.texts.size, queries_from: queries.from },
  }
}

async function clearLeftOvers(
  client: Opened['client'],
  { note }: Pick<AdviseProgress, 'note'>,
): Promise<void> {
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
