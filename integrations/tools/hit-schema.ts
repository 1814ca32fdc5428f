import { z } from 'zod'

export const queryText = z
  .string()
  .min(1)
  .max(2_000)
  .describe('What to look for, in plain words. "Quoted phrases" must occur, -words must not')

export const indexName = z
  .string()
  .min(1)
  .max(255)
  .optional()
  .describe('Index, as list_indices names it. May be left out where there is only one')

export const documentId = z.string().min(1).max(512).describe('Id of a document, as hits have it')

export const limit = z.number().int().min(1).max(50).default(10).describe('Hits at most, 1 to 50')

export const mode = z
  .enum(['hybrid', 'sparse', 'bm25'])
  .optional()
  .describe('hybrid (default): meaning and words; sparse: meaning; bm25: words')

/** One word that contributed to a hit's score. */
export const reasonSchema = z.object({
  word: z.string().describe('Word piece of the query'),
  score: z.number().describe('Its part of the score'),
  in_text: z.boolean().describe('false: the document does not hold the word, it is about it'),
})

export const hitSchema = z.object({
  id: z.string(),
  uri: z.string().describe('Resource with the whole document'),
  score: z.number(),
  excerpt: z.string().describe('Quotation of the document'),
  fields: z.record(z.string(), z.unknown()).describe('Values that can be filtered by'),
  why: z.array(reasonSchema),
})

export type Hit = z.output<typeof hitSchema>

export const hitsSchema = z.object({
  index: z.string(),
  hits: z.array(hitSchema),
  more: z.boolean().describe('Whether further hits may follow'),
  notice: z.string(),
})
