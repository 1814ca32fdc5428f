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
import { bm25Run } from './quality/bm25-run.ts'
import { bm25Figures, modelFigures } from './quality/quality-figures.ts'
import { type MeasuredModel, type MeasuredSet, qualityPage, qualitySummary } from './quality/quality-page.ts'
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
mkdirSync(projectFile('docs'), { recursive: true })
for (const directory of positionals) {
  sets.push(await measure(directory))
  writeFileSync(projectFile('docs/quality.md'), qualityPage(sets, about))
  if (values.readme) writeGeneratedBlock(projectFile('README.md'), 'quality', qualitySummary(sets, about))
}

async function measure(directory: string): Promise<MeasuredSet> {
  const name = basename(resolve(directory))
  const judged = await readBeirQueries(directory)
  const bm25 = await bm25Run(client, directory, judged.queries)
  const measured: MeasuredModel[] = []
  let documents = 0
  for (const model of models) {
    const label = `${name}, ${model.manifest.name}`
    const vectors = await corpusVectors(directory, model, projectFile('.lexpand/quality'), (done, all) =>
      process.stderr.write(`\r${label}: ${done} of ${all} documents `),
    )
    documents = vectors.length
    measured.push({ name: model.manifest.name, figures: modelFigures(model, vectors, judged, bm25) })
    process.stderr.write(`\n${label}: ${measured.at(-1)?.figures[1]?.ndcg_at_10.toFixed(4)}\n`)
  }
  const queries = judged.queries.size
  return { name, documents, queries, bm25: bm25Figures(bm25, judged), models: measured }
}
