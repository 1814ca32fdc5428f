import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Qrels } from '../../quality/metrics.ts'
import { forWorkbench } from '../../quality/workbench.ts'
import { note } from '../shell/output.ts'

/** Writes query-set.json and judgments.json into a folder, which is made where it is missing. */
export async function exportWorkbench(
  folder: string,
  directory: string,
  queries: ReadonlyMap<string, string>,
  qrels: Qrels,
): Promise<void> {
  const { querySet, judgments } = forWorkbench(basename(resolve(directory)), queries, qrels)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'query-set.json'), JSON.stringify(querySet, undefined, 1))
  await writeFile(join(folder, 'judgments.json'), JSON.stringify(judgments, undefined, 1))
  note(
    `Wrote ${querySet.querySetQueries.length} queries and their judgments to ${folder}: PUT them to _plugins/_search_relevance/query_sets and _plugins/_search_relevance/judgments`,
  )
}
