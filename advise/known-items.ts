import type { Client } from '@opensearch-project/opensearch'
import { documentText, type InstalledIndex } from '../mappings/index.ts'
import { internalSearch } from '../opensearch/internal-search.ts'
import type { SearchQueries } from './search-choice.ts'

/** Words that are taken out of the middle of a document. */
const CROP_WORDS = 8

const PAGE = 100

/**
 * Queries with one right answer each: some words from the middle of a document, which is the one to be found. Texts of
 * fewer than twice as many words are passed by.
 *
 * @param ids documents with a vector
 * @param most queries at most, of documents at equal distances in the list
 */
export async function knownItems(
  client: Client,
  { name, specification }: InstalledIndex,
  ids: readonly string[],
  most: number,
): Promise<SearchQueries> {
  const step = Math.max(1, Math.floor(ids.length / most))
  const chosen = ids.filter((_, at) => at % step === 0).slice(0, most)
  const texts = new Map<string, string>()
  for (let at = 0; at < chosen.length; at += PAGE) {
    const { body } = await internalSearch(client, {
      index: name,
      body: {
        size: PAGE,
        _source: [...specification.fields],
        query: { ids: { values: chosen.slice(at, at + PAGE) } },
      },
    })
    for (const { _id, _source } of body.hits.hits) {
      const text = documentText(_source, specification.fields)
      const crop = 'text' in text ? cropOf(text.text) : undefined
      if (_id !== undefined && crop !== undefined) texts.set(_id, crop)
    }
  }
  return { texts, qrels: new Map([...texts.keys()].map((id) => [id, new Map([[id, 1]])])), from: 'documents' }
}

/** @returns undefined for a short text */
export function cropOf(text: string): string | undefined {
  const words = text.split(/\s+/u).filter((word) => word !== '')
  if (words.length < 2 * CROP_WORDS) return undefined
  const from = Math.floor((words.length - CROP_WORDS) / 2)
  const crop = words.slice(from, from + CROP_WORDS).join(' ')
  return crop.length <= LONGEST_CROP ? crop : undefined
}

/** UTF-16 units; what is longer is no text of words. */
const LONGEST_CROP = 500
