import type { Client } from '@opensearch-project/opensearch'
import { z } from 'zod'
import {
  type Installed,
  type InstallOptions,
  installIndex,
  type SpecificationOptions,
  type SpecifiedModel,
  specificationFor,
} from '../mappings/index.ts'
import { installIngestPipeline, type StampForm } from '../pipelines/index.ts'
import { assertShape } from '../sparse/shape.ts'

export interface SetUpOptions extends SpecificationOptions, InstallOptions {
  /** How documents of other clients are stamped; see `StampForm`. @default 'script', which runs on every cluster */
  readonly stamp?: StampForm | undefined
}

export type SetUp = Installed

/**
 * Sets an index up: the mapping (text fields, sparse field, sidecar), `_meta.lexpand`, and the ingest pipeline that
 * stamps the documents of other clients. Creates a missing index. Running it again changes nothing.
 *
 * @param index index, or alias of one index
 * @throws LexpandError CONFIGURATION for options that cannot be used; INDEX when the index holds something else (both
 *   hashes in the message), lacks a text field or is blocked; SERVICE when the engine does not answer
 */
export async function setUp(
  client: Client,
  model: SpecifiedModel,
  index: string,
  options: SetUpOptions,
): Promise<SetUp> {
  assertShape(optionsSchema, options, 'set-up', 'CONFIGURATION')
  const specification = specificationFor(model, options)
  const installed = await installIndex(client, index, specification, options)
  await installIngestPipeline(client, index, installed.specification, { form: options.stamp })
  return installed
}

const optionsSchema = z.strictObject({
  fields: z.array(z.string()),
  sparseField: z.string().optional(),
  windowing: z
    .strictObject({ maxLength: z.int().min(1), overlap: z.int().min(0), maxWindows: z.int().min(1) })
    .optional(),
  pruning: z.looseObject({ type: z.string() }).optional(),
  analyzer: z.string().optional(),
  vectorType: z.enum(['rank_features', 'lexpand_impacts']).optional(),
  versioning: z.enum(['internal', 'external']).optional(),
  shards: z.int().min(1).optional(),
  replicas: z.int().min(0).optional(),
  mapping: z.looseObject({}).optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
  stamp: z.enum(['script', 'plugin']).optional(),
})
