import { expect, test } from 'vitest'
import { missingPrivilege, privilegeOfHead } from './privilege.ts'

test.each([
  [
    'no permissions for [indices:data/write/bulk[s]] and User [name=ann, backend_roles=[], requestedTenant=null]',
    { privileges: 'indices:data/write/bulk[s]', user: 'ann' },
  ],
  [
    'no permissions for [indices:data/write/bulk[s], indices:data/write/index] and User [name=ann, backend_roles=[a]]',
    { privileges: 'indices:data/write/bulk[s], indices:data/write/index', user: 'ann' },
  ],
  ['no permissions for [] and associated roles [r] and User [name=x]', undefined],
  [
    'no permissions for [indices:data/read/search] and User [name=arn:aws:iam::1:role/r, backend_roles=[]]',
    { privileges: 'indices:data/read/search', user: 'arn:aws:iam::1:role/r' },
  ],
  ['no permissions for [cluster:monitor/main]', { privileges: 'cluster:monitor/main', user: undefined }],
  ['blocked by: [FORBIDDEN/8/index write (api)]', undefined],
])('a refusal names its privilege and user: %s', (reason, expected) => {
  expect(missingPrivilege(reason)).toEqual(expected)
})

test.each([
  ['/articles', 'indices:admin/get'],
  ['/articles?flat_settings=true', 'indices:admin/get'],
  ['/', 'cluster:monitor/main'],
  ['/articles/_doc/1', 'indices:data/read/get'],
  ['/articles/_alias/live', 'indices:admin/aliases/get'],
  ['/_cluster/health', undefined],
])('a HEAD request to %s needs %s', (path, privilege) => {
  expect(privilegeOfHead(path)).toBe(privilege)
})
