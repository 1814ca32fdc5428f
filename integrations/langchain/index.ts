export type { FoundBy, LexpandMetadata } from './langchain-document.ts'
export { LexpandDocuments, type LexpandDocumentsOptions } from './lexpand-documents.ts'
export {
  LexpandRetriever,
  type LexpandRetrieverConfig,
  type LexpandRetrieverInput,
  type RetrieverRequest,
} from './lexpand-retriever.ts'
