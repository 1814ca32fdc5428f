export { ingestPipeline, ingestPipelineName, installIngestPipeline } from './ingest-pipeline.ts'
