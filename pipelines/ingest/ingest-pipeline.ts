import { type Client, errors } from '@opensearch-project/opensearch'
import {
  assertIndexName,
  COLLECT_PIECES,
  type IndexSpecification,
  MAX_NESTING,
  SIDECAR,
  SIDECAR_KEYS,
  STATES,
  sidecarMapping,
  translateEngineError,
} from '../../mappings/index.ts'
import { acknowledged } from '../../opensearch/failures/acknowledged.ts'
import { LexpandError } from '../../sparse/errors.ts'
import { chainWith, ownerIn } from './owner-chain.ts'
import { type IngestProcessor, processorsOf, storePipeline, useByDefault } from './store-pipeline.ts'

/**
 * How documents are stamped: by a script, which runs on any engine, or by the processor of the Lexpand plugin. An
 * engine without the plugin refuses every document of a pipeline with that processor, so the script is installed unless
 * the caller chooses.
 */
export type StampForm = 'script' | 'plugin'

/**
 * The ingest pipeline that stamps documents, as the body of `PUT _ingest/pipeline/<id>`.
 *
 * A document whose stored hash, fingerprint and vector fit its text is not changed (an unrelated update, a copy from
 * another index with the same specification). Any other document becomes `pending` without a vector, so that a vector
 * of another text is never searched; `pending_since` stays the same while the text does. When the script fails, the
 * document is pending without a hash: the stamp itself makes no write fail. A document with a value of its owner under a
 * name of Lexpand's is left alone, see `foreignValue`; the mapping does not take such a value, so the engine refuses the
 * document by the name of that field, and the value is not lost without a word.
 *
 * @param form both make the same documents, except that the plugin also reads the stored document: a document that is
 *   sent again as a whole, with the same text, keeps its vector
 */
export function ingestPipeline(specification: IndexSpecification, form: StampForm = 'script') {
  const { fields } = specification
  return {
    description: `Lexpand: marks documents whose text (${fields.join(', ')}) has no vector yet`,
    processors: [form === 'plugin' ? stampProcessor(specification) : stampScript(specification)],
  }
}

function stampProcessor({ fields, sparse_field, fingerprint }: IndexSpecification): IngestProcessor {
  // The client's types know only the processors of the engine itself.
  return { [STAMP_PROCESSOR]: { fields, sparse_field, fingerprint } } as IngestProcessor
}

function stampScript({ fields, sparse_field, fingerprint }: IndexSpecification) {
  return {
    script: {
      lang: 'painless',
      source: STAMP_SCRIPT,
      params: {
        fields: [...fields],
        sparse_field,
        fingerprint,
        sidecar: SIDECAR,
        sidecar_keys: SIDECAR_KEYS,
        states: STATES,
        max_nesting: MAX_NESTING,
      },
      on_failure: [
        { remove: { field: [SIDECAR, sparse_field], ignore_missing: true, ignore_failure: true } },
        { set: { field: `${SIDECAR}.state`, value: 'pending', ignore_failure: true } },
        {
          set: {
            field: `${SIDECAR}.pending_since`,
            value: '{{_ingest.timestamp}}',
            ignore_failure: true,
          },
        },
      ],
    },
  }
}

/** The plugin's ingest processor. */
export const STAMP_PROCESSOR = 'lexpand_stamp'

/**
 * The source is the same for every index (all differences are params), so the engine compiles it once. `sha256` is
 * thread-safe, unlike the fingerprint processor (see textHash).
 */
const STAMP_SCRIPT = `
${COLLECT_PIECES}
def old = ctx.get(params.sidecar);
def vector = ctx.get(params.sparse_field);
boolean isOurs = old == null || (old instanceof Map && (params.states.contains(old.state) || params.sidecar_keys.containsAll(old.keySet())));
if (!isOurs || (vector != null && !(vector instanceof Map))) return;
List pieces = new ArrayList();
String hash = null;
for (def field : params.fields) {
  String type = collect(ctx, field, 0, params.max_nesting, pieces);
  if (type != null) { hash = 'not-text:' + field + ':' + type; break; }
}
if (hash == null) hash = String.join(' ', pieces).sha256();

if (old instanceof Map && hash.equals(old.text_hash) && params.fingerprint.equals(old.fingerprint)) {
  boolean hasVector = vector instanceof Map && !vector.isEmpty();
  if ('ready'.equals(old.state) ? hasVector : ('empty'.equals(old.state) || 'failed'.equals(old.state)) && vector == null) {
    old.keySet().retainAll(params.sidecar_keys);
    return;
  }
}
String since = Instant.ofEpochMilli(System.currentTimeMillis()).toString();
if (old instanceof Map && 'pending'.equals(old.state) && hash.equals(old.text_hash) && old.pending_since instanceof String) {
  try { Instant.parse(old.pending_since); since = old.pending_since; } catch (Exception e) { }
}
Map stamp = new HashMap();
stamp.state = 'pending';
stamp.text_hash = hash;
stamp.pending_since = since;
ctx.put(params.sidecar, stamp);
ctx.remove(params.sparse_field);
`

/** Name of the ingest pipeline of an index. */
export function ingestPipelineName(index: string): string {
  return `lexpand-${index}`
}

/** Name of the stamp that a template of the owner gives to new indices. */
export function templatePipelineName(template: string): string {
  return `${ingestPipelineName(template)}${TEMPLATE}`
}

/** No index has a colon in its name. */
const TEMPLATE = ':template'

export interface InstallPipelineOptions {
  /**
   * `plugin` suits documents that clients send again as a whole: those with the same text keep their vector. Run this
   * again with `script` before the plugin is removed from the engine, or the engine refuses their writes.
   *
   * @default the installed form if it runs on every node, else the script
   */
  readonly form?: StampForm | undefined
}

/**
 * Stores the ingest pipeline of an index and makes it the index's default pipeline. Where the owner has a default pipeline
 * that does not call it, a chain of both becomes the default; a final pipeline stays as it is, and runs after them.
 * Running it again changes nothing, or repairs the pipeline where the plugin is gone.
 *
 * Needs `cluster:admin/ingest/pipeline/get`, `cluster:admin/ingest/pipeline/put`, `indices:monitor/settings/get`,
 * `indices:admin/mappings/get`, `indices:admin/settings/update`, for an index of an older version of Lexpand
 * `indices:admin/mapping/put`, and for the plugin's form `cluster:monitor/nodes/info`.
 *
 * @returns the pipeline's name
 * @throws LexpandError INDEX when the index names a default pipeline that does not exist, SERVICE when `plugin` is asked for and a node lacks it
 */
export async function installIngestPipeline(
  client: Client,
  index: string,
  specification: IndexSpecification,
  options: InstallPipelineOptions = {},
): Promise<string> {
  assertIndexName(index, 'ingest pipeline')
  try {
    const settings = await client.indices.getSettings({ index, flat_settings: true })
    const found = Object.entries(settings.body)
    const [only] = found
    if (only === undefined || found.length > 1) {
      throw new LexpandError(
        'INDEX',
        `[ingest pipeline] expected ${index} to be one index, got ${found.length}. Name one of them.`,
      )
    }
    const [name, state] = only
    const pipeline = ingestPipelineName(name)
    await mapWholeSidecar(client, name)
    const form = await stampForm(client, pipeline, options.form)
    await storePipeline(client, pipeline, ingestPipeline(specification, form), name)
    const present: unknown = state.settings?.['index.default_pipeline']
    if (present === pipeline) return pipeline
    if (typeof present === 'string' && present !== '_none') {
      const found = await processorsOf(client, present)
      if (found?.some((processor) => processor.pipeline?.name === pipeline)) return pipeline
      // The chain of the index that this one was shrunken, split or cloned from has the same owner.
      const owner = (found === undefined ? undefined : ownerIn(present, found)) ?? present
      if (!isOfAnotherIndex(owner, owner === present ? found : await processorsOf(client, owner))) {
        if (found === undefined) throw missingPipeline(name, present)
        await chainWith(client, name, { owner, stamp: pipeline })
        return pipeline
      }
    }
    await useByDefault(client, name, pipeline)
    return pipeline
  } catch (error) {
    throw translateEngineError(error, { part: 'ingest pipeline', index })
  }
}

async function stampForm(client: Client, pipeline: string, wanted?: StampForm): Promise<StampForm> {
  if (wanted === 'script') return 'script'
  if (wanted === undefined && !(await usesPlugin(client, pipeline))) return 'script'
  if (await everyNodeStamps(client)) return 'plugin'
  if (wanted === undefined) return 'script'
  throw new LexpandError(
    'SERVICE',
    '[ingest pipeline] expected the plugin on every node, got at least one node without lexpand_stamp, or none that this user may look at. Install the plugin there, or use the form script.',
  )
}

async function usesPlugin(client: Client, pipeline: string): Promise<boolean> {
  const reply = await client.ingest.getPipeline({ id: pipeline }, { ignore: [404] })
  const processors: readonly object[] = reply.body[pipeline]?.processors ?? []
  return processors.some((processor) => STAMP_PROCESSOR in processor)
}

/** Whether every node has the plugin's processor, since any node may run the pipeline. */
async function everyNodeStamps(client: Client): Promise<boolean> {
  try {
    const reply = await client.nodes.info({
      metric: ['ingest'],
      filter_path: ['nodes.*.ingest.processors.type'],
    })
    const nodes = Object.values(reply.body.nodes)
    return (
      nodes.length > 0 &&
      nodes.every((node) => node.ingest?.processors.some(({ type }) => type === STAMP_PROCESSOR))
    )
  } catch (error) {
    if (error instanceof errors.ResponseError && error.statusCode === 403) return false
    throw error
  }
}

/**
 * Adds missing keys to the mapping of the sidecar. That mapping is strict, so a key that an older version of Lexpand
 * did not map would make every write fail.
 */
async function mapWholeSidecar(client: Client, index: string): Promise<void> {
  const reply = await client.indices.getMapping({ index })
  const mapped = reply.body[index]?.mappings?.properties?.[SIDECAR]
  const keys = (mapped as { properties?: object } | undefined)?.properties
  if (keys === undefined || SIDECAR_KEYS.every((key) => Object.hasOwn(keys, key))) return
  const body = { properties: { [SIDECAR]: sidecarMapping } } as never
  await acknowledged(client.indices.putMapping({ index, body }), { part: 'ingest pipeline', index })
}

/** Whether the pipeline belongs to the index that this one was shrunken, split or cloned from; that index may not exist here. */
function isOfAnotherIndex(id: string, processors: readonly IngestProcessor[] | undefined): boolean {
  if (!id.startsWith(ingestPipelineName('')) || (id.includes(':') && !id.endsWith(TEMPLATE))) return false
  return processors === undefined || isStamp(processors)
}

/** Whether a pipeline stamps documents and does nothing else. */
export function isStamp(processors: readonly IngestProcessor[]): boolean {
  const [only] = processors as readonly (IngestProcessor & { readonly [STAMP_PROCESSOR]?: object })[]
  const script = (only?.script as { source?: string } | undefined)?.source
  return processors.length === 1 && (only?.[STAMP_PROCESSOR] !== undefined || script === STAMP_SCRIPT)
}

function missingPipeline(index: string, present: string): LexpandError {
  return new LexpandError(
    'INDEX',
    `[ingest pipeline] expected the default pipeline ${present} of index ${index} to exist, got none: the engine refuses every write. Put it back, or set index.default_pipeline to _none; then run this again.`,
  )
}
