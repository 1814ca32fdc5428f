import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import { resolveEncoding } from '../mappings/index.ts'
import { type Line, lines } from '../sources/json/lines.ts'
import { MAX_RECORD_BYTES } from '../sources/record.ts'
import { type ExpandedText, expandTexts, toFeatures, type WordPieceTokenizer } from '../sparse/index.ts'
import { onnxEncoder } from '../workers/encoders/onnx.ts'
import { withExamples, withJson } from './shell/command.ts'
import { type ModelFlags, openModel, withModel } from './shell/model.ts'
import { EXIT } from './shell/output.ts'

/** Number of lines that are encoded together: enough for every core, few enough that the first answers come soon. */
const BATCH_LINES = 64
const TOKEN_BUDGET = 4_096

export function register(program: Command): void {
  const command = program
    .command('encode')
    .description('Encode text: lines in, one JSON vector a line out, in the same order.')
    .addOption(new Option('--no-prune', 'keep every weight of the model'))
    .action(encode)
  withExamples(withJson(withModel(command)), [
    'echo "Currently New York is rainy." | lexpand encode',
    'lexpand encode < passages.txt > vectors.jsonl',
  ])
}

interface EncodeFlags extends ModelFlags {
  readonly prune: boolean
}

async function encode(flags: EncodeFlags): Promise<void> {
  const model = await openModel(flags)
  const encoding = resolveEncoding(model, {
    fields: ['text'],
    ...(flags.prune ? {} : { pruning: { type: 'none' } }),
  })
  const encoder = onnxEncoder(model)
  try {
    for await (const batch of batches(lines(process.stdin, MAX_RECORD_BYTES))) {
      const texts = batch.map((line) => ('text' in line ? line.text : ''))
      const expanded = await expandTexts(texts, {
        ...encoding,
        tokenizer: model.tokenizer,
        encoder,
        tokenBudget: TOKEN_BUDGET,
      })
      const answers = batch.map((line, at) => answer(line, expanded[at], model.tokenizer))
      if (!process.stdout.write(answers.join(''))) await once(process.stdout, 'drain')
    }
  } finally {
    await encoder.dispose()
  }
}

function answer(line: Line, expanded: ExpandedText | undefined, tokenizer: WordPieceTokenizer): string {
  if ('problem' in line || expanded === undefined) {
    process.exitCode = EXIT.problems
    const error = {
      code: 'INPUT',
      message: `[encode] line ${line.number}: ${'problem' in line ? line.problem : 'lost'}.`,
    }
    return `${JSON.stringify({ error })}\n`
  }
  // Written by hand, because an object would put tokens that look like numbers ("2019") before all others.
  const tokens = [...toFeatures(expanded.vector, tokenizer)].map(
    ([piece, weight]) => `${JSON.stringify(piece)}:${weight}`,
  )
  return `{"tokens":{${tokens.join(',')}},"windows":${expanded.windows},"truncated":${expanded.truncated}}\n`
}

/** Groups the available lines, at most {@link BATCH_LINES}; a line typed by hand does not wait for a second one. */
async function* batches(source: AsyncIterable<Line>): AsyncGenerator<Line[]> {
  const iterator = source[Symbol.asyncIterator]()
  let next = iterator.next()
  for (let first = await next; first.done !== true; first = await next) {
    const batch = [first.value]
    next = iterator.next()
    while (batch.length < BATCH_LINES) {
      const more = await Promise.race([next, sleep(5)])
      if (more === undefined || more.done === true) break
      batch.push(more.value)
      next = iterator.next()
    }
    yield batch
  }
}
