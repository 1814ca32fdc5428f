// A CommonJS module that requires the package, which Node 22 and later can.
import { Client } from '@opensearch-project/opensearch'
import { LexpandError, loadModel, type SearchResult, search } from 'lexpand'

import sparse = require('lexpand/sparse')

interface Article {
  readonly title: string
}

export async function titles(client: Client, text: string): Promise<readonly string[]> {
  const { hits }: SearchResult<Article> = await search<Article>(client, await loadModel(), {
    index: 'articles',
    text,
  })
  return hits.map(({ source }) => source.title)
}

async function main(): Promise<void> {
  const client = new Client({ node: 'http://127.0.0.1:1' })
  const refused = await titles(client, 'heart').catch((error: unknown) => error)
  const { manifest } = await loadModel()
  console.log(manifest.name, typeof sparse.explain, refused instanceof LexpandError && refused.code)
}

void main()
