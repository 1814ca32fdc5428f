import type { Client } from '@opensearch-project/opensearch'
import type { AdviseQuery } from '../bench/advise-quality.ts'
import type { EncodedDocument } from '../bench/corpus-vectors.ts'
import { firstTexts, sampleVectors } from '../bench/vector-sample.ts'
import type { InstalledIndex } from '../mappings/index.ts'
import type { Model } from '../models/index.ts'
import { LexpandError } from '../sparse/index.ts'
import type { AdviseFlags } from './advise.ts'
import { asked, type GivenQueries } from './advise-queries.ts'
import { note } from './output.ts'
import { progressBar } from './progress.ts'
import { queryFrom } from './query-files.ts'

/** What a command works on once it is connected. */
export interface Opened {
  readonly client: Client
  readonly found: InstalledIndex
  readonly model: Model
}

export interface ReadSample {
  readonly documents: readonly EncodedDocument[]
  readonly queries: readonly AdviseQuery[]
  readonly judged?: { readonly found: number; readonly missing: number }
}

/**
 * Reads the sample, and takes queries from it where none are given: those documents are then no part of it, or each
 * query would find its own.
 *
 * @throws LexpandError CONFIGURATION for a sample too small for the judgments, INDEX for an index without vectors
 */
export async function readSample(
  flags: AdviseFlags,
  { client, found, model }: Opened,
  given: GivenQueries | undefined,
  signal: AbortSignal,
): Promise<ReadSample> {
  const ids = new Set([...(given?.qrels?.values() ?? [])].flatMap((grades) => [...grades.keys()]))
  if (ids.size > flags.sample) {
    throw new LexpandError(
      'CONFIGURATION',
      `[advise] expected a sample that holds all ${ids.size} judged documents, got --sample ${flags.sample}. Raise it, or lower --limit.`,
    )
  }
  const progress = progressBar('read')
  const spare = given === undefined ? flags.limit : 0
  const read = await sampleVectors(client, found, {
    size: flags.sample + spare,
    judged: ids,
    tokenizer: model.tokenizer,
    signal,
    onProgress: (done, wanted) => progress.update(done, wanted),
  }).finally(() => progress.stop())
  if (read.length === 0) throw noVectors(found.name)
  if (given !== undefined) {
    const there = read.filter(({ id }) => ids.has(id)).length
    return {
      documents: read,
      queries: given.queries,
      ...(given.qrels === undefined ? {} : { judged: { found: there, missing: ids.size - there } }),
    }
  }
  note(
    'No --queries: the first sentences of sampled documents stand in for them. Real queries say much more.',
  )
  const step = Math.max(2, Math.floor(read.length / flags.limit))
  const heldOut = read.filter((_, at) => at % step === 1).slice(0, flags.limit)
  const held = new Set(heldOut.map(({ id }) => id))
  const texts = await firstTexts(client, found, [...held])
  const queries = asked(
    texts.map((text, at) => [`${at + 1}`, queryFrom(text)] as const),
    model,
  )
  if (queries.length === 0) throw noVectors(found.name)
  return { documents: read.filter(({ id }) => !held.has(id)), queries }
}

function noVectors(index: string): LexpandError {
  return new LexpandError(
    'INDEX',
    `[advise] expected documents with vectors and text in ${index}, got none. Run lexpand worker first, and refresh the index.`,
  )
}
