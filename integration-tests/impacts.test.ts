import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '@opensearch-project/opensearch'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type PrivateService, startPrivateOpenSearch, startPrivateRedis } from '../embedded/index.ts'
import { installIndex, installTemplate, readSpecification, type VectorType } from '../mappings/index.ts'
import { loadModel, type Model } from '../models/index.ts'
import { type SearchRequest, search } from '../pipelines/index.ts'
import { encodeQuery } from '../sparse/query/encode-query.ts'
import { roundToImpact } from '../sparse/vectors/stored-weight.ts'
import { beginBeside } from '../workers/reindex/index.ts'
import { hasPlugin, pluginHome } from './fixtures/plugin-home.ts'
import { lexpand, lexpandJson } from './fixtures/run-cli.ts'
import { sampleDocuments, sampleQueries } from './fixtures/sample-documents.ts'
import { removeIndices, testClient, testSpecification, uniqueName } from './fixtures/test-index.ts'

const DOCUMENTS = sampleDocuments(80).map(({ id, body, group }) => ({ _id: id, body, group }))
const QUERIES = sampleQueries(15)
const LINES = DOCUMENTS.map((document) => `${JSON.stringify(document)}\n`).join('')
const IMPACTS = ['--vector-type', 'lexpand_impacts']

describe.skipIf(!hasPlugin)('vectors in lexpand_impacts, from the command line', () => {
  const small = uniqueName('impacts')
  const plain = uniqueName('features')
  let engine: PrivateService
  let redis: PrivateService
  let client: Client
  let model: Model
  let folder = ''

  const ours = () => ({ env: { OPENSEARCH_URL: engine.url, REDIS_URL: redis.url } })
  const run = (...args: string[]) => lexpandJson(args, ours())
  const fill = (index: string, ...more: string[]) =>
    lexpandJson(['index', '-', '--index', index, ...more], { ...ours(), input: LINES })

  beforeAll(async () => {
    const home = await pluginHome()
    ;[engine, redis, model] = await Promise.all([
      startPrivateOpenSearch({ home }),
      startPrivateRedis(),
      loadModel(),
    ])
    client = testClient(engine.url)
    folder = mkdtempSync(join(tmpdir(), 'lexpand-impacts-'))
    writeFileSync(join(folder, 'queries.txt'), QUERIES.join('\n'))
    expect(await fill(plain)).toMatchObject({ code: 0, result: { indexed: DOCUMENTS.length, pending: 0 } })
    const made = await fill(small, ...IMPACTS)
    expect(made).toMatchObject({ code: 0, result: { indexed: DOCUMENTS.length, pending: 0, failed: 0 } })
  }, 400_000)

  afterAll(async () => {
    await engine?.stop()
    await redis?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  async function mappingOf(index: string) {
    const { body } = await client.indices.getMapping({ index })
    const mappings = Object.values(body)[0]?.mappings
    return { type: mappings?.properties?.body_sparse?.type as string, meta: mappings?._meta }
  }

  const ask = (index: string, text: string, more: Partial<SearchRequest> = {}) =>
    search(client, model, { index, text, mode: 'sparse', idf: 'model', size: DOCUMENTS.length, ...more })

  async function auditOf(index: string) {
    const { code, result } = await run('audit', '--index', index)
    const { documents, ready, stale, foreign, vector_missing, orphan_vector } = result
    return { code, documents, ready, wrong: stale + foreign + vector_missing + orphan_vector }
  }

  const clean = { code: 0, documents: DOCUMENTS.length, ready: DOCUMENTS.length, wrong: 0 }

  test('the worker fills it; the type stands in the mapping, the vectors are those of rank_features', async () => {
    const [there, beside] = [await mappingOf(small), await mappingOf(plain)]
    expect([there.type, beside.type]).toEqual(['lexpand_impacts', 'rank_features'])
    expect(there.meta).toEqual(beside.meta)
    expect(await auditOf(small)).toEqual(clean)
    const doctor = await run('doctor', '--index', small)
    const checks: { name: string; status: string; message: string }[] = doctor.result.checks
    const of = (wanted: string) => checks.find(({ name }) => name === wanted)
    expect(of('index')?.message).toContain('into body_sparse (lexpand_impacts)')
    expect(of('plugin')?.status).toBe('ok')
  })

  test('is filled again without the option, and not made another type by one', async () => {
    expect(await fill(small)).toMatchObject({ code: 0, result: { indexed: 0, unchanged: DOCUMENTS.length } })
    const other = ['index', '-', '--index', small, '--vector-type', 'rank_features']
    const { code, stderr } = await lexpand(other, { ...ours(), input: LINES })
    expect(code).toBe(1)
    expect(stderr).toContain('to be of type rank_features, got lexpand_impacts, and a type cannot change')
  })

  test('a template keeps its type, and gives it to new indices', async () => {
    const name = uniqueName('impacts-template')
    const specification = await readSpecification(client, small)
    await installTemplate(client, { name, patterns: [`${name}-*`] }, specification, {
      vectorType: 'lexpand_impacts',
    })
    await installTemplate(client, { name, patterns: [`${name}-*`] }, specification)
    await client.indices.create({ index: `${name}-1` })
    expect((await mappingOf(`${name}-1`)).type).toBe('lexpand_impacts')
  })

  test('scores are the dot product of weights in steps of 1/128', async () => {
    let compared = 0
    for (const text of QUERIES) {
      const tokens = encodeQuery(text, model.tokenizer, model.queryTable)
      const { hits } = await ask(small, text, { sourceFields: ['body_sparse'] })
      const beside = new Map((await ask(plain, text)).hits.map(({ id, score }) => [id, score]))
      expect(hits.map(({ id }) => id).sort()).toEqual([...beside.keys()].sort())
      for (const { id, score, source } of hits) {
        const vector = source.body_sparse as Record<string, number>
        const matched = tokens.filter(({ token }) => Object.hasOwn(vector, token))
        const sum = (weight: (of: number) => number) =>
          matched.reduce((all, { token, weight: query }) => all + query * weight(vector[token] ?? 0), 0)
        expect(score / sum(roundToImpact)).toBeCloseTo(1, 5)
        // Half a step there, the nine bits here.
        expect(Math.abs(score - (beside.get(id) ?? 0))).toBeLessThan(sum((of) => 1 / 256 + of / 256))
        compared++
      }
    }
    expect(compared).toBeGreaterThan(QUERIES.length * 10)
  })

  test('explanations add up to the score, also where the index weighs the query', async () => {
    for (const idf of ['model', 'corpus', 'blend'] as const) {
      for (const text of QUERIES.slice(0, 5)) {
        const { hits } = await ask(small, text, { idf, explain: true, size: 5 })
        for (const { score, explanation = [] } of hits) {
          const sum = explanation.reduce((all, { contribution }) => all + contribution, 0)
          expect(sum / score).toBeCloseTo(1, 5)
        }
        expect(hits.length).toBeGreaterThan(0)
      }
    }
  })

  test('hybrid works; a form that finds nothing there is refused', async () => {
    const fusion = { type: 'min_max' } as const
    const { hits } = await ask(small, 'wing bird', { mode: 'hybrid', fusion, fuseIn: 'client', size: 10 })
    expect(hits).toHaveLength(10)
    for (const idf of ['auto', 'model'] as const) {
      const inOnePass = await ask(small, 'wing bird', { mode: 'hybrid', idf, size: 10 })
      const beside = await ask(plain, 'wing bird', { mode: 'hybrid', idf, size: 10 })
      for (const [at, { score }] of inOnePass.hits.entries()) {
        expect(score / (beside.hits[at]?.score ?? 0)).toBeCloseTo(1, 1)
      }
      expect(inOnePass.hits).toHaveLength(10)
    }
    for (const mode of ['sparse', 'hybrid'] as const) {
      for (const form of ['rank_feature', 'neural_sparse'] as const) {
        await expect(ask(small, 'wing', { mode, form })).rejects.toThrow(
          `expected the form lexpand for ${small}, whose vectors are of type lexpand_impacts, got ${form}`,
        )
      }
    }
    expect((await ask(small, 'wing', { mode: 'bm25', form: 'rank_feature' })).hits.length).toBeGreaterThan(0)
  })

  test('advise measures copies of its type', async () => {
    const of = (index: string) =>
      run('advise', '--index', index, '--queries', join(folder, 'queries.txt'), '--rounds', '1')
    const [there, beside] = [(await of(small)).result, (await of(plain)).result]
    expect(there.pruning[0].sample_bytes).toBeLessThan(beside.pruning[0].sample_bytes)
    expect(there.pruning[0].postings_per_query).toBe(beside.pruning[0].postings_per_query)
    expect(there.pruning[0].postings_per_query).toBeGreaterThan(0)
  }, 120_000)

  test('reindex brings rank_features into it and back, without encoding anew, and rolls back', async () => {
    const live = `${plain}-live`
    const encodedAt = async (index: string) =>
      (await client.get({ index, id: 'doc-0' })).body._source?.lexpand.encoded_at
    const before = await encodedAt(plain)
    const there = ['reindex', '--index', plain, '--to', `${plain}-v2`, '--alias', live]
    const moved = await run(...there, ...IMPACTS)
    expect(moved).toMatchObject({
      code: 0,
      result: { phase: 'done', documents: DOCUMENTS.length, ready: DOCUMENTS.length },
    })
    expect(moved.result.gate.overlap_at_10).toBeGreaterThan(0.9)
    expect((await mappingOf(live)).type).toBe('lexpand_impacts')
    expect(await encodedAt(live)).toBe(before)
    expect(await auditOf(live)).toEqual(clean)
    const scores = async (index: string) =>
      (await ask(index, 'wing bird', { size: 10 })).hits.map(({ score }) => score)
    expect(await scores(live)).toEqual(await scores(small))

    const again = ['reindex', '--index', live, '--to', `${plain}-v3`]
    const back = await run(...again, '--vector-type', 'rank_features')
    expect(back).toMatchObject({ code: 0, result: { phase: 'done', ready: DOCUMENTS.length } })
    expect((await mappingOf(live)).type).toBe('rank_features')
    expect(await encodedAt(live)).toBe(before)
    expect(await auditOf(live)).toEqual(clean)

    expect(await run('reindex', '--index', live, '--rollback')).toMatchObject({
      code: 0,
      result: { phase: 'rolled_back', documents: DOCUMENTS.length, pending: 0 },
    })
    expect((await mappingOf(live)).type).toBe('lexpand_impacts')
    expect(await scores(live)).toEqual(await scores(small))
  }, 240_000)

  test('a run goes on with the type that it was begun with, and with no other', async () => {
    const specification = await readSpecification(client, small)
    const begin = async (vectorType?: VectorType) => {
      const { signal } = new AbortController()
      const name = `${small}-begun`
      const options = { client, name: `${small}-live`, to: name, specification, vectorType, signal }
      const { run: begun } = await beginBeside(options)
      await begun.close()
      return (await mappingOf(name)).type
    }
    await client.indices.putAlias({ index: small, name: `${small}-live` })
    expect(await begin('rank_features')).toBe('rank_features')
    expect(await begin()).toBe('rank_features')
    await expect(begin('lexpand_impacts')).rejects.toThrow(
      'expected the vector type rank_features with which',
    )
    await client.indices.delete({ index: `${small}-begun` })
    expect(await begin()).toBe('lexpand_impacts')
  })

  test('a change by another client is swept, encoded and found', async () => {
    await client.index({ index: small, id: 'doc-0', body: { body: 'A violin concerto.', group: 1 } })
    const swept = await run('sweep', '--index', small)
    expect(swept.result).toMatchObject({ found: 1, jobs: 1 })
    // Sends nothing new: its worker encodes what is queued.
    const rest = LINES.split('\n').slice(1).join('\n')
    const filled = await lexpandJson(['index', '-', '--index', small], { ...ours(), input: rest })
    expect(filled).toMatchObject({ code: 0, result: { indexed: 0, pending: 0 } })
    const { hits } = await ask(small, 'violin', { size: 1 })
    expect(hits[0]?.id).toBe('doc-0')
    expect(await auditOf(small)).toEqual(clean)
  })
})

test('a cluster without the plugin refuses the type and says what to install', async () => {
  const client = testClient(inject('opensearchUrl'))
  const index = uniqueName('no-plugin')
  const { code, stderr } = await lexpand(['index', '-', '--index', index, ...IMPACTS], { input: LINES })
  expect(code).toBe(1)
  expect(stderr).toMatch(/expected the Lexpand plugin on every node.*opensearch-plugin install/s)
  expect((await client.indices.exists({ index })).statusCode).toBe(404)
  const specification = testSpecification({ fields: ['body'] })
  const options = { vectorType: 'lexpand_impacts' } as const
  const template = installTemplate(client, { name: index, patterns: [`${index}-*`] }, specification, options)
  await expect(template).rejects.toThrow('expected the Lexpand plugin')
  // An index without Lexpand's fields, and an engine that is asked without the list of its nodes.
  await client.indices.create({ index, body: { mappings: { properties: { body: { type: 'text' } } } } })
  await expect(installIndex(client, index, specification, options)).rejects.toThrow('on every node')
  const blind = Object.create(client, { nodes: { value: { info: async () => ({ body: {} }) } } }) as Client
  await expect(installIndex(blind, index, specification, options)).rejects.toThrow(
    'got an engine that does not know it',
  )
  await removeIndices(client, index)
})
