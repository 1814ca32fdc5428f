import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Command, Option } from 'commander'
import { type Machine, machine } from '../bench/machine.ts'
import { type BenchIndex, benchIndex } from '../bench/search-index.ts'
import { measureSearch, overlap, type SearchContestant, type SearchSpeed } from '../bench/search-speed.ts'
import {
  type BenchQuery,
  benchQueries,
  FIELD_KINDS,
  type FieldKind,
  VARIANTS,
  type VariantName,
} from '../bench/search-variants.ts'
import type { Model } from '../models/index.ts'
import { LexpandError } from '../sparse/errors.ts'
import { integer, list } from './arguments.ts'
import { withConnection, withExamples, withJson } from './command.ts'
import type { ConnectionFlags } from './configuration.ts'
import { connect } from './connect.ts'
import { type ModelFlags, openModel, withModel } from './model.ts'
import { note, printResult } from './output.ts'

const NAMES = Object.keys(VARIANTS) as VariantName[]
/** Exact with Lucene's own clauses: what the others' hits are compared with. */
const REFERENCE: VariantName = 'rank_feature'

/** Adds `lexpand bench search`. */
export function registerBenchSearch(bench: Command): void {
  const search = bench
    .command('search')
    .description(
      'Time of a search over the same documents as BM25, as stock sparse clauses and as our query: one client, one shard, one segment, by turns. Leaves its indices (lexpand-bench-*) for the next run.',
    )
    .requiredOption('--documents <file>', 'JSON lines with _id and text')
    .requiredOption(
      '--vectors <file>',
      'JSON lines with _id and vector (word piece: weight), same ids and order',
    )
    .requiredOption('--queries <file>', 'JSON lines with text')
    .addOption(
      new Option('--variants <list>', `of ${NAMES.join(', ')}`).default(NAMES, 'all').argParser(variants),
    )
    .addOption(
      new Option('--limit <n>', 'queries, from the first on').default(1_000).argParser(integer(1, 1_000_000)),
    )
    .addOption(new Option('--rounds <n>', 'counted passes').default(5).argParser(integer(1, 1_000)))
    .addOption(new Option('--size <n>', 'hits of a query').default(10).argParser(integer(1, 10_000)))
    .action(benchSearch)
  withExamples(withJson(withConnection(withModel(search))), [
    'lexpand bench search --documents documents.jsonl --vectors vectors.jsonl --queries queries.jsonl',
    'lexpand bench search --documents d.jsonl --vectors v.jsonl --queries q.jsonl --variants bm25,lexpand --json',
  ])
}

interface BenchSearchFlags extends ConnectionFlags, ModelFlags {
  readonly documents: string
  readonly vectors: string
  readonly queries: string
  readonly variants: readonly VariantName[]
  readonly limit: number
  readonly rounds: number
  readonly size: number
  readonly json: boolean
}

interface BenchSearchResult {
  readonly machine: Machine
  readonly model: string
  readonly documents: number
  readonly queries: number
  /** Distinct word pieces of a query, mean. */
  readonly query_tokens: number
  readonly rounds: number
  readonly variants: Record<
    string,
    SearchSpeed & { /** With rank_feature's hits. */ readonly overlap?: number }
  >
  readonly index_bytes: Record<string, number>
  /** Only of indices that this run filled. */
  readonly index_seconds: Record<string, number>
  /** Variants that the server cannot run, with its reason. */
  readonly missing: Record<string, string>
}

async function benchSearch(flags: BenchSearchFlags): Promise<void> {
  const model = await openModel(flags)
  const queries = benchQueries(await texts(flags.queries, flags.limit), model)
  if (queries.length === 0) throw noQueries(flags.queries)
  const { client, opensearchUrl } = await connect(flags, { redis: false })
  if (!opensearchUrl.startsWith('http:')) throw notPlain(opensearchUrl)
  const missing: Record<string, string> = {}
  const indices = new Map<FieldKind, BenchIndex>()
  for (const kind of FIELD_KINDS) {
    const asking = flags.variants.filter((name) => VARIANTS[name].kind === kind)
    if (asking.length === 0) continue
    note(`index of ${kind}`)
    try {
      indices.set(kind, await benchIndex(client, kind, flags, model))
    } catch (error) {
      if (kind !== 'lexpand_impacts') throw error
      for (const name of asking) missing[name] = reason(error)
    }
  }
  const contestants = new Map<VariantName, SearchContestant>()
  for (const name of flags.variants) {
    const index = indices.get(VARIANTS[name].kind)
    if (index === undefined) continue
    const contestant = contestantOf(name, index, queries, flags.size)
    try {
      await measureSearch(
        opensearchUrl,
        new Map([[name, { ...contestant, bodies: contestant.bodies.slice(0, 1) }]]),
        0,
      )
      contestants.set(name, contestant)
    } catch (error) {
      missing[name] = reason(error)
    }
  }
  const measured = await measureSearch(opensearchUrl, contestants, flags.rounds, (round) =>
    note(`round ${round} of ${flags.rounds}`),
  )
  const reference = measured.hits.get(REFERENCE)
  const result: BenchSearchResult = {
    machine: machine(),
    model: named(model),
    documents: Math.max(...Array.from(indices.values(), ({ documents }) => documents)),
    queries: queries.length,
    query_tokens: queries.reduce((sum, { tokens }) => sum + tokens.length, 0) / queries.length,
    rounds: flags.rounds,
    variants: Object.fromEntries(
      Array.from(measured.speed, ([name, speed]) => [
        name,
        name === 'bm25' || reference === undefined
          ? speed
          : { ...speed, overlap: overlap(reference, measured.hits.get(name) ?? []) },
      ]),
    ),
    index_bytes: Object.fromEntries(Array.from(indices, ([kind, { bytes }]) => [kind, bytes])),
    index_seconds: Object.fromEntries(
      Array.from(indices).flatMap(([kind, { seconds }]) => (seconds === undefined ? [] : [[kind, seconds]])),
    ),
    missing,
  }
  printResult(flags.json, result, table)
}

function contestantOf(
  name: VariantName,
  index: BenchIndex,
  queries: readonly BenchQuery[],
  size: number,
): SearchContestant {
  return {
    path: `/${index.name}/_search`,
    bodies: queries.map((query) =>
      JSON.stringify({ size, track_total_hits: false, _source: false, query: VARIANTS[name].query(query) }),
    ),
  }
}

async function texts(file: string, limit: number): Promise<string[]> {
  const found: string[] = []
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (found.length === limit) break
    if (line !== '') found.push((JSON.parse(line) as { text: string }).text)
  }
  return found
}

function variants(text: string): VariantName[] {
  return list()(text).map((name) => {
    if (Object.hasOwn(VARIANTS, name)) return name as VariantName
    throw new LexpandError(
      'CONFIGURATION',
      `[bench] expected variants of ${NAMES.join(', ')}, got ${name}. Change --variants.`,
    )
  })
}

function named(model: Model): string {
  return `${model.manifest.name} ${model.manifest.version}`
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function noQueries(file: string): LexpandError {
  return new LexpandError(
    'INPUT',
    `[bench] expected queries with word pieces in ${file}, got none. Write one {"text": ...} a line.`,
  )
}

function notPlain(url: string): LexpandError {
  return new LexpandError(
    'CONFIGURATION',
    `[bench] expected an http address, got ${url}: encryption would be measured, too. Use a node without TLS.`,
  )
}

function table(result: BenchSearchResult): string {
  const { machine, variants, index_bytes, index_seconds, missing } = result
  const bm25 = variants.bm25?.p50_ms
  const rows = Object.entries(variants).map(([name, { p50_ms, p90_ms, p99_ms, overlap }]) =>
    [
      name.padEnd(18),
      ...[p50_ms, p90_ms, p99_ms].map((ms) => ms.toFixed(3).padStart(9)),
      (bm25 === undefined ? '' : (p50_ms / bm25).toFixed(2)).padStart(9),
      (overlap === undefined ? '' : overlap.toFixed(3)).padStart(9),
    ].join(' '),
  )
  return [
    `${result.documents} documents, ${result.queries} queries of ${result.query_tokens.toFixed(1)} word pieces, ${result.model}, ${machine.cores} cores of ${machine.processor}, ${machine.date}`,
    `${'variant'.padEnd(18)} ${['p50 ms', 'p90 ms', 'p99 ms', 'x bm25', 'overlap'].map((title) => title.padStart(9)).join(' ')}`,
    ...rows,
    ...Object.entries(index_bytes).map(([kind, bytes]) => {
      const seconds = index_seconds[kind]
      return `${kind}: ${(bytes / 1e6).toFixed(1)} MB${seconds === undefined ? '' : `, ${seconds.toFixed(1)} s to index`}`
    }),
    ...Object.entries(missing).map(([name, why]) => `Without ${name}: ${why}`),
  ].join('\n')
}
