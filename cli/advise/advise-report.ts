import type { Advice, Point } from '../../advise/advice.ts'
import type { NeededAdvice } from '../../advise/change.ts'
import type { AdvisePlan, AdviseRun } from '../../advise/result.ts'
import { byteSize } from '../../measure/byte-size.ts'
import { textTable } from '../../measure/text-table.ts'

/** Text about what a run would read and write. */
export function planText(plan: AdvisePlan): string {
  const { index, documents, sample, prunings, queries, queries_from, left_overs } = plan
  return [
    `Would read ${sample} of the ${documents} vectors of ${index} (pages of 100 at one point in time), and write nothing to it.`,
    `Would write ${plan.throw_away_indices} hidden indices lexpand-advise-*, one shard without replicas each, for prunings ${prunings.join(', ')}: about ${byteSize(plan.throw_away_bytes)} on disk at most, deleted at the end. A node that leaves meanwhile turns the cluster red for these.`,
    `Would send ${plan.searches_of_index} searches to ${index} itself, one after the other.`,
    `Would send ${plan.searches} searches to them, one after the other (${queries} queries, ${queries_from === 'file' ? 'from the file' : 'made from documents'}).`,
    ...left_overs.map(({ index: name, in_use }) =>
      in_use
        ? `${name} is there: another run may be at work.`
        : `Would first delete ${name}, left by a run that was killed.`,
    ),
  ].join('\n')
}

/** One table for each curve, then the advice. */
export function curvesText(run: AdviseRun): string {
  const { index, documents, sample, queries, queries_from, pruning, query_table, two_phase, machine } = run
  const [asItIs] = pruning
  const hasNdcg = asItIs?.ndcg_at_10 !== undefined
  const points = (one: Point) => [
    one.overlap_at_10.toFixed(3),
    ...(hasNdcg ? [(one.ndcg_at_10 ?? 0).toFixed(4)] : []),
    one.postings_per_query.toFixed(0),
    one.p50_ms.toFixed(2),
    one.p50_ratio.toFixed(2),
  ]
  const titles = ['overlap', ...(hasNdcg ? ['nDCG@10'] : []), 'postings', 'p50 ms', 'p50 x']
  return [
    `${index}: ${documents} documents with vectors, sample of ${sample}, ${queries} queries ${queries_from === 'file' ? 'of the file' : 'made from documents'}, ${run.model}`,
    '',
    ...textTable([
      ['pruning', 'tokens/doc', 'bytes', 'bytes x', ...titles],
      ...pruning.map((one) => [
        one.pruning,
        one.tokens_per_document.toFixed(1),
        byteSize(one.bytes),
        (one.sample_bytes / (asItIs?.sample_bytes ?? 1)).toFixed(2),
        ...points(one),
      ]),
    ]),
    'Weights that the index does not hold are gone: weaker pruning than its own cannot be measured.',
    '',
    ...textTable([['query table', ...titles], ...query_table.map((one) => [one.table, ...points(one)])]),
    '',
    ...(two_phase.length === 0
      ? []
      : [
          ...textTable([
            ['two-phase', 'queries', 'overlap', 'p50 ms', 'p50 x'],
            ...two_phase.map((one) => [
              `cut ${one.cut}, window ${one.window}, ${one.table}`,
              String(one.queries_cut),
              one.overlap_at_10.toFixed(3),
              one.p50_ms.toFixed(2),
              one.p50_ratio.toFixed(2),
            ]),
          ]),
          '',
        ]),
    ...textTable([
      ['search of the index', 'nDCG@10', 'p'],
      ...run.search.map(({ balance, feedback, ndcg_at_10, against_default: against }) => [
        `balance ${balance ?? 'auto'}${feedback ? ', feedback' : ''}`,
        ndcg_at_10.toFixed(4),
        against?.p_value.toPrecision(2) ?? '',
      ]),
    ]),
    `${run.search_queries.queries} queries ${run.search_queries.queries_from === 'judgments' ? 'with judgments' : 'made of words from the middle of documents, each of which is the one to be found'}.`,
    '',
    'Advice:',
    ...run.advice.flatMap((advice) => [`- ${advice.text}`, ...needs(advice).map((line) => `  ${line}`)]),
    ...(run.warnings.length === 0 ? [] : ['', 'Mind:', ...run.warnings.map((warning) => `- ${warning}`)]),
    '',
    `bytes: postings of the primaries, in proportion to the sample. postings: of a query's word pieces, in the sample. overlap: with the first ten of the index as it is. p50: one client, ${machine.cores} cores of ${machine.processor}, by turns; x: against the index as it is, which asked twice differed by ${(run.latency_noise * 100).toFixed(0)}%. ${machine.date}`,
  ].join('\n')
}

/** What is needed to follow an advice. */
export function needs(advice: NeededAdvice): string[] {
  if (!advice.change) return []
  if (advice.command === undefined) return [QUERY_SIDE[advice.about]]
  const { reindex } = advice
  const hours = reindex?.hours
  return [
    `Needs a reindex: ${advice.command}`,
    ...(reindex === undefined || hours === undefined
      ? []
      : [
          `About ${hours} hours of encoding on this machine (${reindex.docsPerSecond} docs/s), ${byteSize(reindex.extraBytes)} beside the present index${reindex.freeBytes === undefined ? '' : ` (${byteSize(reindex.freeBytes)} free)`}; more workers share it.`,
        ]),
  ]
}

const QUERY_SIDE: Readonly<Record<Advice['about'], string>> = {
  pruning: '',
  query_table: 'Needs nothing of the index: lexpand search --idf, or idf of search().',
  search:
    'Needs nothing of the index but a note in its mapping: lexpand advise --store; or --balance and --feedback of a search.',
  two_phase: 'Needs nothing of the index: twoPhase of search(), or rescore of the query DSL.',
}
