import type { ClusterEncoder, ClusterIngest, ClusterResult } from '../../cluster/cluster-result.ts'
import { circumstances, count, fixed, image, percent, type Section, table } from '../markdown.ts'
import { plot } from '../plot.ts'

const ENCODERS: Readonly<Record<ClusterEncoder, string>> = {
  model: 'the model',
  paced: 'a stand-in that sleeps',
}

/** How speed grows with the numbers of nodes and of worker processes. */
export function clusterSection(cluster: ClusterResult): Section {
  const { network, search, versions } = cluster
  const where = network.namespaces
    ? `Every node, Redis and every worker has a network namespace and an address of its own (${network.how}).`
    : `NOT in network namespaces of their own: ${network.reason}`
  return {
    text: [
      '## Cluster',
      `${where} All share the ${cluster.machine.cores} cores of one machine, so what needs the processor cannot scale beyond them: with the model as encoder, two workers are two cores. The stand-in needs no processor; it sleeps a fixed time for each batch. It shows how everything but the encoder scales: queue, reading, writing, coordination.`,
      ...ingest(cluster.ingest),
      ...(search === undefined
        ? []
        : [
            '### Queries',
            table(
              ['nodes, shards', 'clients', 'p50 ms', 'p90 ms', 'p99 ms', 'queries a second'],
              search.runs.map((run) => [
                `${run.nodes}, ${run.shards}`,
                String(run.clients),
                ...[run.p50_ms, run.p90_ms, run.p99_ms].map((ms) => fixed(ms, 2)),
                fixed(run.ops_per_second, 0),
              ]),
            ),
            `${count(search.documents)} documents, ${count(search.queries)} queries as stock clauses. Three nodes on these cores do the work of one and talk to each other besides: the difference is the price of spreading, not its gain.`,
          ]),
      circumstances({
        ...cluster,
        versions: { OpenSearch: versions.opensearch, Redis: versions.redis },
      }),
    ].join('\n\n'),
    plots: cluster.ingest.length === 0 ? new Map() : new Map([['cluster.svg', scaling(cluster.ingest)]]),
  }
}

function ingest(runs: readonly ClusterIngest[]): string[] {
  if (runs.length === 0) return []
  return [
    '### Ingesting',
    image('cluster.svg', 'documents a second by workers'),
    table(
      [
        'nodes, encoder, workers',
        'documents a second',
        'the encoders alone',
        'scaling efficiency',
        'cores used',
      ],
      runs.map((run) => [
        `${run.nodes}, ${ENCODERS[run.encoder]}, ${run.workers}`,
        fixed(run.docs_per_second, 1),
        fixed(run.encoders_docs_per_second, 1),
        percent(run.scaling_efficiency),
        fixed(run.cores_used, 2),
      ]),
    ),
    'Scaling efficiency: documents a second, divided by workers times those of the run with one worker.',
  ]
}

function scaling(runs: readonly ClusterIngest[]): string {
  const groups = Map.groupBy(
    runs,
    ({ nodes, encoder }) => `${nodes} node${nodes === 1 ? '' : 's'}, ${encoder}`,
  )
  return plot({
    title: 'Ingesting against workers',
    x: { title: 'worker processes', log: true },
    y: { title: 'documents a second', log: true },
    series: Array.from(groups, ([label, ofGroup]) => ({
      label,
      joined: true,
      points: ofGroup.map(({ workers, docs_per_second }) => [workers, docs_per_second] as const),
    })),
  })
}
