/** The embedded OpenSearch and Redis for one machine: fetch, start, stop. Not for production clusters. */
export { ENGINE_ERRORS, EngineError, type EngineErrorCode } from './errors.ts'
export { down, status, up } from './machine.ts'
export { enterNamespace, type NetworkPlace } from './network-place.ts'
export { type PrivateCluster, type PrivateClusterOptions, startPrivateCluster } from './private-cluster.ts'
export {
  clearThrowAways,
  type PrivateOpenSearchOptions,
  type PrivateRedisOptions,
  type PrivateService,
  startPrivateOpenSearch,
  startPrivateRedis,
  throwAwayServices,
} from './private-services.ts'
export type { ServiceChoice, ServiceSet, ServiceStatus, Services } from './service-set.ts'
