import { VARIANTS, type VariantName } from '../../measure/search-variants.ts'
import { type Corpus, INDEXED_RATIO } from '../corpus/corpus.ts'

/** A call of the command line whose JSON output is kept. */
export interface Step {
  readonly name: string
  /** Services that are started before it. */
  readonly services: readonly ('opensearch' | 'redis')[]
  readonly arguments: readonly string[]
}

export interface StepSettings {
  /** Numbers of documents of the search steps, ascending. */
  readonly sizes: readonly number[]
  readonly corpus: Corpus
  readonly model?: string | undefined
  /** Python interpreter with the peers of the encoder. */
  readonly python?: string | undefined
  /** Float32 graph of the model, for the peers. */
  readonly float?: string | undefined
  readonly ingestDocuments: number
  /** Number of counted passes of the searches. */
  readonly rounds: number
}

/** Variants at every size. The smallest size has all variants except seismic, whose index takes long to build. */
const COMPARED: readonly VariantName[] = [
  'match_none',
  'unscored',
  'bm25',
  'rank_feature',
  'neural_sparse',
  'neural_sparse_two_phase',
  'lexpand',
  'lexpand_impacts',
]
/** Variants at sizes in between, too: sizes of text and vector together, for the cost model. */
const HYBRID: readonly VariantName[] = ['hybrid', 'hybrid_lexpand']
const ALL = (Object.keys(VARIANTS) as VariantName[]).filter((name) => name !== 'seismic')
const AT_OTHER_PRUNINGS: readonly VariantName[] = ['rank_feature', 'lexpand', 'lexpand_impacts']

/** The steps in the order in which they run. */
export function steps(settings: StepSettings): Step[] {
  const { sizes, corpus, python, float, ingestDocuments } = settings
  const model = settings.model === undefined ? [] : ['--model', settings.model]
  const [least = 0, most = 0] = [sizes[0], sizes.at(-1)]
  return [
    {
      name: 'encode',
      services: [],
      arguments: [
        ...['bench', 'encode', '--lengths', '32,128,256,512', '--documents', '32', '--rounds', '3', ...model],
        ...(python === undefined ? [] : ['--python', python]),
        ...(float === undefined ? [] : ['--float', float]),
      ],
    },
    {
      name: 'ingest',
      services: ['opensearch', 'redis'],
      arguments: [
        ...['bench', 'ingest', corpus.documents, '--documents', String(ingestDocuments), '--workers', '1,2'],
        ...model,
      ],
    },
    // The two ends first, because they show the growth.
    ...[...new Set([least, most, ...sizes])].map((size) => {
      const variants = size === least ? ALL : size === most ? COMPARED : [...COMPARED, ...HYBRID]
      return search(`search-${size}`, settings, { ratio: INDEXED_RATIO, size }, [
        ...['--also', 'load,unmerged,counted,filtered'],
        ...['--variants', variants.join(',')],
      ])
    }),
    ...[...corpus.vectors.keys()]
      .filter((ratio) => ratio !== INDEXED_RATIO)
      .map((ratio) =>
        search(`pruning-${ratio}`, settings, { ratio, size: least }, [
          '--variants',
          AT_OTHER_PRUNINGS.join(','),
        ]),
      ),
    search('seismic', settings, { ratio: INDEXED_RATIO, size: least }, [
      '--variants',
      'rank_feature,seismic',
    ]),
  ]
}

function search(
  name: string,
  { corpus, rounds, model }: StepSettings,
  { ratio, size }: { readonly ratio: number; readonly size: number },
  more: readonly string[],
): Step {
  const files = ['--documents', corpus.documents, '--vectors', corpus.vectors.get(ratio) ?? '']
  const counts = ['--take', String(size), '--rounds', String(rounds)]
  return {
    name,
    services: ['opensearch'],
    arguments: [
      ...['bench', 'search', ...files, '--queries', corpus.queries, ...counts, ...more],
      ...(model === undefined ? [] : ['--model', model]),
    ],
  }
}
