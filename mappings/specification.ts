import { z } from 'zod'
import { LexpandError } from '../sparse/errors.ts'
import { textStart } from '../sparse/text-start.ts'
import { DEFAULT_PRUNING, type Pruning } from '../sparse/vectors/prune.ts'
import { DEFAULT_MAX_WINDOWS, DEFAULT_OVERLAP, type Windowing } from '../sparse/word-pieces/windows.ts'
import { fingerprint } from './fingerprint.ts'
import { SIDECAR } from './sidecar.ts'

const pruningSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('none') }),
  z.object({ type: z.literal('max_ratio'), ratio: z.number() }),
  z.object({ type: z.literal('top_k'), k: z.number() }),
  z.object({ type: z.literal('alpha_mass'), mass: z.number() }),
  z.object({ type: z.literal('abs_value'), threshold: z.number() }),
])

const specificationSchema = z.object({
  version: z.literal(1),
  fields: z.array(z.string()).min(1),
  sparse_field: z.string(),
  fingerprint: z.string(),
  windowing: z.object({ maxLength: z.number(), overlap: z.number(), maxWindows: z.number() }),
  pruning: pruningSchema,
  versioning: z.literal('external').optional(),
  model: z.object({
    name: z.string(),
    version: z.string(),
    identity: z.string(),
    vocabulary_hash: z.string(),
    query_table_hash: z.string(),
  }),
})

/** Describes the vectors of an index and how they are made; stored at `mappings._meta.lexpand`. */
export interface IndexSpecification {
  readonly version: 1
  /** Text fields, in the order in which their values are joined. */
  readonly fields: readonly string[]
  /** Name of the field with the vectors; no dots. Its type is in the mapping (`VectorType`). */
  readonly sparse_field: string
  /** Hash of model, tokenizer, windowing, pruning and fields; vectors with equal fingerprints can be compared. */
  readonly fingerprint: string
  readonly windowing: Windowing
  readonly pruning: Pruning
  /** Set where clients number their writes themselves, see `Versioning`. */
  readonly versioning?: 'external' | undefined
  readonly model: {
    readonly name: string
    readonly version: string
    readonly identity: string
    readonly vocabulary_hash: string
    readonly query_table_hash: string
  }
}

/** The part of a loaded model that a specification needs; `Model` of models/ fits. */
export interface SpecifiedModel {
  readonly identity: string
  readonly manifest: {
    readonly name: string
    readonly version: string
    readonly max_length: number
    readonly vocabulary_hash: string
    readonly query_table_hash: string
    readonly pruning?: Pruning | undefined
  }
}

export interface SpecificationOptions {
  readonly fields: readonly string[]
  /** @default the last text field with dots as underscores, and `_sparse` */
  readonly sparseField?: string | undefined
  /** @default windows of the model's length with the default overlap */
  readonly windowing?: Windowing | undefined
  /** @default that of the model, else max_ratio .1 */
  readonly pruning?: Pruning | undefined
}

/** Fields, windowing and pruning, with defaults for missing options. */
export function resolveEncoding(
  model: SpecifiedModel,
  options: SpecificationOptions,
): { fields: readonly string[]; windowing: Windowing; pruning: Pruning } {
  return {
    fields: options.fields,
    windowing: options.windowing ?? {
      maxLength: model.manifest.max_length,
      overlap: DEFAULT_OVERLAP,
      maxWindows: DEFAULT_MAX_WINDOWS,
    },
    pruning: options.pruning ?? model.manifest.pruning ?? DEFAULT_PRUNING,
  }
}

/**
 * Makes the specification of an index whose documents the model will encode.
 *
 * @throws LexpandError CONFIGURATION for field names that cannot be used
 */
export function specificationFor(model: SpecifiedModel, options: SpecificationOptions): IndexSpecification {
  const { fields, windowing, pruning } = resolveEncoding(model, options)
  const sparseField = options.sparseField ?? `${(fields.at(-1) ?? '').replaceAll('.', '_')}_sparse`
  assertFieldNames(fields, sparseField)
  const { name, version, vocabulary_hash, query_table_hash } = model.manifest
  return {
    version: 1,
    fields: [...fields],
    sparse_field: sparseField,
    fingerprint: fingerprint(model.identity, { fields, windowing, pruning }),
    windowing,
    pruning,
    model: { name, version, identity: model.identity, vocabulary_hash, query_table_hash },
  }
}

/**
 * Reads the output of {@link specificationFor} back from an index mapping.
 *
 * @param value `mappings._meta.lexpand`
 * @throws LexpandError INDEX when it is damaged or of a newer version
 */
export function parseSpecification(value: unknown, index: string): IndexSpecification {
  const parsed = specificationSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
  throw new LexpandError(
    'INDEX',
    `[mappings] expected a specification of version 1 in _meta.lexpand of index ${index}, got one that does not fit (${problems}). Use the Lexpand version that made the index, or reindex.`,
  )
}

const MAX_FIELDS = 32

function assertFieldNames(fields: readonly string[], sparseField: string): void {
  const fail = (text: string) => {
    throw new LexpandError('CONFIGURATION', `[mappings] ${text}`)
  }
  if (fields.length === 0 || fields.length > MAX_FIELDS) {
    fail(`expected 1 to ${MAX_FIELDS} text fields, got ${fields.length}. Name the fields to encode.`)
  }
  if (new Set(fields).size < fields.length) {
    fail(`expected distinct text fields, got ${fields.join(', ')}. Name each once.`)
  }
  for (const field of [...fields, sparseField]) {
    if (!isFieldName(field)) {
      fail(
        `expected a field name without *, ?, ^, commas and quotes that does not start with "_", got ${textStart(JSON.stringify(field), 120)}. Rename it.`,
      )
    }
    if (field === SIDECAR || field.startsWith(`${SIDECAR}.`)) {
      fail(`expected a field outside the sidecar, got ${field}. Choose another name.`)
    }
  }
  if (sparseField.includes('.')) {
    fail(`expected a sparse field without dots, got ${sparseField}. Choose a top-level name.`)
  }
  if (fields.some((field) => field === sparseField || field.startsWith(`${sparseField}.`))) {
    fail(`expected a sparse field apart from the text fields, got ${sparseField}. Choose another name.`)
  }
}

/** `title^2`, `ti*le` and `_id` have other meanings for the engine, so only a plain path is accepted. */
function isFieldName(name: string): boolean {
  return name.length <= 256 && /^(?!_)[^\p{C}*?^,"\\.]+(\.[^\p{C}*?^,"\\.]+)*$/u.test(name)
}
