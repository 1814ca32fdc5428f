import { DEAD_LETTERS } from '../../../workers/index.ts'
import { STATE_INDEX } from '../../../workers/reindex/run/state.ts'

export const ROLE_NAMES = ['searcher', 'writer', 'worker', 'operator', 'set-up'] as const
export type RoleName = (typeof ROLE_NAMES)[number]

/**
 * Where a privilege is to hold. cluster: on the cluster. indices: on the indices with documents. letters, runs: on the
 * index of that kind that Lexpand keeps. all: on every index.
 */
export type Scope = 'cluster' | 'indices' | 'letters' | 'runs' | 'all'

/** What a user needs, least and sufficient: names of actions as the security plugin lists them, by scope. */
export interface Role {
  readonly name: RoleName
  /** What it is for. */
  readonly purpose: string
  readonly privileges: Readonly<Partial<Record<Scope, readonly string[]>>>
}

export const SCOPE_INDEX = { letters: DEAD_LETTERS, runs: STATE_INDEX, all: '*' } as const

const MGET = 'indices:data/read/mget'
const BULK = 'indices:data/write/bulk'
/** Actions on shards have names of their own behind these: `[s]`, `[shard]`. */
const REFRESH = 'indices:admin/refresh*'

const WORKER = {
  cluster: [MGET, BULK],
  indices: [
    `${MGET}*`,
    `${BULK}*`,
    'indices:data/read/search',
    'indices:data/write/update',
    'indices:monitor/settings/get',
    'indices:monitor/stats',
    REFRESH,
  ],
  letters: [
    `${MGET}*`,
    `${BULK}*`,
    'indices:admin/create',
    'indices:admin/get',
    'indices:data/read/search',
    'indices:data/write/delete',
    'indices:data/write/update',
  ],
} as const

const SET_UP = {
  cluster: ['cluster:admin/ingest/pipeline/get', 'cluster:admin/ingest/pipeline/put'],
  indices: [
    'indices:admin/create',
    'indices:admin/get',
    'indices:admin/mapping/put',
    'indices:admin/mappings/get',
    'indices:admin/settings/update',
    'indices:monitor/settings/get',
  ],
} as const

/** A test holds each against a node that judges privileges: all of them are asked, and each that is taken away is missed. */
export const ROLES: readonly Role[] = [
  {
    name: 'searcher',
    purpose: 'search in every mode (`lexpand search`, `search()`)',
    privileges: {
      cluster: ['indices:data/read/msearch'],
      indices: ['indices:admin/mappings/get', 'indices:data/read/search'],
    },
  },
  {
    name: 'writer',
    purpose: 'store documents in an index that is set up (`lexpand index --no-wait`, `enqueue()`)',
    privileges: {
      cluster: [BULK, MGET, 'cluster:admin/ingest/pipeline/get'],
      indices: [
        `${MGET}*`,
        `${BULK}*`,
        'indices:admin/get',
        'indices:admin/mapping/put',
        'indices:admin/mappings/get',
        'indices:data/read/search',
        'indices:data/write/index',
        'indices:monitor/settings/get',
        REFRESH,
      ],
    },
  },
  {
    name: 'worker',
    purpose: 'encode and sweep (`lexpand worker`, `lexpand sweep`)',
    privileges: { ...WORKER, all: ['indices:admin/mappings/get'] },
  },
  {
    name: 'operator',
    purpose: 'audit and repair, dead letters, reindex and roll back, doctor',
    privileges: {
      cluster: sorted(
        WORKER.cluster,
        SET_UP.cluster,
        'cluster:monitor/health',
        'cluster:monitor/main',
        'cluster:monitor/nodes/info',
        'cluster:monitor/nodes/stats',
        'cluster:monitor/state',
      ),
      indices: sorted(
        WORKER.indices,
        // The mappings of all indices may be read anyway.
        SET_UP.indices.filter((privilege) => privilege !== 'indices:admin/mappings/get'),
        'indices:admin/aliases',
        'indices:admin/aliases/get',
        'indices:admin/block/add*',
        'indices:data/read/point_in_time/create',
        'indices:data/read/point_in_time/delete',
        'indices:data/write/delete',
        'indices:data/write/index',
      ),
      letters: sorted(
        WORKER.letters,
        'indices:data/read/point_in_time/create',
        'indices:data/read/point_in_time/delete',
        REFRESH,
      ),
      runs: [
        `${BULK}*`,
        'indices:admin/create',
        'indices:data/read/get',
        'indices:data/read/search',
        'indices:data/write/index',
        REFRESH,
      ],
      all: ['indices:admin/mappings/get'],
    },
  },
  {
    name: 'set-up',
    purpose:
      'make indices, index templates and ingest pipelines ready (`installIndex()`, `installTemplate()`)',
    privileges: {
      ...SET_UP,
      cluster: sorted(SET_UP.cluster, 'indices:admin/index_template/get', 'indices:admin/index_template/put'),
    },
  },
]

function sorted(...parts: readonly (string | readonly string[])[]): string[] {
  return [...new Set(parts.flat())].sort()
}

/** A role as the REST API of the security plugin takes it. */
export interface RoleFile {
  readonly cluster_permissions: readonly string[]
  readonly index_permissions: readonly {
    readonly index_patterns: readonly string[]
    readonly allowed_actions: readonly string[]
  }[]
}

/** @param patterns of the indices with documents */
export function roleFile({ privileges }: Role, patterns: readonly string[]): RoleFile {
  const { cluster = [], ...scopes } = privileges
  return {
    cluster_permissions: cluster,
    index_permissions: Object.entries(scopes).map(([scope, allowed_actions]) => ({
      index_patterns: scope === 'indices' ? patterns : [SCOPE_INDEX[scope as keyof typeof SCOPE_INDEX]],
      allowed_actions,
    })),
  }
}
