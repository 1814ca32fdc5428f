import type { Model } from '../models/index.ts'
import type { Encoder } from '../sparse/index.ts'
import { type FakeEncoderOptions, fakeEncoder } from '../workers/encoders/fake.ts'

/** A fast encoder whose vectors fit the model's tokenizer. */
export function testEncoder(model: Model, options: Partial<FakeEncoderOptions> = {}): Encoder {
  const { tokenizer } = model
  const hiddenIds = new Set([...tokenizer.specialTokenIds, tokenizer.idOf('.') as number])
  return fakeEncoder({ vocabularySize: tokenizer.vocabularySize, hiddenIds, ...options })
}
