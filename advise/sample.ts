import type { Client } from '@opensearch-project/opensearch'
import type { InstalledIndex } from '../mappings/index.ts'
import type { Model } from '../models/index.ts'
import type { EncodedDocument } from '../quality/corpus-vectors.ts'
import { queryFrom } from '../quality/query-files.ts'
import { LexpandError } from '../sparse/index.ts'
import type { AdviseOptions, AdviseProgress } from './options.ts'
import type { AdviseQuery } from './quality.ts'
import { asked, type GivenQueries } from './queries.ts'
import { firstTexts, sampleVectors } from './vector-sample.ts'

/** Connections and index that a command works on. */
export interface Opened {
  readonly client: Client
  readonly found: InstalledIndex
  readonly model: Model
}

export interface ReadSample {
  readonly documents: readonly EncodedDocument[]
  readonly queries: readonly AdviseQuery[]
  readonly judged?: { readonly found: number; readonly missing: number } | undefined
}

/**
 * Reads the sample, and takes queries from it where none are given; those documents are then removed from the sample,
 * or each query would find its own.
 *
 * @throws LexpandError CONFIGURATION for a sample too small for the judgments, INDEX for an index without vectors
 */
export async function readSample(
  options: AdviseOptions,
  { client, found, model }: Opened,
  given: GivenQueries | undefined,
  { progress, signal }: { readonly progress: AdviseProgress; readonly signal: AbortSignal },
): Promise<ReadSample> {
  const ids = new Set([...(given?.qrels?.values() ?? [])].flatMap((grades) => [...grades.keys()]))
  if (ids.size > options.sample) {
    throw new LexpandError(
      'CONFIGURATION',
      `[advise] expected a sample that holds all ${ids.size} judged documents, got --sample ${options.sample}. Raise it, or lower --limit.`,
    )
  }
  const spare = given === undefined ? options.limit : 0
  const read = await sampleVectors(client, found, {
    size: options.sample + spare,
    judged: ids,
    tokenizer: model.tokenizer,
    signal,
    onProgress: (done, wanted) => progress.onRead(done, wanted),
  })
  if (read.length === 0) throw noVectors(found.name)
  if (given !== undefined) {
    const there = read.filter(({ id }) => ids.has(id)).length
    return {
      documents: read,
      queries: given.queries,
      ...(given.qrels === undefined ? {} : { judged: { found: there, missing: ids.size - there } }),
    }
  }
  progress.note(
    'No --queries: the first sentences of sampled documents stand in for them. Real queries say much more.',
  )
  const step = Math.max(2, Math.floor(read.length / options.limit))
  const heldOut = read.filter((_, at) => at % step === 1).slice(0, options.limit)
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
