import { randomUUID } from 'node:crypto'
import { Client } from '@opensearch-project/opensearch'
import {
  type IndexSpecification,
  type SpecificationOptions,
  specificationFor,
  textHash,
} from '../mappings/index.ts'

/** A client for tests: no retries, and documents may hold any key. */
export function testClient(url: string | readonly string[]): Client {
  return new Client({
    nodes: [url].flat(),
    maxRetries: 0,
    requestTimeout: 60_000,
    disablePrototypePoisoningProtection: true,
  })
}

/** A name that no other test has. */
export function uniqueName(subject: string): string {
  return `test-${subject}-${randomUUID().slice(0, 8)}`
}

/** A specification for tests that need no encoder. */
export function testSpecification(
  options: SpecificationOptions,
  fingerprint = 'f1f1f1f1f1f1f1f1',
): IndexSpecification {
  return specificationFor(
    {
      identity: 'a'.repeat(64),
      manifest: {
        name: 'fixture',
        version: '1.0.0',
        max_length: 512,
        vocabulary_hash: 'b'.repeat(64),
        query_table_hash: 'c'.repeat(64),
      },
    },
    options,
    fingerprint,
  )
}

/** The source of a document as the worker's write-back leaves it: a vector, and a sidecar that fits the text. */
export function readySource(
  source: Readonly<Record<string, unknown>>,
  { fields, sparse_field, fingerprint }: IndexSpecification,
): Record<string, unknown> {
  const lexpand = {
    state: 'ready',
    text_hash: textHash(source, fields),
    fingerprint,
    encoded_at: '2026-01-01T00:00:00Z',
    tokens: 2,
    windows: 1,
    truncated: 0,
  }
  return { ...source, [sparse_field]: { wing: 1.5, flight: 0.5 }, lexpand }
}

/** Deletes what a test made, whatever of it exists. */
export async function removeIndices(client: Client, ...names: readonly string[]): Promise<void> {
  for (const index of names) {
    await client.indices.delete({ index }, { ignore: [404] })
    await client.ingest.deletePipeline({ id: `lexpand-${index}` }, { ignore: [404] })
  }
}
