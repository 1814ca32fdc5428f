// Lets a model of Vercel's AI SDK search an index: `node ai-sdk.ts INDEX QUESTION`.
import { Client } from '@opensearch-project/opensearch'
import { generateText, stepCountIs } from 'ai'
import { loadModel } from 'lexpand'
import { lexpandTool } from 'lexpand/ai'
import { repeatingModel } from './repeating-model.ts'

const [index = 'articles', question = 'why does the sea rise?'] = process.argv.slice(2)
const client = new Client({ node: process.env.OPENSEARCH_URL ?? 'http://127.0.0.1:9200' })
// Fixed here: nothing that a model asks for reaches another index.
const search = lexpandTool({ client, resources: await loadModel(), indices: [index] })
try {
  const { text } = await generateText({
    // Replace this with your model; this one searches for the question and repeats the answer.
    model: repeatingModel,
    tools: { search },
    stopWhen: stepCountIs(4),
    prompt: question,
  })
  console.log(text)
} finally {
  await client.close()
}
