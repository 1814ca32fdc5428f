import type { Client } from '@opensearch-project/opensearch'
import { machine } from '../../measure/machine.ts'
import type { SearchContestant } from '../../measure/measured-request.ts'
import type { BenchFiles } from '../../measure/search-documents.ts'
import { type BenchIndex, benchIndex } from '../../measure/search-index.ts'
import { measureSearch, type SearchMeasurement, type SearchSpeed } from '../../measure/search-speed.ts'
import {
  type BenchQuery,
  contestantOf,
  FIELD_KINDS,
  type FieldKind,
  VARIANTS,
  type Variant,
  type VariantName,
} from '../../measure/search-variants.ts'
import type { Model } from '../../models/index.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { clientOverhead } from './client-overhead.ts'
import { type Condition, contestantsOf, filteredSpeeds, overlapOf, speedsUnder } from './search-conditions.ts'
import { measureLoad } from './search-load.ts'
import { type BenchSearchResult, byQueryTokens } from './search-result.ts'

export interface SearchBenchOptions {
  readonly client: Client
  /** URL of the server, http. */
  readonly url: string
  readonly model: Model
  readonly files: BenchFiles
  /** Number of documents, from the first on. */
  readonly take: number
  readonly queries: readonly BenchQuery[]
  readonly variants: readonly VariantName[]
  readonly also: readonly Condition[]
  readonly rounds: number
  /** Number of hits of a query. */
  readonly size: number
  readonly onProgress: (message: string) => void
}

/** Clients of the condition `load`. */
export const LOAD_CLIENTS = 8
/** Kinds that need a plugin. */
const OPTIONAL: ReadonlySet<FieldKind> = new Set(['lexpand_impacts', 'sparse_vector'])

/**
 * Fills the indices that the variants need, or finds them, and lets the variants take turns. `missing` lists the
 * variants that the server cannot run.
 *
 * @throws LexpandError SERVICE when the server can run none of the variants; as {@link benchIndex} does
 */
export async function benchSearch(options: SearchBenchOptions): Promise<BenchSearchResult> {
  const { client, url, queries, variants, also, rounds, size, onProgress } = options
  const missing: Record<string, string> = {}
  const indices = await fillIndices(options, missing)
  const able: VariantName[] = []
  const pipelines = variants.flatMap((name) => variant(name).pipeline ?? [])
  try {
    for (const { name, body } of pipelines) await putPipeline(client, name, body)
    for (const name of variants) {
      const index = indices.get(VARIANTS[name].kind)
      if (index === undefined) continue
      const first = contestantOf(variant(name), index.name, queries.slice(0, 1), { size })
      try {
        await measureSearch(url, new Map([[name, first]]), 0)
        able.push(name)
      } catch (error) {
        missing[name] = reason(error)
      }
    }
    if (able.length === 0) throw noneRuns(missing)
    const contestants = contestantsOf(able, indices, queries, { size, also })
    const measured = await measureSearch(url, contestants, rounds, (round) =>
      onProgress(`round ${round} of ${rounds}`),
    )
    const load = new Map<string, SearchSpeed>()
    if (also.includes('load')) {
      onProgress(`${LOAD_CLIENTS} clients`)
      const plain = new Map(able.map((name) => [name, contestants.get(name) as SearchContestant]))
      for (const [name, speed] of await measureLoad(url, plain, { clients: LOAD_CLIENTS, rounds }))
        load.set(name, speed)
    }
    return result(options, { indices, able, measured, load, missing, versions: await versions(client) })
  } finally {
    for (const { name } of pipelines) await deletePipeline(client, name)
  }
}

async function fillIndices(
  { client, files, model, take, variants, also, onProgress }: SearchBenchOptions,
  missing: Record<string, string>,
): Promise<Map<FieldKind, BenchIndex>> {
  const indices = new Map<FieldKind, BenchIndex>()
  for (const kind of FIELD_KINDS) {
    const asking = variants.filter((name) => VARIANTS[name].kind === kind)
    if (asking.length === 0) continue
    onProgress(`index of ${kind}`)
    try {
      const unmerged = also.includes('unmerged')
      indices.set(kind, await benchIndex(client, kind, { files, model }, { take, unmerged }))
    } catch (error) {
      if (!OPTIONAL.has(kind)) throw error
      for (const name of asking) missing[name] = reason(error)
    }
  }
  return indices
}

interface Measured {
  readonly indices: ReadonlyMap<FieldKind, BenchIndex>
  readonly able: readonly VariantName[]
  readonly measured: SearchMeasurement
  readonly load: ReadonlyMap<string, SearchSpeed>
  readonly missing: Readonly<Record<string, string>>
  readonly versions: Readonly<Record<string, string>>
}

function result(options: SearchBenchOptions, found: Measured): BenchSearchResult {
  const { model, queries, rounds, also } = options
  const { indices, able, measured, load, missing, versions } = found
  const { name, version } = model.manifest
  const ofIndices = (value: (index: BenchIndex) => number | undefined) =>
    Object.fromEntries(
      Array.from(indices).flatMap(([kind, index]) => {
        const found = value(index)
        return found === undefined ? [] : [[kind, found]]
      }),
    )
  return {
    machine: machine(),
    versions,
    model: `${name} ${version}`,
    documents: Math.max(...Array.from(indices.values(), ({ documents }) => documents)),
    document_tokens: Math.max(...Array.from(indices.values(), ({ tokensPerDocument }) => tokensPerDocument)),
    queries: queries.length,
    query_tokens: queries.reduce((sum, { tokens }) => sum + tokens.length, 0) / queries.length,
    rounds,
    variants: Object.fromEntries(
      able.map((each) => [
        each,
        {
          ...(measured.speed.get(each) as SearchSpeed),
          ...overlapOf(each, measured),
          by_query_tokens: byQueryTokens(queries, measured.times.get(each) ?? []),
        },
      ]),
    ),
    ...(also.includes('counted') ? { counted: speedsUnder('counted', able, measured) } : {}),
    ...(also.includes('unmerged')
      ? {
          unmerged: {
            segments: ofIndices(({ unmerged }) => unmerged?.segments),
            variants: speedsUnder('unmerged', able, measured),
          },
        }
      : {}),
    ...(also.includes('load') ? { load: { clients: LOAD_CLIENTS, variants: Object.fromEntries(load) } } : {}),
    ...(also.includes('filtered') ? { filtered: filteredSpeeds(able, measured) } : {}),
    client_overhead: clientOverhead(
      queries.map(({ text }) => text),
      model,
      rounds,
    ),
    // The files of the peer's approximate index have no extension that identifies them.
    index_bytes: ofIndices(({ bytes }) => (bytes > 0 ? bytes : undefined)),
    store_bytes: ofIndices(({ storeBytes }) => storeBytes),
    index_seconds: ofIndices(({ seconds }) => seconds && seconds.fill + seconds.merge),
    fill_seconds: ofIndices(({ seconds }) => seconds?.fill),
    missing,
  }
}

function variant(name: VariantName): Variant {
  return VARIANTS[name]
}

/** An engine without the processor refuses the pipeline; the variant then reports that it is missing. */
async function putPipeline(client: Client, name: string, body: object): Promise<void> {
  await client.transport
    .request({ method: 'PUT', path: `/_search/pipeline/${name}`, body: body as never })
    .catch(() => undefined)
}

async function deletePipeline(client: Client, name: string): Promise<void> {
  await client.transport
    .request({ method: 'DELETE', path: `/_search/pipeline/${name}` })
    .catch(() => undefined)
}

async function versions(client: Client): Promise<Record<string, string>> {
  const [{ body: info }, { body: nodes }] = await Promise.all([
    client.info(),
    client.nodes.info({ metric: ['plugins'] }),
  ])
  const plugins = Object.values(nodes.nodes).flatMap(({ plugins = [] }) =>
    plugins.map(({ name, version }) => [name, version] as const),
  )
  return {
    OpenSearch: info.version.number,
    Lucene: info.version.lucene_version,
    ...Object.fromEntries(plugins),
  }
}

function noneRuns(missing: Readonly<Record<string, string>>): LexpandError {
  const why = Object.entries(missing).map(([name, reason]) => `${name}: ${reason}`)
  return new LexpandError(
    'SERVICE',
    `[bench] expected an engine that can run at least one of the variants, got none (${why.join('; ')}). Install the plugin that they need, or name others with --variants.`,
  )
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
