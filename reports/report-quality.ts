// Measures models on BEIR folders, and writes docs/quality.md and the table of the README:
//   npm run report:quality -- [--models lexpand-mini-v1,./other-model] [--readme] DIRECTORY...
// The README shows the first model. Vectors are kept in .lexpand/quality: a stopped run continues where it was, and the
// page has the sets that are done.
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { connect } from '../cli/shell/connect.ts'
import { machine } from '../measure/machine.ts'
import { DEFAULT_MODEL, loadModel } from '../models/index.ts'
import { readBeirQueries } from '../quality/beir.ts'
import { corpusVectors } from '../quality/corpus-vectors.ts'
import { writeGeneratedBlock } from './generated-block.ts'
import { conversationFigures } from './quality/conversations.ts'
import { engineFigures } from './quality/engine-figures.ts'
import { withEngineIndex } from './quality/engine-index.ts'
import { exactFigures, type Figures, figuresOf } from './quality/quality-figures.ts'
import {
  type MeasuredConversations,
  type MeasuredModel,
  type MeasuredSet,
  qualityPage,
  qualitySummary,
} from './quality/quality-page.ts'
import { commit, projectFile } from './report-source.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string', default: DEFAULT_MODEL },
    readme: { type: 'boolean', default: false },
  },
})
if (positionals.length === 0) throw new Error('[report] expected BEIR folders, got none. Name at least one.')
const models = await Promise.all(values.models.split(',').map((reference) => loadModel(reference)))
const { client } = await connect({}, { redis: false })
const { body: engine } = await client.info()
const about = {
  command: `npm run report:quality -- --models ${values.models
    .split(',')
    .map((path) => basename(path))
    .join(',')} ${positionals.map((path) => basename(resolve(path))).join(' ')}`,
  commit: commit(),
  openSearch: engine.version.number,
  machine: machine(),
}
const sets: MeasuredSet[] = []
const conversations: MeasuredConversations[] = []
mkdirSync(projectFile('docs'), { recursive: true })
for (const directory of positionals) {
  await measure(directory)
  writeFileSync(projectFile('docs/quality.md'), qualityPage(sets, conversations, about))
  if (values.readme) writeGeneratedBlock(projectFile('README.md'), 'quality', qualitySummary(sets, about))
}

/** Adds a collection of conversations, or a set with every model. */
async function measure(directory: string): Promise<void> {
  const name = basename(resolve(directory))
  const judged = await readBeirQueries(directory)
  const queries = judged.queries.size
  const measured: (MeasuredModel & { readonly bm25: Figures })[] = []
  for (const model of models) {
    const label = `${name}, ${model.manifest.name}`
    const documents = await corpusVectors(directory, model, projectFile('.lexpand/quality'), (done, all) =>
      process.stderr.write(`\r${label}: ${done} of ${all} documents `),
    )
    await withEngineIndex(client, { directory, model, documents }, async (index) => {
      const set = { client, model, index, judged }
      const figures = await conversationFigures(directory, set)
      if (figures !== undefined) {
        conversations.push({ name, documents: documents.length, queries, figures })
        return
      }
      const { bm25, others } = await engineFigures(set)
      measured.push({
        name: model.manifest.name,
        bm25: { ...figuresOf('BM25', bm25, bm25), against_baseline: undefined },
        figures: [...others, ...exactFigures(model, documents, judged, bm25)],
      })
    })
    const [first] = measured
    process.stderr.write(`\n${label}: ${measured.at(-1)?.figures[0]?.ndcg_at_10.toFixed(4)}\n`)
    if (first !== undefined && measured.length === models.length) {
      sets.push({ name, documents: documents.length, queries, bm25: first.bm25, models: measured })
    }
  }
}
