// A query-only application: no encoder runtime, no board, no hub client.
import { Client } from '@opensearch-project/opensearch'
import { LexpandError, loadModel, search } from 'lexpand'

const model = await loadModel()
const client = new Client({ node: process.env.OPENSEARCH_URL })
const error = await search(client, model, { index: 'no-such-index', text: 'heart' }).catch((thrown) => thrown)
if (!(error instanceof LexpandError) || error.code !== 'INDEX') throw error
for (const request of [
  { index: 'a' },
  { index: 'a', text: 'b', mode: 'hybird' },
  { index: 'a', text: 'b', sise: 3 },
]) {
  const refused = await search(client, model, request).catch((thrown) => thrown)
  if (refused?.code !== 'QUERY') throw refused
  console.log(refused.message)
}
