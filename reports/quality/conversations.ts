import { join } from 'node:path'
import { evaluate } from '../../quality/metrics.ts'
import { readInput } from '../../quality/query-files.ts'
import { type EngineSet, engineRun, type Way } from './engine-figures.ts'
import { DEPTH, type Figures, figuresOf } from './quality-figures.ts'

/** A question of a conversation, with what `queries.jsonl` says about it beside its text. */
interface Turn {
  readonly history: readonly string[]
  /** A person's stand-alone question. */
  readonly rewrite?: string | undefined
}

/**
 * Questions of conversations by their last turn alone, with their history, and as a person has rewritten them.
 *
 * @returns undefined for a collection whose queries have no history
 */
export async function conversationFigures(
  directory: string,
  set: EngineSet,
): Promise<readonly Figures[] | undefined> {
  const turns = await readTurns(join(directory, 'queries.jsonl'))
  if (turns.size === 0) return undefined
  const { qrels } = set.judged
  const history = (id: string) => turns.get(id)?.history ?? []
  const ways: Readonly<Record<string, (id: string) => Way>> = {
    'last turn alone': () => ({}),
    'with history': (id) => ({ history: history(id) }),
    'with history, sparse': (id) => ({ history: history(id), mode: 'sparse' }),
    'with history and feedback': (id) => ({ history: history(id), feedback: {} }),
    'rewritten by a person': (id) => ({
      history: history(id),
      rewrite: (text) => turns.get(id)?.rewrite ?? text,
    }),
  }
  const alone = evaluate(await engineRun(set, () => ({}), DEPTH), qrels)
  const figures: Figures[] = []
  for (const [name, way] of Object.entries(ways)) {
    figures.push(figuresOf(name, evaluate(await engineRun(set, way, DEPTH), qrels), alone))
  }
  return figures
}

async function readTurns(file: string): Promise<Map<string, Turn>> {
  const lines = (await readInput(file, 'report')).split('\n').filter((line) => line.trim() !== '')
  const queries = lines.map((line) => JSON.parse(line) as Partial<Turn> & { readonly _id: string })
  return new Map(
    queries.flatMap(({ _id, history, rewrite }) =>
      Array.isArray(history) ? [[_id, { history, rewrite }] as const] : [],
    ),
  )
}
