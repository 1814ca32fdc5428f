// Stands in for a language model: it searches for what it is asked, and repeats what the search tells it.
import { MockLanguageModelV4 } from 'ai/test'

export const repeatingModel = new MockLanguageModelV4({
  doGenerate: async ({ prompt }) => {
    const last = prompt.at(-1)
    const [part] = Array.isArray(last?.content) ? last.content : []
    const told = part?.type === 'tool-result' && part.output.type === 'text' ? part.output.value : undefined
    const asked = part?.type === 'text' ? part.text : ''
    return {
      content:
        told === undefined
          ? [
              {
                type: 'tool-call',
                toolCallId: '1',
                toolName: 'search',
                input: JSON.stringify({ query: asked, limit: 2 }),
              },
            ]
          : [{ type: 'text', text: told }],
      finishReason: { unified: told === undefined ? 'tool-calls' : 'stop', raw: undefined },
      usage: {
        inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
        outputTokens: { total: 0, text: 0, reasoning: 0 },
      },
      warnings: [],
    }
  },
})
