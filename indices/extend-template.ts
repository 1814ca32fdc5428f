import type { API, Client } from '@opensearch-project/opensearch'
import { type IndexSpecification, SIDECAR, translateEngineError } from '../mappings/index.ts'
import type { IndexMapping } from '../mappings/index-mapping.ts'
import { missingOwnFields } from '../mappings/mapping.ts'
import type { VectorType } from '../mappings/vectors/vector-type.ts'
import { acknowledged } from '../opensearch/failures/acknowledged.ts'
import { ingestPipeline, type StampForm, storePipeline, templatePipelineName } from '../pipelines/index.ts'
import { LexpandError } from '../sparse/errors.ts'

export interface TemplateChoice {
  readonly vectorType?: VectorType | undefined
  readonly stamp?: StampForm | undefined
}

/**
 * Extends an index template of the owner, so that the next index of an alias or a data stream (rollover, ISM) is set up from
 * the start: the sparse field, the sidecar, `_meta.lexpand` and a stamp. All else in the template stays; a default pipeline in
 * it is called before the stamp. Running it again changes nothing.
 *
 * Needs `indices:admin/index_template/get`, `indices:admin/index_template/put`, `cluster:admin/ingest/pipeline/get` and
 * `cluster:admin/ingest/pipeline/put`.
 *
 * @throws LexpandError INDEX when there is no such template, or it uses the field names for something else
 */
export async function extendTemplate(
  client: Client,
  name: string,
  specification: IndexSpecification,
  { vectorType, stamp }: TemplateChoice = {},
): Promise<void> {
  const subject = `template ${name}`
  try {
    const reply = await client.indices.getIndexTemplate({ name }, { ignore: [404] })
    const found = reply.statusCode === 404 ? undefined : reply.body.index_templates[0]?.index_template
    if (found === undefined) {
      throw new LexpandError(
        'INDEX',
        `[set-up] expected an index template ${name}, got none. Name the template that makes the next index (GET _index_template).`,
      )
    }
    const { settings = {}, mappings = {} } = (found.template ?? {}) as Template
    const pipeline = templatePipelineName(name)
    const present = defaultPipelineOf(settings)
    const calls =
      present === undefined || present === '_none' || present === pipeline
        ? []
        : [{ pipeline: { name: present } }]
    // Once extended, the template names our pipeline, which calls the owner's.
    if (present !== pipeline) {
      const { processors, ...rest } = ingestPipeline(specification, stamp)
      await storePipeline(client, pipeline, { ...rest, processors: [...calls, ...processors] }, subject)
    }
    const properties = mappings.properties ?? {}
    const body = {
      ...found,
      template: {
        ...found.template,
        settings: withDefaultPipeline(settings, pipeline),
        mappings: {
          ...mappings,
          _meta: { ...mappings._meta, [SIDECAR]: specification },
          properties: { ...properties, ...missingOwnFields(properties, specification, subject, vectorType) },
        },
      },
    }
    const stored = client.indices.putIndexTemplate({
      name,
      body: body as API.Indices_PutIndexTemplate_RequestBody,
    })
    await acknowledged(stored, { part: 'set-up', index: subject })
  } catch (error) {
    throw translateEngineError(error, { part: 'set-up', index: subject })
  }
}

interface Template {
  readonly settings?: Settings
  readonly mappings?: IndexMapping
}

interface Settings extends Readonly<Record<string, unknown>> {
  readonly index?: Readonly<Record<string, unknown>>
}

/** Templates come back nested; an owner may have stored either form. */
function defaultPipelineOf(settings: Settings): string | undefined {
  const found = settings.index?.default_pipeline ?? settings['index.default_pipeline']
  return typeof found === 'string' ? found : undefined
}

function withDefaultPipeline(
  { 'index.default_pipeline': _, ...settings }: Settings,
  pipeline: string,
): Settings {
  return { ...settings, index: { ...settings.index, default_pipeline: pipeline } }
}
