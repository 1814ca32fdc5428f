/** A request that changes nothing, whatever the engine answers. */
export interface Probe {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly body?: object | readonly object[] | undefined
  /** Whether the index has to exist: otherwise the request would make it, or be answered before any privilege is checked. */
  readonly onlyIfThere?: boolean | undefined
}

/** No document, pipeline, template or alias has this name. */
const NOWHERE = 'lexpand-privilege-probe'
/** A version that no document has, so that no write with it succeeds. */
const NO_VERSION = { if_seq_no: Number.MAX_SAFE_INTEGER, if_primary_term: 1 }

const CLUSTER: Readonly<Record<string, (index: string) => Probe>> = {
  'cluster:admin/ingest/pipeline/get': () => ({ method: 'GET', path: `/_ingest/pipeline/${NOWHERE}` }),
  'cluster:admin/ingest/pipeline/put': () => ({
    method: 'PUT',
    path: `/_ingest/pipeline/${NOWHERE}`,
    body: { processors: [{ [NOWHERE]: {} }] },
  }),
  'cluster:monitor/health': () => ({ method: 'GET', path: '/_cluster/health' }),
  'cluster:monitor/main': () => ({ method: 'GET', path: '/' }),
  'cluster:monitor/nodes/info': () => ({ method: 'GET', path: '/_nodes/_local/process' }),
  'cluster:monitor/nodes/stats': () => ({ method: 'GET', path: '/_nodes/_local/stats/process' }),
  'cluster:monitor/state': () => ({ method: 'GET', path: '/_cluster/state/version' }),
  'indices:admin/index_template/get': () => ({ method: 'GET', path: `/_index_template/${NOWHERE}` }),
  'indices:admin/index_template/put': () => ({
    method: 'PUT',
    path: `/_index_template/${NOWHERE}`,
    body: { index_patterns: [`${NOWHERE}-*`], template: { settings: { 'index.number_of_shards': 0 } } },
  }),
  'indices:data/read/mget': mget,
  'indices:data/read/msearch': (index) => ({
    method: 'POST',
    path: '/_msearch',
    body: [{ index, ignore_unavailable: true }, { size: 0 }],
  }),
  'indices:data/write/bulk': (index) => bulk('delete', index),
}

const INDEX: Readonly<Record<string, (index: string) => Probe>> = {
  'indices:admin/aliases': (index) => ({
    method: 'POST',
    path: '/_aliases',
    body: { actions: [{ remove: { index, alias: NOWHERE, must_exist: true } }] },
  }),
  'indices:admin/aliases/get': (index) => ({ method: 'GET', path: `/${index}/_alias` }),
  'indices:admin/create': (index) => ({
    method: 'PUT',
    path: `/${index}`,
    body: { settings: { 'index.number_of_shards': 0 } },
  }),
  'indices:admin/get': (index) => ({ method: 'GET', path: `/${index}` }),
  'indices:admin/mapping/put': (index) => ({
    method: 'PUT',
    path: `/${index}/_mapping`,
    body: { properties: { [NOWHERE]: { type: NOWHERE } } },
  }),
  'indices:admin/mappings/get': (index) => ({ method: 'GET', path: `/${index}/_mapping` }),
  'indices:admin/refresh*': (index) => ({ method: 'POST', path: `/${index}/_refresh` }),
  'indices:admin/settings/update': (index) => ({
    method: 'PUT',
    path: `/${index}/_settings`,
    body: { [`index.${NOWHERE}`]: 1 },
  }),
  'indices:data/read/get': (index) => ({ method: 'GET', path: `/${index}/_doc/${NOWHERE}` }),
  'indices:data/read/mget*': (index) => ({ ...mget(index), onlyIfThere: true }),
  'indices:data/read/point_in_time/create': (index) => ({
    method: 'POST',
    path: `/${index}/_search/point_in_time?keep_alive=1s`,
  }),
  'indices:data/read/search': (index) => ({ method: 'POST', path: `/${index}/_search`, body: { size: 0 } }),
  'indices:data/write/bulk*': (index) => bulk('delete', index),
  'indices:data/write/delete': (index) => bulk('delete', index),
  'indices:data/write/index': (index) => bulk('index', index),
  'indices:data/write/update': (index) => bulk('update', index),
  'indices:monitor/settings/get': (index) => ({ method: 'GET', path: `/${index}/_settings/index.uuid` }),
  'indices:monitor/stats': (index) => ({ method: 'GET', path: `/${index}/_stats/docs` }),
}

/** @returns undefined for privileges that cannot be asked for without using them: a write block, the end of a point in time */
export function probeOf(privilege: string, scope: 'cluster' | 'index', index: string): Probe | undefined {
  return (scope === 'cluster' ? CLUSTER : INDEX)[privilege]?.(encodeURIComponent(index))
}

function mget(index: string): Probe {
  return { method: 'POST', path: `/${index}/_mget`, body: { docs: [{ _id: NOWHERE }] } }
}

function bulk(action: 'delete' | 'index' | 'update', index: string): Probe {
  const line = { [action]: { _id: NOWHERE, ...NO_VERSION } }
  const document = { index: [{}], update: [{ doc: {} }], delete: [] }[action]
  return {
    method: 'POST',
    path: `/${index}/_bulk?pipeline=_none`,
    body: [line, ...document],
    onlyIfThere: true,
  }
}
