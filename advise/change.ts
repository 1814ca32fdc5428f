import { specificationFor } from '../mappings/index.ts'
import { DEFAULT_MODEL } from '../models/index.ts'
import { resolveName } from '../opensearch/alias.ts'
import { parsePruning } from '../sparse/vectors/pruning-text.ts'
import { onnxEncoder } from '../workers/index.ts'
import { type Estimate, estimate } from '../workers/reindex/index.ts'
import type { Advice } from './advice.ts'
import type { AdviseOptions, AdviseProgress } from './options.ts'
import type { Opened } from './sample.ts'

/** An advice and the effort to follow it. */
export interface NeededAdvice extends Advice {
  /** The command to run, for a change outside the query. */
  readonly command?: string | undefined
  /** The effort, estimated from some documents encoded here. */
  readonly reindex?: Pick<Estimate, 'docsPerSecond' | 'hours' | 'extraBytes' | 'freeBytes'> | undefined
}

/** Adds the effort of a reindex: stronger pruning needs the documents encoded anew, into an index beside the present one. */
export async function withReindex(
  options: AdviseOptions,
  opened: Opened,
  advice: Advice,
  { note }: Pick<AdviseProgress, 'note'>,
): Promise<NeededAdvice> {
  if (!advice.change) return advice
  const command = await reindexCommand(options, opened, advice.value)
  const { model, found, client } = opened
  // Another build of the model makes other vectors, so this model cannot tell their cost.
  if (model.identity !== found.specification.model.identity) return { ...advice, command }
  note('what a reindex would take: some documents are encoded here, nothing is written')
  const { fields, sparse_field, windowing } = found.specification
  const encoding = { fields, sparseField: sparse_field, windowing, pruning: parsePruning(advice.value) }
  const encoder = onnxEncoder(model)
  try {
    const { tokenizer } = model
    const wanted = specificationFor(model, encoding)
    const { docsPerSecond, hours, extraBytes, freeBytes } = await estimate(
      client,
      { name: found.name, specification: wanted },
      { tokenizer, encoder },
      true,
    )
    return { ...advice, command, reindex: { docsPerSecond, hours, extraBytes, freeBytes } }
  } finally {
    await encoder.dispose()
  }
}

/** The command for a reindex. An alias moves to the new index; an index without one gets the name that clients use from then on. */
export async function reindexCommand(
  { index, model }: Pick<AdviseOptions, 'index' | 'model'>,
  { client, found }: Pick<Opened, 'client' | 'found'>,
  pruning: string,
): Promise<string> {
  const alias = index === found.name ? (await resolveName(client, found.name))?.aliases[0]?.alias : index
  return [
    `lexpand reindex --index ${alias ?? found.name} --to ${found.name}-pruned --pruning ${pruning}`,
    ...(alias === undefined ? ['--alias NAME_THAT_CLIENTS_WILL_USE'] : []),
    ...(model === DEFAULT_MODEL ? [] : [`--model ${model}`]),
  ].join(' ')
}
