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
import { concreteIndices } from './concrete-indices.ts'
import { extendTemplate } from './extend-template.ts'

export interface SetUpOptions extends SpecificationOptions, InstallOptions {
  /** How documents of other clients are stamped; see `StampForm`. @default 'script', which runs on every cluster */
  readonly stamp?: StampForm | undefined
  /**
   * Index template of the owner that makes the next index of an alias or data stream (rollover, ISM): it is extended, so that
   * this index is set up from the start. @default none
   */
  readonly template?: string | undefined
}

export type SetUp = Installed

/**
 * Sets an index up: the mapping (text fields, sparse field, sidecar), `_meta.lexpand`, and the ingest pipeline that
 * stamps the documents of other clients. Creates a missing index. Running it again changes nothing.
 *
 * @param index index, alias or data stream; of the last two, every index is set up
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
  let specification = specificationFor(model, options)
  let created = false
  const fieldsAdded = new Set<string>()
  for (const name of await concreteIndices(client, index)) {
    const installed = await installIndex(client, name, specification, options)
    await installIngestPipeline(client, name, installed.specification, { form: options.stamp })
    specification = installed.specification
    created ||= installed.created
    for (const field of installed.fieldsAdded) fieldsAdded.add(field)
  }
  if (options.template !== undefined) await extendTemplate(client, options.template, specification, options)
  return { created, fieldsAdded: [...fieldsAdded], specification }
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
  template: z.string().optional(),
})
