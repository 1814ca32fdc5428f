import { isDeepStrictEqual } from 'node:util'
import type { API, Client, Types } from '@opensearch-project/opensearch'
import { acknowledged } from '../../opensearch/failures/acknowledged.ts'

/** One step of an ingest pipeline, as the engine stores it. */
export type IngestProcessor = Types.Ingest_Common.ProcessorContainer

/** Stores an ingest pipeline unless the same one is stored already: most calls change nothing and need no privilege to do so. */
export async function storePipeline(
  client: Client,
  id: string,
  pipeline: object,
  index: string,
): Promise<void> {
  const found = await client.ingest.getPipeline({ id }, { ignore: [404] })
  const wanted: unknown = JSON.parse(JSON.stringify(pipeline))
  if (found.statusCode === 200 && isDeepStrictEqual(found.body[id], wanted)) return
  const body = pipeline as API.Ingest_PutPipeline_RequestBody
  await acknowledged(client.ingest.putPipeline({ id, body }), { part: 'ingest pipeline', index })
}

/** Makes a pipeline the default one of an index; null removes the default. */
export async function useByDefault(client: Client, index: string, pipeline: string | null): Promise<void> {
  const body = { 'index.default_pipeline': pipeline } as object
  await acknowledged(client.indices.putSettings({ index, body }), { part: 'ingest pipeline', index })
}

/** @returns undefined when there is no such pipeline */
export async function processorsOf(
  client: Client,
  id: string,
): Promise<readonly IngestProcessor[] | undefined> {
  const reply = await client.ingest.getPipeline({ id }, { ignore: [404] })
  return reply.body[id]?.processors
}
