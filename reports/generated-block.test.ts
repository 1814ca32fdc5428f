import { expect, test } from 'vitest'
import { withGeneratedBlock } from './generated-block.ts'

const document = 'before\n<!-- generated: a -->\nold\n<!-- /generated: a -->\nafter\n'

test('only what stands in the block is replaced', () => {
  expect(withGeneratedBlock(document, 'a', '\nnew $& text\n')).toBe(
    'before\n<!-- generated: a -->\nnew $& text\n<!-- /generated: a -->\nafter\n',
  )
})

test.each(['nothing', document + document, '<!-- generated: a -->'])(
  'a document without exactly one block is refused',
  (text) => {
    expect(() => withGeneratedBlock(text, 'a', 'new')).toThrow('expected one block')
  },
)
