import { exactNumber } from '../../sparse/exact-json.ts'
import { isProblem, type OnProblem, type SourceRecord, toRecord, versionText } from '../record.ts'
import type { Line } from './lines.ts'
import { parseObject } from './parse-object.ts'

/** Whether an object is an action line of a `_bulk` body: `{"index":{"_id":"1"}}`. */
export function isAction(object: Record<string, unknown>): boolean {
  const [name = '', ...others] = Object.keys(object)
  if (others.length > 0 || !ACTIONS.has(name)) return false
  const meta = object[name]
  return typeof meta === 'object' && meta !== null && Object.keys(meta).every((key) => META_KEYS.has(key))
}

const ACTIONS = new Set(['index', 'create', 'update', 'delete'])
const META_KEYS = new Set([
  '_index',
  '_id',
  '_type',
  'routing',
  '_routing',
  'version',
  'version_type',
  'pipeline',
  'require_alias',
  'if_seq_no',
  'if_primary_term',
  'retry_on_conflict',
])

/**
 * Reads the body of a `_bulk` request: `index` and `create` are documents, with the id and routing of their action
 * line; `update` and `delete` are reported, since a source holds whole documents.
 */
export async function* readBulk(
  lines: AsyncIterable<Line>,
  name: string,
  onProblem: OnProblem,
): AsyncGenerator<SourceRecord> {
  let action: { readonly kind: string; readonly meta: Record<string, unknown> } | undefined
  for await (const line of lines) {
    const position = `${name} line ${line.number}`
    if ('text' in line && line.text.trim() === '') continue
    const parsed = 'problem' in line ? line.problem : parseObject(line.text)
    if (typeof parsed === 'string') {
      onProblem({ position, message: parsed })
      action = undefined
      continue
    }
    if (action === undefined) {
      const [kind = ''] = Object.keys(parsed)
      if (!isAction(parsed))
        onProblem({
          position,
          message:
            'expected an action line such as {"index":{"_id":"1"}}, got something else. Correct the lines above, or remove all action lines',
        })
      else if (kind === 'delete')
        onProblem({
          position,
          message:
            'expected index or create, got delete: documents are read here, not removed. Send it with _bulk',
        })
      else action = { kind, meta: parsed[kind] as Record<string, unknown> }
      continue
    }
    const { kind, meta } = action
    action = undefined
    if (kind === 'update') {
      onProblem({
        position,
        message:
          'expected index or create, got update: whole documents are read here, not parts of them. Send it with _bulk',
      })
      continue
    }
    const { _id: _, ...source } = parsed
    const record = toRecord(
      meta._id === undefined ? source : { ...source, _id: meta._id },
      meta._id === undefined ? undefined : '_id',
      position,
    )
    const routing = routingOf(meta.routing ?? meta._routing)
    if (isProblem(record)) onProblem(record)
    else yield { ...record, routing, version: versionText(meta.version) }
  }
}

function routingOf(value: unknown): string | undefined {
  if (typeof value === 'string' && value !== '') return value
  return typeof value === 'number' ? String(value) : exactNumber(value)
}
