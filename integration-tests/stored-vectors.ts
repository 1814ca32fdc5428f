import {
  documentText,
  type IndexSpecification,
  resolveEncoding,
  type SpecificationOptions,
  specificationFor,
  textHash,
} from '../mappings/index.ts'
import { fingerprint, type Model } from '../models/index.ts'
import { type Encoder, expandTexts, toFeatures } from '../sparse/index.ts'

export type StoredDocuments = ReadonlyMap<string, Readonly<Record<string, unknown>>>

export function testIndexSpecification(
  model: Model,
  fields: SpecificationOptions['fields'],
): IndexSpecification {
  const options = { fields }
  return specificationFor(model, options, fingerprint(model.identity, resolveEncoding(model, options)))
}

/** Counts documents by their state. */
export function states(documents: StoredDocuments): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const document of documents.values()) {
    const state = (document.lexpand as { state?: string } | undefined)?.state ?? 'none'
    counts[state] = (counts[state] ?? 0) + 1
  }
  return counts
}

/** Ids of documents that are not stamped for their present text, or have not exactly the vector that this text has. */
export async function wrongVectors(
  fixture: { readonly model: Model; readonly specification: IndexSpecification },
  documents: StoredDocuments,
  encoder: Encoder,
  tolerance = 1e-4,
): Promise<string[]> {
  const { specification, model } = fixture
  const { fields, windowing, pruning } = specification
  const all = [...documents]
  const texts = all.map(([, source]) => {
    const found = documentText(source, fields)
    return 'text' in found ? found.text : ''
  })
  const expected = await expandTexts(texts, {
    tokenizer: model.tokenizer,
    windowing,
    pruning,
    encoder,
    tokenBudget: 4_096,
  })
  const wrong: string[] = []
  for (const [at, [id, source]] of all.entries()) {
    const stamp = source.lexpand as { text_hash?: string; fingerprint?: string } | undefined
    const right = toFeatures((expected[at] as (typeof expected)[number]).vector, model.tokenizer)
    const stored = source[specification.sparse_field] as Record<string, number> | undefined
    const same =
      stored !== undefined &&
      stamp?.text_hash === textHash(source, fields) &&
      stamp.fingerprint === specification.fingerprint &&
      difference(stored, right) <= tolerance
    if (!same) wrong.push(id)
  }
  return wrong
}

/** Largest difference of a weight; a piece at the edge of pruning may be in one and not in the other. */
function difference(stored: Record<string, number>, right: ReadonlyMap<string, number>): number {
  const edge = 0.1 * Math.max(...right.values()) * 1.001
  let largest = 0
  for (const piece of new Set([...Object.keys(stored), ...right.keys()])) {
    const [a = 0, b = 0] = [Object.hasOwn(stored, piece) ? stored[piece] : 0, right.get(piece)]
    if ((a === 0 && b <= edge) || (b === 0 && a <= edge)) continue
    largest = Math.max(largest, Math.abs(a - b) / Math.max(1, b))
  }
  return largest
}
