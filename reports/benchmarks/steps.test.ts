import { expect, test } from 'vitest'
import { type StepSettings, steps } from './steps.ts'

const settings: StepSettings = {
  sizes: [10, 20, 30],
  corpus: {
    real: 10,
    documents: 'd.jsonl',
    vectors: new Map([
      [0, 'v0.jsonl'],
      [0.1, 'v1.jsonl'],
      [0.2, 'v2.jsonl'],
    ]),
    queries: 'q.jsonl',
  },
  ingestDocuments: 5,
  rounds: 2,
}
const call = (name: string, more: Partial<StepSettings> = {}) =>
  steps({ ...settings, ...more })
    .find((step) => step.name === name)
    ?.arguments.join(' ')

test('the two ends of the sizes come first, and all queries there are run at the least one alone', () => {
  expect(steps(settings).map(({ name }) => name)).toEqual([
    ...['encode', 'ingest', 'search-10', 'search-30', 'search-20', 'pruning-0', 'pruning-0.2', 'seismic'],
  ])
  expect(call('search-10')).toMatch(/--variants match_none,unscored,bm25,\S*hybrid_client$/)
  expect(call('search-20')).toContain('lexpand_impacts,hybrid,hybrid_lexpand')
  expect(call('search-30')).toMatch(/--take 30 .*--variants match_none,unscored,bm25,\S*lexpand_impacts$/)
})

test('each step takes the vectors of its pruning, and other prunings the least number of documents', () => {
  expect(call('search-30')).toContain('--vectors v1.jsonl')
  expect(call('pruning-0')).toContain('--vectors v0.jsonl --queries q.jsonl --take 10 --rounds 2')
  expect(call('pruning-0.2')).toContain('--vectors v2.jsonl')
})

test('one size has everything, and the model and the peers are passed on', () => {
  const names = steps({ ...settings, sizes: [10] }).map(({ name }) => name)
  expect(names.filter((name) => name.startsWith('search'))).toEqual(['search-10'])
  expect(call('search-10', { model: 'mine' })).toMatch(/--model mine$/)
  expect(call('encode', { python: 'venv/python', float: 'f.onnx', model: 'mine' })).toMatch(
    /--model mine --python venv\/python --float f\.onnx$/,
  )
})
