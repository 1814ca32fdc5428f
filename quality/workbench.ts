import type { Qrels } from './metrics.ts'

/** Body of `PUT _plugins/_search_relevance/query_sets`. */
export interface WorkbenchQuerySet {
  readonly name: string
  readonly description: string
  readonly sampling: 'manual'
  readonly querySetQueries: readonly { readonly queryText: string }[]
}

/** Body of `PUT _plugins/_search_relevance/judgments`. */
export interface WorkbenchJudgments {
  readonly name: string
  readonly description: string
  readonly type: 'IMPORT_JUDGMENT'
  readonly judgmentRatings: readonly {
    readonly query: string
    readonly ratings: readonly { readonly docId: string; readonly rating: string }[]
  }[]
}

/** Longest name that the workbench takes, in characters. */
const LONGEST_NAME = 50

/**
 * Judged queries as OpenSearch's Search Relevance Workbench imports them
 * (docs.opensearch.org/latest/search-plugins/search-relevance). It knows queries by their text: those of one text become one,
 * with the highest grade of each document.
 *
 * @param name of both; its end is cut where it is longer than the workbench takes
 * @param queries query id -> text
 */
export function forWorkbench(
  name: string,
  queries: ReadonlyMap<string, string>,
  qrels: Qrels,
): { readonly querySet: WorkbenchQuerySet; readonly judgments: WorkbenchJudgments } {
  const graded = new Map<string, Map<string, number>>()
  for (const [id, text] of queries) {
    const grades = graded.get(text) ?? new Map<string, number>()
    for (const [document, grade] of qrels.get(id) ?? []) {
      grades.set(document, Math.max(0, grade, grades.get(document) ?? 0))
    }
    graded.set(text, grades)
  }
  const shared = {
    name: [...name].slice(0, LONGEST_NAME).join(''),
    description: 'Judged queries of a BEIR folder, by lexpand eval',
  }
  return {
    querySet: {
      ...shared,
      sampling: 'manual',
      querySetQueries: Array.from(graded.keys(), (queryText) => ({ queryText })),
    },
    judgments: {
      ...shared,
      type: 'IMPORT_JUDGMENT',
      judgmentRatings: Array.from(graded, ([query, grades]) => ({
        query,
        ratings: Array.from(grades, ([docId, grade]) => ({ docId, rating: grade.toFixed(3) })),
      })),
    },
  }
}
