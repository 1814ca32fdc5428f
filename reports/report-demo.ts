// Runs the demo, writes one question of it into the README and all of them into docs/demo.md: npm run report:demo

import { writeFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { runDemo } from '../cli/demo/demo.ts'
import { type DemoResult, demoPage } from '../cli/demo/demo-page.ts'
import { OPENSEARCH_VERSION } from '../embedded/engine/release.ts'
import { machine } from '../measure/machine.ts'
import { DEFAULT_MODEL } from '../models/index.ts'
import { writeGeneratedBlock } from './generated-block.ts'
import { commit, projectFile } from './report-source.ts'

const COLUMNS = 100

const result = await runDemo({ model: DEFAULT_MODEL })
if (result === undefined)
  throw new Error('[report] expected the demo to end, got an interruption. Run it again.')
const { date, node, cores, processor } = machine()
const origin = `Written by \`npm run report:demo\` on ${date.slice(0, 10)} at commit ${commit()}: OpenSearch ${OPENSEARCH_VERSION}, Node ${node}, ${cores} cores of ${processor}.`
const [first] = result.answers
const short = { ...result, answers: first === undefined ? [] : [first] }
writeGeneratedBlock(
  projectFile('README.md'),
  'demo',
  `${printed(short)}\n\nThe other questions: [docs/demo.md](docs/demo.md). ${origin}`,
)
writeFileSync(
  projectFile('docs/demo.md'),
  `# What the demo prints

\`npm run demo\` (in a checkout) or \`npx lexpand demo\` indexes the documentation of the npm packages that are installed, and asks it three questions, by BM25
and by Lexpand. Each question has a word that the passage it looks for does not say. A star marks word pieces that the encoder added.

${printed(result)}

${origin}
`,
)
process.exit()

function printed(page: DemoResult): string {
  return `\`\`\`text\n${stripVTControlCharacters(demoPage(page, COLUMNS))}\n\`\`\``
}
