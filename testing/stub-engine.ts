/** A job run against an engine in memory. Test code. */
import type { Encoder } from '../sparse/encoder.ts'
import { DEAD_LETTERS, type DeadLetter } from '../workers/dead-letters/dead-letter.ts'
import { processJob } from '../workers/encode/encode-job.ts'
import type { FakeEncoderOptions } from '../workers/encoders/fake.ts'
import { emptyReport, type JobReport } from '../workers/queue/job-report.ts'
import { NO_TELEMETRY, type Telemetry } from '../workers/telemetry/telemetry.ts'
import { SPECIFICATION, stubClient, testEncoder, testTokenizer } from './test-fixtures.ts'

export const tokenizer = testTokenizer()

export interface Stored {
  _source: Record<string, unknown>
  seqNo: number
}

export type Letters = Map<string, { _source: Partial<DeadLetter>; seqNo: number }>

/** A one-index engine in memory: compare-and-set updates, and a hook that runs before each of them. */
export function engine(
  stored: Map<string, Stored>,
  letters: Letters,
  beforeUpdate: (id: string, body: Update) => number | undefined,
  letterStatus: number,
) {
  const client = stubClient({
    mget: ({ index, body }: { index: string; body: { docs: { _id: string }[] } }) => ({
      docs: body.docs.map(({ _id }) => {
        const doc = (index === DEAD_LETTERS ? letters : stored).get(_id)
        return doc === undefined
          ? { _id, found: false }
          : { _id, found: true, _seq_no: doc.seqNo, _primary_term: 1, _source: doc._source }
      }),
    }),
    bulk: ({ index, body }: { index: string; body: unknown[] }) =>
      index === DEAD_LETTERS
        ? letterBulk(letters, body as LetterLine[], letterStatus)
        : { items: documentBulk(stored, body as string[], beforeUpdate) },
  })
  return Object.assign(client, { indices: { exists: async () => ({ body: true }) } })
}

function documentBulk(
  stored: Map<string, Stored>,
  body: readonly string[],
  beforeUpdate: (id: string, body: Update) => number | undefined,
) {
  return Array.from({ length: body.length / 2 }, (_, at) => {
    const { _id, if_seq_no } = JSON.parse(body[2 * at] as string).update
    const update: Update = JSON.parse(body[2 * at + 1] as string).script.params
    const status = beforeUpdate(_id, update)
    const doc = stored.get(_id)
    if (status !== undefined) return { update: { status, error: { reason: `status ${status}` } } }
    if (doc === undefined) return { update: { status: 404 } }
    if (doc.seqNo !== if_seq_no) return { update: { status: 409, error: { reason: 'conflict' } } }
    doc.seqNo++
    doc._source = { ...doc._source, lexpand: update.sidecar, text_sparse: update.features ?? undefined }
    return { update: { status: 200 } }
  })
}

interface LetterLine {
  update?: { _id: string }
  delete?: { _id: string }
  script: { params: { letter: DeadLetter } }
}

let letterSeqNo = 0

function letterBulk(letters: Letters, body: readonly LetterLine[], status: number) {
  const items: object[] = []
  for (const [at, line] of body.entries()) {
    const _seq_no = letterSeqNo++
    if (line.delete !== undefined) {
      letters.delete(line.delete._id)
      items.push({ delete: { status: 200 } })
    } else if (line.update !== undefined) {
      const _source = (body[at + 1] as LetterLine).script.params.letter
      if (status === 200) letters.set(line.update._id, { _source, seqNo: _seq_no })
      items.push({ update: { _id: line.update._id, status, _seq_no, _primary_term: 1 } })
    }
  }
  return { items }
}

export interface Update {
  features: Record<string, number> | null
  sidecar: { state: string; error?: string }
}

/** One job over these texts, by id, in an index of its own. */
export async function run(
  texts: Record<string, unknown>,
  {
    beforeUpdate = () => undefined,
    encoder = {},
    change = () => {},
    letterStatus = 200,
    maxTextBytes = 1_000,
    letters = new Map(),
    report = emptyReport(),
    telemetry = NO_TELEMETRY,
    ownEncoder = testEncoder(tokenizer, encoder),
  }: {
    ownEncoder?: Encoder
    letterStatus?: number
    maxTextBytes?: number
    letters?: Letters
    report?: JobReport
    telemetry?: Telemetry
    beforeUpdate?: (id: string, update: Update, stored: Map<string, Stored>) => number | undefined
    encoder?: Partial<FakeEncoderOptions>
    change?: (stored: Map<string, Stored>) => void
  } = {},
): Promise<{
  report: JobReport
  stored: Map<string, Stored>
  states: Record<string, unknown>
  letters: Map<string, Partial<DeadLetter>>
}> {
  const stored = new Map<string, Stored>(
    Object.entries(texts).map(([id, text], at) => [id, { _source: { text }, seqNo: at }]),
  )
  change(stored)
  await processJob(
    {
      version: 1,
      index: 'a',
      fingerprint: SPECIFICATION.fingerprint,
      documents: Object.keys(texts).map((id) => ({ id, seq_no: 0, primary_term: 1 })),
    },
    {
      client: engine(stored, letters, (id, update) => beforeUpdate(id, update, stored), letterStatus),
      maxTextBytes,
      telemetry,
      tokenizer,
      encoder: ownEncoder,
      specificationOf: async () => SPECIFICATION,
      persistence: { firstMs: 0.1, maxMs: 0.1, giveUpAfterMs: 20 },
    },
    report,
  )
  const states = Object.fromEntries(
    [...stored].map(([id, { _source }]) => [id, (_source.lexpand as { state?: string } | undefined)?.state]),
  )
  const byId = new Map([...letters.values()].map(({ _source }) => [_source.id ?? '', _source]))
  return { report, stored, states, letters: byId }
}
