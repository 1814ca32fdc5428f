export { type LexpandSearchTool, type LexpandToolOptions, lexpandTool, lexpandTools } from './lexpand-tool.ts'
