import { errors } from '@opensearch-project/opensearch'
import { describe, expect, test } from 'vitest'
import type { InstalledIndex } from '../../mappings/compatibility.ts'
import { hashOfText } from '../../mappings/text/text-hash.ts'
import { DEFAULT_LIMITS } from '../../opensearch/index-limits.ts'
import { SPECIFICATION, stubClient } from '../../testing/test-fixtures.ts'
import { ChangedDocuments } from './changed-documents.ts'

const { fingerprint } = SPECIFICATION
const INSTALLED = {
  name: 'i',
  specification: SPECIFICATION,
  vectorsInSource: true,
  vectorType: 'rank_features',
} as InstalledIndex
const RANGE = { shard: 0, after: -1, upTo: 1_000_000 }

function hit(seqNo: number, seen: object) {
  return { _id: `d${seqNo}`, _seq_no: seqNo, _primary_term: 1, sort: [seqNo], fields: { seen: [seen] } }
}

/** An engine with these documents that takes the given time for each page. */
function answering(hits: object[], took: (size: number) => number, asked: number[] = []) {
  const client = stubClient({
    search({ body: { size } }: { body: { size: number } }) {
      asked.push(size)
      const ms = took(size)
      if (ms > 30_000) throw new errors.TimeoutError('slow', {} as never)
      return { took: ms, hits: { hits } }
    },
  })
  return new ChangedDocuments(client, INSTALLED, DEFAULT_LIMITS)
}

describe('a page of changed documents', () => {
  test('holds back what is settled for its text, and gives the rest with its version', async () => {
    const text = 'some text'
    const ready = { state: 'ready', text_hash: hashOfText(text), fingerprint }
    const problem = { state: 'failed', text_hash: 'not-text:text:number', fingerprint }
    const documents = answering(
      [
        hit(1, { sidecar: ready, text }),
        hit(2, { sidecar: ready, text: 'changed past the pipeline' }),
        hit(3, { sidecar: { state: 'pending', text_hash: 'h' } }),
        hit(4, {}),
        hit(5, { sidecar: problem, problem: 'text:number' }),
        hit(6, { sidecar: problem, problem: 'text:boolean' }),
        hit(9, { sidecar: { ...ready, fingerprint: 'another' } }),
      ],
      () => 10,
    )
    const { waiting, scanned, last } = await documents.page(RANGE)
    expect(waiting.map(({ seq_no }) => seq_no)).toEqual([2, 3, 4, 6, 9])
    expect(waiting[1]).toEqual({ id: 'd3', seq_no: 3, primary_term: 1, text_hash: 'h' })
    expect({ scanned, last }).toEqual({ scanned: 7, last: RANGE.upTo })
  })

  test('without any says that everything up to the end was looked at', async () => {
    expect(await answering([], () => 10).page(RANGE)).toEqual({
      scanned: 0,
      waiting: [],
      lost: [],
      last: RANGE.upTo,
    })
  })

  test('asks for one more than a page: is small at first, grows while the engine is quick, and shrinks when it is slow', async () => {
    const asked: number[] = []
    let ms = 10
    const documents = answering([], () => ms, asked)
    for (let page = 0; page < 6; page++) await documents.page(RANGE)
    ms = 20_000
    for (let page = 0; page < 3; page++) await documents.page(RANGE)
    expect(asked).toEqual([101, 201, 401, 801, 1_001, 1_001, 1_001, 251, 64])
  })

  test('that the engine cannot give in time is asked for again, smaller; a single document too slow is an error', async () => {
    const asked: number[] = []
    await answering([], (size) => size * 1_000, asked).page(RANGE)
    expect(asked).toEqual([101, 14])
    await expect(answering([], () => 60_000).page(RANGE)).rejects.toMatchObject({ code: 'SERVICE' })
  })
})
