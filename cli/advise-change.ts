import type { Advice } from '../bench/advice.ts'
import { resolveName } from '../mappings/alias.ts'
import { resolveEncoding, specificationFor } from '../mappings/index.ts'
import { DEFAULT_MODEL, fingerprint } from '../models/index.ts'
import { onnxEncoder } from '../workers/index.ts'
import { type Estimate, estimate } from '../workers/reindex/index.ts'
import type { AdviseFlags } from './advise.ts'
import type { Opened } from './advise-sample.ts'
import { pruning } from './arguments.ts'
import { note } from './output.ts'

/** An advice with what it takes to follow it. */
export interface NeededAdvice extends Advice {
  /** What to run, for a change that is not made on the query's side. */
  readonly command?: string
  /** What it would take, from some documents encoded here. */
  readonly reindex?: Pick<Estimate, 'docs_per_second' | 'hours' | 'extra_bytes' | 'free_bytes'>
}

/** Stronger pruning needs the documents encoded anew, into an index beside the present one. */
export async function withReindex(flags: AdviseFlags, opened: Opened, advice: Advice): Promise<NeededAdvice> {
  if (!advice.change) return advice
  const command = await reindexCommand(flags, opened, advice.value)
  const { model, found, client } = opened
  // Another build of the model gives other vectors; what they cost to make is then not known from it.
  if (model.identity !== found.specification.model.identity) return { ...advice, command }
  note('what a reindex would take: some documents are encoded here, nothing is written')
  const { fields, sparse_field, windowing } = found.specification
  const options = { fields, sparseField: sparse_field, windowing, pruning: pruning(advice.value) }
  const stamp = fingerprint(model.identity, resolveEncoding(model, options))
  const encoder = onnxEncoder(model)
  try {
    const { tokenizer } = model
    const wanted = specificationFor(model, options, stamp)
    const { docs_per_second, hours, extra_bytes, free_bytes } = await estimate(
      client,
      found.name,
      wanted,
      { tokenizer, encoder },
      true,
    )
    return { ...advice, command, reindex: { docs_per_second, hours, extra_bytes, free_bytes } }
  } finally {
    await encoder.dispose()
  }
}

/** An alias moves to the new index; an index without one needs a name that clients use from then on. */
export async function reindexCommand(
  { index, model }: Pick<AdviseFlags, 'index' | 'model'>,
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
