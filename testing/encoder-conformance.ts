import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Encoder, TokenWindow } from '../sparse/encoder.ts'
import type { SparseVector } from '../sparse/vectors/sparse-vector.ts'

/** A driver under test. Test code: only test files import this one. */
export interface EncoderFixture {
  create(): Encoder
  readonly clsId: number
  readonly sepId: number
  /** Ids of ordinary word pieces for windows, at least 40. */
  readonly pieceIds: readonly number[]
  /** Ids that must never be in a vector; the windows contain them on purpose. */
  readonly hiddenIds: readonly number[]
}

/** The guarantees of {@link Encoder}, as one suite that every driver has to pass. */
export function describeEncoder(name: string, load: () => Promise<EncoderFixture>): void {
  describe(`${name} encoder`, () => {
    let fixture: EncoderFixture
    let encoder: Encoder
    let windows: TokenWindow[]

    beforeAll(async () => {
      fixture = await load()
      encoder = fixture.create()
      windows = [3, 40, 1, 17, 8, 25, 2, 33, 0].map((length, seed) => windowOf(fixture, length, seed))
    })
    afterAll(() => encoder.dispose())

    test('gives one vector a window, each with weights', async () => {
      const vectors = await encoder.encode(windows)
      expect(vectors).toHaveLength(windows.length)
      for (const vector of vectors.slice(0, -1)) expect(vector.tokenIds.length).toBeGreaterThan(0)
    })

    test('gives no vectors for no windows', async () => {
      expect(await encoder.encode([])).toEqual([])
    })

    test('keeps the order of the windows, whatever their lengths', async () => {
      const forward = await encoder.encode(windows)
      const backward = await encoder.encode(windows.toReversed())
      for (const [at, vector] of forward.entries()) expectSame(vector, backward.at(-1 - at))
    })

    test('gives a window the same vector alone as among others, so padding and neighbours change nothing', async () => {
      const together = await encoder.encode(windows)
      for (const [at, window] of windows.entries()) {
        const [alone] = await encoder.encode([window])
        expectSame(together[at], alone)
      }
    })

    test('gives calls that overlap their own vectors', async () => {
      const expected = await encoder.encode(windows)
      const calls = await Promise.all([
        encoder.encode(windows),
        encoder.encode(windows.toReversed()),
        encoder.encode(windows),
      ])
      for (const [at, vector] of expected.entries()) {
        expectSame(calls[0]?.[at], vector)
        expectSame(calls[1]?.at(-1 - at), vector)
        expectSame(calls[2]?.[at], vector)
      }
    })

    test('gives distinct ids, and weights that are finite, above zero and descending', async () => {
      for (const { tokenIds, weights } of await encoder.encode(windows)) {
        expect(new Set(tokenIds).size).toBe(tokenIds.length)
        expect(weights.length).toBe(tokenIds.length)
        expect(weights.every((weight) => weight > 0 && Number.isFinite(weight))).toBe(true)
        expect([...weights]).toEqual([...weights].sort((a, b) => b - a))
      }
    })

    test('never gives a special token or the piece "."', async () => {
      const full = [...fixture.hiddenIds, ...fixture.pieceIds.slice(0, 5), ...fixture.hiddenIds]
      const [vector] = await encoder.encode([
        { inputIds: Uint32Array.of(fixture.clsId, ...full, fixture.sepId) },
      ])
      expect([...(vector?.tokenIds ?? [])].filter((id) => fixture.hiddenIds.includes(id))).toEqual([])
    })

    test('may be disposed twice, and refuses work afterwards', async () => {
      const other = fixture.create()
      await other.encode(windows.slice(0, 1))
      await other.dispose()
      await other.dispose()
      await expect(other.encode(windows.slice(0, 1))).rejects.toMatchObject({ code: 'ENCODER' })
    })

    test('may be disposed before its first use', async () => {
      await fixture.create().dispose()
    })

    test('rejects what is being encoded when it is disposed', async () => {
      const other = fixture.create()
      const running = other.encode(Array.from({ length: 200 }, (_, seed) => windowOf(fixture, 40, seed)))
      const rejected = expect(running).rejects.toMatchObject({ code: 'ENCODER' })
      await other.dispose()
      await rejected
    })
  })
}

/** A window: [CLS], `length` pieces chosen by `seed`, [SEP]. */
function windowOf({ clsId, sepId, pieceIds }: EncoderFixture, length: number, seed: number): TokenWindow {
  const pieces = Array.from({ length }, (_, at) => pieceIds[(at * 7 + seed * 11) % pieceIds.length] as number)
  return { inputIds: Uint32Array.of(clsId, ...pieces, sepId) }
}

const TOLERANCE = 1e-4

function expectSame(actual: SparseVector | undefined, expected: SparseVector | undefined): void {
  const a = weightsOf(actual)
  const b = weightsOf(expected)
  for (const id of new Set([...a.keys(), ...b.keys()])) {
    expect(Math.abs((a.get(id) ?? 0) - (b.get(id) ?? 0))).toBeLessThan(TOLERANCE)
  }
}

function weightsOf(vector: SparseVector | undefined): Map<number, number> {
  if (vector === undefined) throw new Error('a vector is missing')
  return new Map([...vector.tokenIds].map((id, at) => [id, vector.weights[at] as number]))
}
