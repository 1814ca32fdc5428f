import { type Command, InvalidArgumentError, Option } from 'commander'
import { FIELD_TYPES, type FieldType } from '../../sources/field-types.ts'
import { SOURCE_FORMATS, type SourceFormat } from '../../sources/open-source.ts'
import { integer, list } from '../shell/arguments.ts'
import type { ConnectionFlags } from '../shell/configuration.ts'
import type { ModelFlags } from '../shell/model.ts'
import { type VectorTypeFlags, vectorTypeOption } from '../shell/vector-type.ts'
import { type VersioningFlags, versioningOption } from '../shell/versioning.ts'

export interface IndexFlags extends ModelFlags, ConnectionFlags, VectorTypeFlags, VersioningFlags {
  readonly index: string
  readonly fields?: readonly string[] | undefined
  readonly idField?: string | undefined
  readonly format?: SourceFormat | undefined
  readonly delimiter?: string | undefined
  readonly columns?: readonly string[] | undefined
  readonly types?: Readonly<Record<string, FieldType>> | undefined
  readonly mappingFile?: string | undefined
  readonly htmlFields?: readonly string[] | undefined
  readonly passages?: number | undefined
  readonly analyzer?: string | undefined
  readonly wait: boolean
  readonly json: boolean
}

export function withIndexFlags(command: Command): Command {
  return command
    .requiredOption('--index <name>', 'index to fill; made when missing')
    .addOption(
      new Option('--fields <list>', 'text fields in the order they are read (default: found)').argParser(
        list(),
      ),
    )
    .option('--id-field <name>', 'field with the id (default: _id, else id, else made from the content)')
    .addOption(
      new Option(
        '--format <format>',
        'how to read it (default: from the name, else from the first bytes)',
      ).choices(SOURCE_FORMATS),
    )
    .addOption(
      new Option(
        '--delimiter <character>',
        'of CSV: , ; | or tab (default: found in the first line)',
      ).argParser(delimiter),
    )
    .addOption(
      new Option('--columns <list>', 'names for a CSV file whose first line is a document').argParser(list()),
    )
    .addOption(
      new Option(
        '--types <list>',
        'types of fields of a new index, such as price:float,published:date (default for CSV: found)',
      ).argParser(fieldTypes),
    )
    .option('--mapping-file <file>', 'JSON with mappings and settings of a new index, as for PUT /index')
    .addOption(
      new Option('--html-fields <list>', 'fields with HTML: stored as the text that a reader sees').argParser(
        list(),
      ),
    )
    .addOption(
      new Option(
        '--passages <words>',
        'cut documents into passages of about so many words, each a document that names its own in parent_id',
      ).argParser(integer(10, 10_000)),
    )
    .option('--analyzer <name>', 'analyzer of the text fields of a new index (default: english)')
    .addOption(vectorTypeOption('rank_features'))
    .addOption(versioningOption())
    .option('--no-wait', 'leave the encoding to lexpand worker')
}

function delimiter(text: string): string {
  if (text === 'tab' || text === '\\t' || text === '\t') return '\t'
  if (/^[^\s"\p{L}\p{N}]$/u.test(text)) return text
  throw new InvalidArgumentError(
    'Expected one character that is no letter, digit, quote or space, or the word tab.',
  )
}

function fieldTypes(text: string): Record<string, FieldType> {
  const types = text.split(',').map((pair): [string, FieldType] => {
    const [, field = '', type = ''] = /^\s*(.+?)\s*:\s*(\w+)\s*$/.exec(pair) ?? []
    const known = FIELD_TYPES.find((name) => name === type)
    if (field !== '' && known !== undefined) return [field, known]
    throw new InvalidArgumentError(
      `Expected FIELD:TYPE pairs separated by commas, with types out of ${FIELD_TYPES.join(', ')}, got ${JSON.stringify(pair)}. Other types: --mapping-file.`,
    )
  })
  return Object.fromEntries(types)
}
