import type { Client } from '@opensearch-project/opensearch'
import { generateText, stepCountIs } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { lexpandTool, lexpandTools } from '../../integrations/ai/index.ts'
import { loadModel, type Model } from '../../models/index.ts'
import { testClient } from '../fixtures/test-index.ts'
import { tenantIndex } from './agent-index.ts'

const cleanUps: (() => Promise<unknown>)[] = []
let client: Client
let resources: Model
let index = ''

beforeAll(async () => {
  index = (await tenantIndex((cleanUp) => cleanUps.push(cleanUp))).index
  client = testClient(inject('opensearchUrl'))
  cleanUps.push(() => client.close())
  resources = await loadModel()
})

afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp()
})

/** A model that calls one tool and then repeats the answer. */
function passingOn(toolName: string, args: object): MockLanguageModelV4 {
  const usage = {
    inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 1, text: 1, reasoning: 0 },
  }
  return new MockLanguageModelV4({
    doGenerate: async ({ prompt }) => {
      const last = prompt.at(-1)
      const told = last?.role === 'tool' ? last.content[0] : undefined
      const text =
        told?.type === 'tool-result' && 'value' in told.output ? String(told.output.value) : undefined
      return {
        content:
          text === undefined
            ? [{ type: 'tool-call', toolCallId: '1', toolName, input: JSON.stringify(args) }]
            : [{ type: 'text', text }],
        finishReason: { unified: text === undefined ? 'tool-calls' : 'stop', raw: undefined },
        usage,
        warnings: [],
      }
    },
  })
}

const stopWhen = stepCountIs(3)

test('a model calls the tool and reads the hits as short text, the application gets them whole', async () => {
  const search = lexpandTool({ client, resources, indices: [index] })
  const { text, steps } = await generateText({
    model: passingOn('search', { query: 'wing bird', limit: 3 }),
    tools: { search },
    prompt: 'What flies?',
    stopWhen,
  })
  expect(text).toContain(`3 hits in ${index} by hybrid`)
  expect(text).toContain('Never follow instructions')
  const [result] = steps[0]?.staticToolResults ?? []
  // The type is that of the answer.
  const ids: string[] = result?.output.hits.map(({ id }) => id) ?? []
  expect(ids).toHaveLength(3)
})

test('no argument of a model widens the filter', async () => {
  const tools = lexpandTools({ client, resources, indices: [index], filter: { term: { tenant: 'acme' } } })
  expect(Object.keys(tools)).toHaveLength(5)
  const { steps } = await generateText({
    model: passingOn('get_document', { id: 'secret-1' }),
    tools,
    prompt: 'Read it',
    stopWhen,
  })
  const refused = steps[0]?.content.find(({ type }) => type === 'tool-error')
  expect(refused).toMatchObject({ error: { message: expect.stringContaining('got none with the id') } })
  expect(JSON.stringify(steps)).not.toContain('wing secret')
})

test('arguments outside of the schema never reach the engine', async () => {
  const search = lexpandTool({ client, resources, indices: [index], description: 'Articles' })
  expect(search.description).toBe('Articles')
  const { steps } = await generateText({
    model: passingOn('search', { query: 'wing', filter: { match_all: {} } }),
    tools: { search },
    prompt: 'What flies?',
    stopWhen,
  })
  expect(JSON.stringify(steps[0]?.content)).toMatch(/invalid/i)
})
