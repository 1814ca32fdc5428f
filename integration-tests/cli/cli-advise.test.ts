import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { measureCurves } from '../../advise/advise.ts'
import { encodedDocument } from '../../advise/vector-sample.ts'
import { installIndex, specificationFor } from '../../mappings/index.ts'
import { loadModel } from '../../models/index.ts'
import { lexpand, lexpandJson } from '../fixtures/run-cli.ts'
import { sampleDocuments, sampleQueries, storeReady } from '../fixtures/sample-documents.ts'
import { removeIndices, testClient, uniqueName } from '../fixtures/test-index.ts'
import { until } from '../fixtures/until.ts'

const client = testClient(inject('opensearchUrl'))
const DOCUMENTS = sampleDocuments(400)
const QUERIES = sampleQueries(60)
const index = uniqueName('advise')
let folder = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lexpand-advise-'))
  writeFileSync(join(folder, 'queries.txt'), QUERIES.join('\n'))
  // Each query is judged by the document that carries most of its words, and by one that is not there.
  const best = (text: string) =>
    DOCUMENTS.map(({ id, vector }) => ({
      id,
      score: text.split(' ').reduce((sum, word) => sum + (vector[word] ?? 0), 0),
    })).sort((a, b) => b.score - a.score)[0]?.id
  const qrels = QUERIES.flatMap((text, at) => [`${at + 1}\t${best(text)}\t1`, `${at + 1}\tgone\t0`])
  writeFileSync(join(folder, 'qrels.tsv'), qrels.join('\n'))
  const { manifest } = await loadModel()
  // Another build of the model: nothing is encoded to estimate a reindex.
  const specification = {
    ...specificationFor({ identity: 'a'.repeat(64), manifest }, { fields: ['title', 'body'] }),
    fingerprint: 'f'.repeat(16),
  }
  await installIndex(client, index, specification, { shards: 3 })
  await storeReady(client, index, specification, DOCUMENTS)
})

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await removeIndices(client, index, ...(await throwAways()))
})

async function throwAways(): Promise<string[]> {
  const { body } = await client.indices.get({ index: 'lexpand-advise-*', expand_wildcards: 'all' })
  return Object.keys(body)
}

const file = (name: string) => join(folder, name)
const flags = ['advise', '--index', index]

/** Sends the signal as soon as there are two throw-away indices. */
function whenWriting(signal: NodeJS.Signals) {
  return (child: ChildProcess) =>
    void until(async () => (await throwAways()).length >= 2).then(() => child.kill(signal))
}

test('with judgments: every curve, the judged documents among the sample, and nothing of it stays', async () => {
  const queries = ['--queries', file('queries.txt'), '--qrels', file('qrels.tsv')]
  const { code, result, stderr } = await lexpandJson([
    ...flags,
    ...queries,
    '--sample',
    '200',
    '--rounds',
    '1',
    '--store',
  ])
  expect({ code, stderr }).toMatchObject({ code: 0 })
  expect(result).toMatchObject({
    index,
    documents: 400,
    sample: 200,
    queries: 60,
    queries_from: 'file',
    judged: { missing: 1 },
  })
  const levels = result.pruning.map(({ pruning }: { pruning: string }) => pruning)
  expect(levels).toEqual(['max_ratio:0.1', 'max_ratio:0.15', 'max_ratio:0.2', 'max_ratio:0.3'])
  const [asItIs, , , strongest] = result.pruning
  expect(asItIs.overlap_at_10).toBe(1)
  expect(asItIs.bytes).toBe(asItIs.sample_bytes * 2)
  expect(strongest.sample_bytes).toBeLessThan(asItIs.sample_bytes)
  expect(strongest.postings_per_query).toBeLessThan(asItIs.postings_per_query)
  // The document with most of the words is found when it is in the sample, at whatever place.
  expect(asItIs.ndcg_at_10).toBeGreaterThan(0.5)
  expect(result.query_table.map(({ table }: { table: string }) => table)).toEqual([
    'model',
    'blend',
    'corpus',
  ])
  expect(result.advice.map(({ about }: { about: string }) => about)).toEqual([
    'pruning',
    'query_table',
    'two_phase',
    'search',
  ])
  expect(result.search_queries).toEqual({ queries: 60, queries_from: 'judgments' })
  expect(result.search[0]).toMatchObject({ feedback: false })
  expect(result.search).toHaveLength(10)
  // What is stored is what was chosen, with its figures, and searches on auto take it.
  const { body } = await client.indices.getMapping({ index })
  const [stored, chosen] = [body[index]?.mappings?._meta?.lexpand_search, result.advice.at(-1)]
  expect(stored).toMatchObject({ version: 1, measured: { queries: 60, queries_from: 'judgments' } })
  expect(chosen.value).toContain(`feedback ${'feedback' in (stored as object) ? 'on' : 'off'}`)
  expect(result.warnings).toContainEqual(expect.stringContaining('another build of the model'))
  expect(await throwAways()).toEqual([])
  expect((await client.count({ index })).body.count).toBe(400)
}, 120_000)

test('two-phase scoring is measured where queries have weights on both sides of a cut', async () => {
  const { tokenizer } = await loadModel()
  const documents = DOCUMENTS.map(({ id, vector }) => encodedDocument(id, vector, tokenizer))
  const queries = QUERIES.map((text, at) => ({
    id: `${at}`,
    text,
    tokens: [...new Set(text.split(' '))].map((token, place) => ({
      token,
      tokenId: tokenizer.idOf(token) ?? 0,
      weight: [4, 1.5, 0.5][(at + place) % 3] ?? 0,
    })),
  }))
  const { two_phase, no_two_phase } = await measureCurves({
    ...{ client, index, documents, queries, tokenizer, allDocuments: 400, qrels: undefined, rounds: 1 },
    vectorType: 'rank_features',
    held: { type: 'max_ratio', ratio: 0.3 },
    noTwoPhase: undefined,
    signal: new AbortController().signal,
    onStep: () => undefined,
    onLeft: (names) => expect(names).toEqual([]),
  })
  expect(no_two_phase).toBeUndefined()
  expect(two_phase.map(({ cut }) => cut)).toEqual([1, 2])
  for (const { overlap_at_10, queries_cut, table } of two_phase) {
    expect(table).toBe('model')
    expect(queries_cut).toBeGreaterThan(20)
    // A window of 50 over 400 documents errs a little.
    expect(overlap_at_10).toBeGreaterThan(0.8)
    expect(overlap_at_10).toBeLessThan(1)
  }
  expect(await throwAways()).toEqual([])
}, 120_000)

test('a signal stops it in order; what a kill leaves is named by a dry run and deleted by the next run', async () => {
  const long = [...flags, '--queries', file('queries.txt'), '--rounds', '100']
  const stopped = await lexpand(long, { onStarted: whenWriting('SIGTERM') })
  expect(stopped.code).toBe(1)
  expect(stopped.stderr).toContain('Nothing stays in the cluster')
  expect(await throwAways()).toEqual([])

  const killed = await lexpand(long, { onStarted: whenWriting('SIGKILL') })
  expect(killed.code).toBeNull()
  const left = await throwAways()
  expect(left.length).toBeGreaterThanOrEqual(2)
  // An index with such a name but without the mark belongs to others.
  await client.indices.create({ index: 'lexpand-advise-not-ours' })

  const plan = await lexpandJson([...flags, '--dry-run'])
  expect(plan.result).toMatchObject({
    dry_run: true,
    documents: 400,
    sample: 200,
    queries: 200,
    throw_away_indices: 4,
  })
  expect(plan.result.left_overs).toEqual(left.map((name) => ({ index: name, in_use: false })))
  expect(await throwAways()).toHaveLength(left.length + 1)

  const { code, stdout, stderr } = await lexpand([...flags, '--rounds', '1', '--limit', '20'])
  expect(code).toBe(0)
  for (const name of left) expect(stderr).toContain(name)
  expect(stderr).toContain('first sentences of sampled documents')
  expect(stdout).toMatch(/\npruning +tokens\/doc +bytes/)
  expect(stdout).toContain('Advice:\n- ')
  expect(await throwAways()).toEqual(['lexpand-advise-not-ours'])
}, 300_000)

test('what cannot be measured is refused with what to do', async () => {
  const alone = await lexpand([...flags, '--qrels', file('qrels.tsv')])
  expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining('--queries with --qrels') })
  const small = await lexpand([
    ...flags,
    ...['--queries', file('queries.txt'), '--qrels', file('qrels.tsv'), '--sample', '10'],
  ])
  expect(small).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('judged documents, got --sample 10'),
  })
}, 120_000)
