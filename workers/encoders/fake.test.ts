import { describeEncoder } from '../../testing/encoder-conformance.ts'
import { fakeEncoder } from './fake.ts'

describeEncoder('fake', async () => {
  const hiddenIds = [0, 1, 2, 3, 4, 5]
  return {
    create: () => fakeEncoder({ vocabularySize: 1_000, hiddenIds: new Set(hiddenIds), delayMs: 1 }),
    clsId: 2,
    sepId: 3,
    pieceIds: Array.from({ length: 60 }, (_, at) => 100 + at * 13),
    hiddenIds,
  }
})
