/** The embedded OpenSearch and Redis for one machine: fetch, start, stop. Not for production clusters. */
export { ENGINE_ERRORS, EngineError, type EngineErrorCode } from './host/errors.ts'
export { enterNamespace, type NetworkPlace } from './host/network-place.ts'
export { down, status, up } from './machine.ts'
export {
  type PrivateCluster,
  type PrivateClusterOptions,
  startPrivateCluster,
} from './private/private-cluster.ts'
export {
  clearThrowAways,
  type PrivateOpenSearchOptions,
  type PrivateRedisOptions,
  type PrivateService,
  startPrivateOpenSearch,
  startPrivateRedis,
  throwAwayServices,
} from './private/private-services.ts'
export type { ServiceChoice, ServiceSet, ServiceStatus, Services } from './service-set.ts'
