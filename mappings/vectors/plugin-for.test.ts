import { type Client, errors } from '@opensearch-project/opensearch'
import { describe, expect, test } from 'vitest'
import { translateEngineFailure } from '../../opensearch/failures/engine-error.ts'
import { assertPluginFor } from './plugin-for.ts'

function clientOf(...plugins: (string | undefined)[][]): Client {
  const nodes = Object.fromEntries(
    plugins.map((names, at) => [
      `id-${at}`,
      { name: `node-${at}`, plugins: names.map((name) => ({ name, version: '1.0.0' })) },
    ]),
  )
  return { nodes: { info: async () => ({ body: { nodes } }) } } as unknown as Client
}

describe('a field type of the plugin', () => {
  test('is fine where every node has it', async () => {
    await assertPluginFor(clientOf(['lexpand'], ['other', 'lexpand']), 'lexpand_impacts', 'mappings')
  })

  test('is refused where a node lacks it, by name', async () => {
    const half = clientOf(['lexpand'], ['other'])
    await expect(assertPluginFor(half, 'lexpand_impacts', 'mappings')).rejects.toThrow(
      /expected the Lexpand plugin on every node.*none on 1 of 2 node\(s\) \(node-1\).*opensearch-plugin install/,
    )
    await assertPluginFor(half, 'rank_features', 'mappings')
    await assertPluginFor(half, undefined, 'mappings')
  })

  test('is left to the engine where the user may not look at the nodes, and its answer says what to install', async () => {
    const info = () => Promise.reject(new errors.ResponseError({ statusCode: 403, body: {} } as never))
    await assertPluginFor({ nodes: { info } } as unknown as Client, 'lexpand_impacts', 'mappings')
    const failure = {
      type: 'mapper_parsing_exception',
      reason:
        'Failed to parse mapping [_doc]: No handler for type [lexpand_impacts] declared on field [body_sparse]',
    }
    const error = translateEngineFailure(failure, 400, { part: 'mappings', index: 'articles' })
    expect(error.message).toMatch(/plugin on every node.*got an engine that does not know it/)
  })
})
