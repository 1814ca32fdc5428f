import { describe, expect, test } from 'vitest'
import { engineCause } from './engine-cause.ts'

describe('the cause that is kept', () => {
  test('names limits and the setting that raises them', () => {
    expect(
      engineCause(400, {
        type: 'mapper_parsing_exception',
        reason:
          'The number of nested documents has exceeded the allowed limit of [2]. This limit can be set by changing the [index.mapping.nested_objects.limit] index level setting.',
      }),
    ).toBe(
      'status 400, mapper_parsing_exception: The number of nested documents has exceeded the allowed limit of [2]. This limit can be set by changing the [index.mapping.nested_objects.limit] index level setting.',
    )
  })

  test('names field and type and the deepest cause, never the value', () => {
    const cause = engineCause(400, {
      type: 'mapper_parsing_exception',
      reason:
        "failed to parse field [day] of type [date] in document with id 'x'. Preview of field's value: 'my secret'",
      caused_by: {
        type: 'illegal_argument_exception',
        reason:
          'failed to parse date field [my secret] with format [strict_date_optional_time||epoch_millis]',
        caused_by: { type: 'date_time_parse_exception', reason: 'Failed to parse with all enclosed parsers' },
      },
    })
    expect(cause).toBe(
      'status 400, mapper_parsing_exception: failed to parse field [day] of type [date] in document with id …., caused by date_time_parse_exception: Failed to parse with all enclosed parsers',
    )
  })

  // Messages of the engine (3.6.0) around a value.
  test.each([
    'failed to parse date field [my secret] with format [strict_date_optional_time||epoch_millis]',
    'For input string: "my secret"',
    'Failed to parse value [my secret] as only [true] or [false] are allowed.',
    'featureValue must be a positive normal float, got: -1.0 for feature my secret on field s which is less',
    "'my secret' is not an IP string literal.",
    'unsupported symbol [ ] in geohash [my secret]',
    'mapping set to strict, dynamic introduction of [my secret] within [o] is not allowed',
    "Unrecognized token 'my secret': was expecting (JSON String)\n at [Source: my secret",
    'Document contains at least one immense term in field="k" (whose UTF8 encoding is longer than the max length 32766). The prefix of the first immense term is: \'[my secret]...\', original message: bytes can be at most 32766',
    'object field starting or ending with a [.] makes object resolution ambiguous: [my secret]',
    'a value [that ] holds [ marks: my secret] itself',
    'an open mark [my secret',
    "can't read 'it's my secret'",
  ])('holds no value: %s', (reason) => {
    expect(engineCause(400, { type: 't', reason })).not.toMatch(/secret/)
  })

  test('is bounded, and is the status where the engine says nothing', () => {
    expect(engineCause(400, { type: 'x'.repeat(9_000) }).length).toBe(500)
    expect(engineCause(413)).toBe('status 413')
  })
})
