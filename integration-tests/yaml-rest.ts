import { isDeepStrictEqual } from 'node:util'
import { parseAllDocuments } from 'yaml'

/** One test of a file in OpenSearch's YAML REST format, with the file's set-up before and its tear-down behind. */
export interface YamlTest {
  readonly title: string
  run(url: string): Promise<void>
}

type Step = Readonly<Record<string, unknown>>
type Parameters = Readonly<Record<string, unknown>>

/**
 * Reads the part of the format that the plugin's files use; anything else is an error, so that no step is passed over.
 * The files run under OpenSearch's own Gradle runner, too: https://github.com/opensearch-project/OpenSearch,
 * rest-api-spec/src/main/resources/rest-api-spec/test/README.asciidoc
 */
export function yamlTests(text: string): YamlTest[] {
  const sections = parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw document.errors[0]
    return Object.entries(document.toJS() as Record<string, Step[]>)[0] as [string, Step[]]
  })
  const named = (name: string) => sections.find(([title]) => title === name)?.[1] ?? []
  return sections
    .filter(([title]) => title !== 'setup' && title !== 'teardown')
    .map(([title, steps]) => ({
      title,
      async run(url) {
        const context: Context = { url, answer: undefined }
        try {
          for (const step of [...named('setup'), ...steps]) await runStep(step, context)
        } finally {
          for (const step of named('teardown')) await runStep(step, context)
        }
      },
    }))
}

interface Context {
  readonly url: string
  /** Body of the last answer. */
  answer: unknown
}

async function runStep(step: Step, context: Context): Promise<void> {
  const [[kind, argument] = ['', undefined]] = Object.entries(step)
  if (kind === 'do') {
    context.answer = await call(argument as Parameters, context.url)
    return
  }
  const check = CHECKS[kind]
  if (check === undefined) throw new Error(`[yaml] expected do or a known check, got ${kind}. Add it here.`)
  const [path, wanted] =
    typeof argument === 'string'
      ? [argument, undefined]
      : (Object.entries(argument as object)[0] as [string, unknown])
  const found = at(context.answer, path)
  if (!check(found, wanted)) {
    throw new Error(
      `[yaml] ${kind} ${path}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(found)}`,
    )
  }
}

const isSet = (found: unknown) => found !== undefined && found !== null && found !== false && found !== ''

const CHECKS: Readonly<Record<string, (found: unknown, wanted: unknown) => boolean>> = {
  match: (found, wanted) => isDeepStrictEqual(found, wanted),
  length: (found, wanted) =>
    Array.isArray(found) ? found.length === wanted : Object.keys(found ?? {}).length === wanted,
  is_true: isSet,
  is_false: (found) => !isSet(found),
  gt: (found, wanted) => Number(found) > Number(wanted),
}

/** Follows `a.0.b`; a dot inside a name is written as `\.`. */
function at(value: unknown, path: string): unknown {
  return path
    .split(/(?<!\\)\./)
    .map((name) => name.replaceAll('\\.', '.'))
    .reduce<unknown>((node, name) => (node as Record<string, unknown> | undefined)?.[name], value)
}

/** Method and path; the parameters that a path does not name go into the query string. */
const APIS: Readonly<Record<string, readonly [method: string, path: string]>> = {
  bulk: ['POST', '/_bulk'],
  get: ['GET', '/{index}/_doc/{id}'],
  search: ['POST', '/{index}/_search'],
  'indices.analyze': ['POST', '/_analyze'],
  'indices.create': ['PUT', '/{index}'],
  'ingest.put_pipeline': ['PUT', '/_ingest/pipeline/{id}'],
  'search_pipeline.put': ['PUT', '/_search/pipeline/{id}'],
}

const STATUS: Readonly<Record<string, number>> = { bad_request: 400, missing: 404, conflict: 409 }

async function call({ catch: expected, ...apis }: Parameters, url: string): Promise<unknown> {
  const [[name, parameters] = ['', {}]] = Object.entries(apis)
  const api = APIS[name]
  if (api === undefined) throw new Error(`[yaml] expected a known API, got ${name}. Add it here.`)
  const { body, ...rest } = parameters as Parameters
  const left = new Map(Object.entries(rest))
  const path = api[1].replaceAll(/\{(\w+)\}/g, (_, part: string) => {
    const value = left.get(part)
    left.delete(part)
    return encodeURIComponent(String(value))
  })
  const query = new URLSearchParams(
    Array.from(left, ([key, value]) => [key, String(value)] as [string, string]),
  )
  const isLines = Array.isArray(body)
  const reply = await fetch(`${url}${path}?${query}`, {
    method: api[0],
    headers: { 'content-type': isLines ? 'application/x-ndjson' : 'application/json' },
    ...(body === undefined
      ? {}
      : { body: isLines ? body.map((line) => `${JSON.stringify(line)}\n`).join('') : JSON.stringify(body) }),
  })
  const text = await reply.text()
  assertStatus(`${name}: ${reply.status} ${text}`, reply.status, text, expected)
  return JSON.parse(text)
}

function assertStatus(found: string, status: number, text: string, expected: unknown): void {
  if (expected === undefined ? status < 400 : isExpected(status, text, String(expected))) return
  throw new Error(`[yaml] expected ${expected ?? 'success'}, got ${found.slice(0, 2_000)}`)
}

function isExpected(status: number, text: string, expected: string): boolean {
  if (!expected.startsWith('/')) return status === STATUS[expected]
  // Messages hold quotes, which are escaped in the answer.
  return status >= 400 && new RegExp(expected.slice(1, -1)).test(text.replaceAll('\\"', '"'))
}
