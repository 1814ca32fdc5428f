import type { IndexSpecification, SpecifiedModel } from '../mappings/index.ts'
import type { AdviseRun } from './result.ts'

/** The configuration and facts of a run. */
export interface Measured
  extends Pick<AdviseRun, 'documents' | 'sample' | 'queries' | 'queries_from' | 'judged' | 'latency_noise'> {
  /** Specification of the index. */
  readonly specification: Pick<IndexSpecification, 'model' | 'pruning'>
  /** Model that weighs the queries, and that a reindex would encode with. */
  readonly model: SpecifiedModel
  /** Share of sampled documents that the model can hardly read, 0 to 1. */
  readonly unreadable: number
  /** Whether the plugin answers for the index. */
  readonly usesPlugin: boolean
}

const FEW_QUERIES = 50
/** Share of documents; a name or two in another script are not a language. */
const FEW_UNREADABLE = 0.01
/** Share by which equal searches may differ on a quiet machine. */
const LOUD = 0.05

/** Reasons why the figures are weaker than they look, a sentence or two each. */
export function warnings(run: Measured): string[] {
  const { documents, sample, queries, judged, latency_noise: noise, model, usesPlugin } = run
  const { model: filled, pruning } = run.specification
  const found: string[] = []
  if (run.queries_from === 'documents')
    found.push(
      'The queries are first sentences of documents, not what users ask: give --queries before you decide.',
    )
  if (queries < FEW_QUERIES) found.push(`${queries} queries are few: read the figures as rough.`)
  if (noise > LOUD)
    found.push(
      `Equal searches differed by ${(noise * 100).toFixed(0)}% in p50: the cluster or this machine had other work. Postings a query say more about speed than these ratios; measure again when it is quiet.`,
    )
  if (model.identity !== filled.identity)
    found.push(
      `The vectors are of another build of the model (${filled.name} ${filled.version}): a reindex with ${model.manifest.name} ${model.manifest.version} gives other ones. Name the one that filled the index with --model.`,
    )
  if (sample < documents)
    found.push(
      `Measured on ${sample} of ${documents} documents: bytes are scaled in proportion, which overstates them for small samples; on all of them postings weigh more and the fixed cost of a request less, so that ratios of p50 are as a rule further from 1${judged === undefined ? '' : ', and nDCG@10 is higher here than there'}.`,
    )
  if (judged !== undefined && judged.missing > 0)
    found.push(
      `${judged.missing} judged documents are not in the index or have no vector: they count as not found.`,
    )
  if (run.unreadable > FEW_UNREADABLE)
    found.push(
      `${(run.unreadable * 100).toFixed(0)}% of the sampled documents are in a language or script that the model can hardly read: their vectors are noise. Search them by words (mode bm25), or take a model that knows it.`,
    )
  if (pruning.type !== 'max_ratio' && pruning.type !== 'none')
    found.push(
      `The index holds ${pruning.type}: max_ratio was measured on top of it. A reindex with max_ratio replaces it, and keeps what ${pruning.type} took away.`,
    )
  if (usesPlugin)
    found.push('Latency is that of stock clauses; the plugin answers for this index, and it is faster.')
  return found
}
