// Runs the demo and writes what it prints into the README: node bench/report-demo.ts

import { machine } from '../measure/machine.ts'
import { writeGeneratedBlock } from './generated-block.ts'
import { commit, lexpandText, projectFile } from './report-source.ts'

const printed = lexpandText(['demo'])
const { date, node, cores, processor } = machine()
writeGeneratedBlock(
  projectFile('README.md'),
  'demo',
  `\`\`\`text\n${printed.trim()}\n\`\`\`\n\nWritten by \`node bench/report-demo.ts\` on ${date.slice(0, 10)} at commit ${commit()}: OpenSearch 3.6.0, Node ${node}, ${cores} cores of ${processor}.`,
)
