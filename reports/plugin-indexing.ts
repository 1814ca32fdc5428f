// Measures the cost of the plugin's listener for writes: bulk requests go in turns to two private nodes, one with the
// plugin and one without; each round gives a ratio: node reports/plugin-indexing.ts --documents d.jsonl [--limit 4000]
// [--rounds 10]. `plain`: an index that is not Lexpand's. `lexpand`: an index of Lexpand's by its mapping, so that the
// listener hashes each text. JSON on stdout. Both nodes are removed at the end.
import { parseArgs } from 'node:util'
import { Client } from '@opensearch-project/opensearch'
import { usageOf } from '../bench/ingest/process-usage.ts'
import { fetchDistribution } from '../embedded/engine/distribution.ts'
import { findJdk } from '../embedded/engine/jdk.ts'
import { startPrivateOpenSearch } from '../embedded/index.ts'
import { machineSettings } from '../embedded/settings.ts'
import { pluginHome } from '../integration-tests/fixtures/plugin-home.ts'
import { specificationFor } from '../mappings/index.ts'
import { fileLines } from '../measure/file-lines.ts'
import { percentile } from '../measure/latency.ts'
import { machine } from '../measure/machine.ts'
import { loadModel } from '../models/index.ts'

const BULK_DOCUMENTS = 500
/** The virtual machine compiles the listener meanwhile. */
const WARM_UP = 3
const FIELD = 'text'

interface Load {
  readonly seconds: number
  /** Processor time of the node, including merges and garbage collection. */
  readonly cpuSeconds: number
}

const { values } = parseArgs({
  options: {
    documents: { type: 'string' },
    limit: { type: 'string', default: '4000' },
    rounds: { type: 'string', default: '10' },
  },
})
if (values.documents === undefined) {
  throw new Error('[bench] expected --documents FILE, got none. Name JSON lines with _id and text.')
}
const bodies = await bulkBodies(values.documents, Number(values.limit))
const rounds = Number(values.rounds)
const model = await loadModel()
const options = { fields: [FIELD] }
const ours = specificationFor(model, options)

const settings = machineSettings()
const homes = {
  without: await fetchDistribution({ ...settings, onProgress: () => undefined }, await findJdk(settings)),
  with: await pluginHome(),
}
const nodes: Awaited<ReturnType<typeof startPrivateOpenSearch>>[] = []
try {
  const clients = { without: await node(homes.without), with: await node(homes.with) }
  const result: Record<string, object> = {}
  for (const [kind, meta] of Object.entries({ plain: {}, lexpand: { lexpand: ours } })) {
    const ratios = { seconds: [] as number[], cpuSeconds: [] as number[] }
    for (let round = -WARM_UP; round < rounds; round++) {
      const order = round % 2 === 0 ? (['with', 'without'] as const) : (['without', 'with'] as const)
      const loads = { with: {} as Load, without: {} as Load }
      for (const name of order) loads[name] = await load(clients[name], meta)
      if (round < 0) continue
      ratios.seconds.push(loads.with.seconds / loads.without.seconds)
      ratios.cpuSeconds.push(loads.with.cpuSeconds / loads.without.cpuSeconds)
      process.stderr.write(`${kind} ${round + 1}/${rounds} ${JSON.stringify(loads)}\n`)
    }
    result[kind] = { seconds_ratio: spread(ratios.seconds), cpu_ratio: spread(ratios.cpuSeconds) }
  }
  const documents = bodies.reduce((sum, body) => sum + body.length / 2, 0)
  process.stdout.write(`${JSON.stringify({ machine: machine(), documents, rounds, ...result }, null, 2)}\n`)
} finally {
  for (const started of nodes) await started.stop()
}

async function node(home: string): Promise<Client> {
  const started = await startPrivateOpenSearch({ home, heap: '1g', isShortLived: false })
  nodes.push(started)
  return new Client({ node: started.url })
}

async function load(client: Client, meta: object): Promise<Load> {
  const index = 'lexpand-bench-indexing'
  const properties = { [FIELD]: { type: 'text', analyzer: 'english' } }
  await client.indices.delete({ index, ignore_unavailable: true })
  await client.indices.create({
    index,
    body: {
      settings: { number_of_shards: 1, number_of_replicas: 0, refresh_interval: '-1' },
      mappings: { _meta: meta, properties },
    } as never,
  })
  const before = await cpuSeconds(client)
  const startedAt = performance.now()
  for (const body of bodies) {
    const reply = await client.bulk({ index, body: body as never })
    if (reply.body.errors)
      throw new Error(`[bench] expected all documents taken, got ${JSON.stringify(reply.body.items[0])}.`)
  }
  const seconds = (performance.now() - startedAt) / 1000
  return { seconds, cpuSeconds: (await cpuSeconds(client)) - before }
}

/** Processor time of the node's process so far; the engine reports its own only once a second. */
async function cpuSeconds(client: Client): Promise<number> {
  const { body } = await client.nodes.info({ metric: 'process' as never })
  const [node] = Object.values(body.nodes as Record<string, { process?: { id?: number } }>)
  return usageOf([node?.process?.id ?? 0]).cpuSeconds ?? Number.NaN
}

async function bulkBodies(file: string, limit: number): Promise<object[][]> {
  const found: object[][] = []
  let count = 0
  for await (const line of fileLines(file)) {
    if (count === limit) break
    const { _id, text } = JSON.parse(line.text) as { _id: string; text: string }
    if (count % BULK_DOCUMENTS === 0) found.push([])
    found.at(-1)?.push({ index: { _id } }, { [FIELD]: text })
    count++
  }
  return found
}

function spread(ratios: readonly number[]) {
  const [median, low, high] = [50, 25, 75].map((p) => Number(percentile(ratios, p).toFixed(3)))
  return { median, quartiles: [low, high], of: ratios.length }
}
