// Measures how ingest and queries scale with worker processes and nodes, on a cluster of its own, and writes
// .lexpand/benchmarks/cluster.json: node reports/cluster/cluster.ts [--vectors v.jsonl --queries q.jsonl] [--seconds
// 20] [--model NAME] [--rounds 2] [--heap 1g] [--nodes 1,3]. Queries are measured only with vectors and queries, in the
// formats of `lexpand bench search`. Root on Linux: each node, Redis and each worker gets a network namespace. All of
// it is removed at the end, also by Ctrl-C.
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, isAbsolute } from 'node:path'
import { parseArgs } from 'node:util'
import { machine } from '../../measure/machine.ts'
import { benchQueries } from '../../measure/search-variants.ts'
import { DEFAULT_MODEL, loadModel, type Model } from '../../models/index.ts'
import { readQueries } from '../../quality/query-files.ts'
import { documentationPassages } from '../../sources/documentation.ts'
import { commit, projectFile } from '../report-source.ts'
import { measureClusterIngest } from './cluster-ingest.ts'
import type { ClusterIngest, ClusterResult, ClusterSearch, ClusterSearchRun } from './cluster-result.ts'
import { measureClusterSearch } from './cluster-search.ts'
import { type ClusterServices, startClusterServices } from './cluster-services.ts'

const RUNS = [
  { encoder: 'model', workers: [1, 2] },
  { encoder: 'paced', workers: [1, 2, 4, 8] },
] as const
const CLIENTS = [1, 8]
const MOST_WORKERS = Math.max(...RUNS.flatMap(({ workers }) => workers))
const QUERIES = 1_000
const FILE = projectFile('.lexpand/benchmarks/cluster.json')
const PASSAGES = 5_000
/** About 130 word pieces. */
const PASSAGE_WORDS = 100

const { values } = parseArgs({
  options: {
    vectors: { type: 'string' },
    queries: { type: 'string' },
    seconds: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '2' },
    heap: { type: 'string', default: '1g' },
    model: { type: 'string', default: DEFAULT_MODEL },
    nodes: { type: 'string', default: '1,3' },
  },
})
const { vectors, queries, heap } = values
const [seconds, rounds] = [positive('seconds', values.seconds), positive('rounds', values.rounds)]
if ((vectors === undefined) !== (queries === undefined))
  throw new Error('[bench] expected both --vectors and --queries or none, got one. Name the other.')

let starting: Promise<ClusterServices> | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    note(`${signal}: stopping what was started`)
    await (await starting?.catch(() => undefined))?.close()
    process.exit(130)
  })
}

const model = await loadModel(values.model)
const ingest: ClusterIngest[] = []
const searches: ClusterSearch[] = []
for (const nodes of values.nodes.split(',').map((text) => positive('nodes', text))) {
  note(`starting ${nodes} node(s) and Redis`)
  starting = startClusterServices({ nodes, workers: MOST_WORKERS, heap })
  const services = await starting
  try {
    const { network } = services
    note(network.namespaces ? `namespaces: ${network.how}` : `no namespaces: ${network.reason}`)
    ingest.push(...(await ingestRuns(services, model)))
    if (vectors !== undefined && queries !== undefined)
      searches.push(await searchRuns(services, model, { vectors, queries }))
    // Written after each cluster: results stay when the next cluster does not start.
    write(services.network, await versionsOf(services))
  } finally {
    await services.close()
  }
}
note(`written to ${FILE}`)

function write(network: ClusterResult['network'], versions: ClusterResult['versions']): void {
  const [anySearch] = searches
  const search = anySearch && { ...anySearch, runs: searches.flatMap(({ runs }) => runs) }
  const result: ClusterResult = {
    machine: machine(),
    versions,
    commit: commit(),
    command: ['node reports/cluster/cluster.ts', ...process.argv.slice(2).map(withoutFolder)].join(' '),
    network,
    ingest,
    ...(search === undefined ? {} : { search }),
  }
  mkdirSync(dirname(FILE), { recursive: true })
  writeFileSync(FILE, `${JSON.stringify(result, null, 2)}\n`)
}

async function ingestRuns(services: ClusterServices, model: Model): Promise<ClusterIngest[]> {
  const passages = documentationPassages({ limit: PASSAGES, wordsPerPassage: PASSAGE_WORDS })
  const documents = passages.map(({ id, title, text }) => ({ id, source: { title, text } }))
  const common = { services, model, reference: values.model, fields: ['title', 'text'], documents, seconds }
  const runs: ClusterIngest[] = []
  for (const kind of RUNS) runs.push(...(await measureClusterIngest({ ...common, ...kind }, tellIngest)))
  return runs
}

async function searchRuns(
  services: ClusterServices,
  model: Model,
  files: { readonly vectors: string; readonly queries: string },
): Promise<ClusterSearch> {
  const texts = [...(await readQueries(files.queries, 'bench')).values()]
  const asked = benchQueries(texts.slice(0, QUERIES), model)
  note(`filling an index of ${services.urls.length} shard(s)`)
  const { vectors } = files
  return measureClusterSearch(
    { services, model, vectors, queries: asked, clients: CLIENTS, rounds },
    tellSearch,
  )
}

async function versionsOf({ client, redis }: ClusterServices): Promise<ClusterResult['versions']> {
  const { body } = await client.info()
  const [, version = ''] = /^redis_version:(\S+)/m.exec(await redis.info('server')) ?? []
  return { opensearch: body.version.number, redis: version }
}

function tellIngest(run: ClusterIngest): void {
  const { nodes, encoder, workers, docs_per_second, encoders_docs_per_second, scaling_efficiency } = run
  note(
    `${nodes} node(s), ${workers} x ${encoder}: ${docs_per_second.toFixed(1)} docs/s of the encoders' ${encoders_docs_per_second.toFixed(1)}, efficiency ${scaling_efficiency.toFixed(2)}, ${run.cores_used.toFixed(2)} cores`,
  )
}

function tellSearch({ nodes, shards, clients, p50_ms, p99_ms, ops_per_second }: ClusterSearchRun): void {
  note(
    `${nodes} node(s), ${shards} shard(s), ${clients} client(s): p50 ${p50_ms.toFixed(2)} ms, p99 ${p99_ms.toFixed(2)} ms, ${ops_per_second.toFixed(0)}/s`,
  )
}

/** Removes folders: those of this machine say nothing to readers of the page. */
function withoutFolder(word: string): string {
  return isAbsolute(word) ? basename(word) : word
}

function positive(name: string, text: string): number {
  const number = Number(text)
  if (number > 0) return number
  throw new Error(`[bench] expected --${name} as a number above 0, got ${JSON.stringify(text)}. Correct it.`)
}

function note(text: string): void {
  console.error(`[bench cluster] ${text}`)
}
