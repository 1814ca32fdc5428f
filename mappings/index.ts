export {
  type EngineContext,
  translateEngineError,
  translateEngineFailure,
} from '../opensearch/failures/engine-error.ts'
export type { EngineFailure } from '../opensearch/failures/engine-failure.ts'
export { assertIndexName } from '../opensearch/index-name.ts'
export { type PluginNode, pluginNodes } from '../opensearch/plugin-nodes.ts'
export {
  assertFingerprint,
  assertQueryTable,
  assertVocabulary,
  type InstalledIndex,
  readInstalledIndex,
  readInstalledIndices,
  readSpecification,
  severalIndices,
} from './compatibility.ts'
export { fingerprint } from './fingerprint.ts'
export {
  type Installed,
  type InstallOptions,
  installIndex,
  installTemplate,
  type TemplateName,
} from './install.ts'
export {
  type Feedback,
  feedbackSchema,
  parseSearchChoice,
  SEARCH_CHOICE,
  type SearchChoice,
  storeSearchChoice,
} from './search-choice.ts'
export {
  type DocumentState,
  inStates,
  SIDECAR,
  SIDECAR_KEYS,
  type Sidecar,
  STATES,
  sidecarMapping,
} from './sidecar.ts'
export {
  type IndexSpecification,
  parseSpecification,
  resolveEncoding,
  type SpecificationOptions,
  type SpecifiedModel,
  specificationFor,
} from './specification.ts'
export { type DocumentText, documentText, MAX_NESTING } from './text/document-text.ts'
export { textHash } from './text/text-hash.ts'
export { COLLECT_PIECES } from './text/text-script.ts'
export { type LexicalFields, lexicalFields } from './text-fields.ts'
export { assertPluginFor } from './vectors/plugin-for.ts'
export { tokenClause, VECTOR_TYPES, type VectorType, vectorTypeOf } from './vectors/vector-type.ts'
export { externalVersion, type Versioning } from './versioning.ts'
