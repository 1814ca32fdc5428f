import { expect, test } from 'vitest'
import { startPrivateCluster } from './private-cluster.ts'

const network = { namespace: 'n1', address: '10.0.0.1', nodeAddress: '127.0.1.1' }

test.each([0, 1, 3])('%i networks for two nodes are refused before anything starts', async (count) => {
  const networks = Array.from({ length: count }, () => network)
  // Without the refusal the nodes would fail later: they have no program.
  await expect(startPrivateCluster({ size: 2, networks, home: '/nonexistent' })).rejects.toMatchObject({
    code: 'ENGINE_SETTING',
    message: `[engine] expected a network for each of the 2 nodes, got ${count}. Give one a node, or none at all.`,
  })
})
