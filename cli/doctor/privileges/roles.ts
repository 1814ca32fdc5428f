import { DEAD_LETTERS } from '../../../workers/index.ts'
import { STATE_INDEX } from '../../../workers/reindex/run/state.ts'

export const ROLE_NAMES = ['searcher', 'writer', 'worker', 'operator', 'set-up'] as const
export type RoleName = (typeof ROLE_NAMES)[number]

/**
 * Where a privilege has to hold. cluster: on the cluster. indices: on the indices with documents. letters, runs: on
 * Lexpand's own index of that kind. all: on every index.
 */
export type Scope = 'cluster' | 'indices' | 'letters' | 'runs' | 'all'

/** The minimal sufficient privileges of a user, by scope: names of actions as in roles of the security plugin. */
export interface Role {
  readonly name: RoleName
  /** Purpose of the role. */
  readonly purpose: string
  readonly privileges: Readonly<Partial<Record<Scope, readonly string[]>>>
}

export const SCOPE_INDEX = { letters: DEAD_LETTERS, runs: STATE_INDEX, all: '*' } as const

const MGET = 'indices:data/read/mget'
const BULK = 'indices:data/write/bulk'
/** The pattern includes the actions on shards, whose names have a suffix: `[s]`, `[shard]`. */
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

/** The roles. A test runs each on a node that checks privileges: all of them are used, and removing any one causes an error. */
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
        // The role has this privilege on all indices.
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

/** A role in the form of the security plugin's REST API. */
export interface RoleFile {
  readonly cluster_permissions: readonly string[]
  readonly index_permissions: readonly {
    readonly index_patterns: readonly string[]
    readonly allowed_actions: readonly string[]
  }[]
}

/** @param patterns patterns for the indices with documents */
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
