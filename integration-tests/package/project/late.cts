// CommonJS as TypeScript models it for Node 16, which cannot require an ES module: types by name, values when they are needed.
import type { SearchMode } from 'lexpand' with { 'resolution-mode': 'import' }

export async function modelName(mode: SearchMode): Promise<string> {
  const { loadModel } = await import('lexpand')
  return `${(await loadModel()).manifest.name} ${mode}`
}

void modelName('sparse').then(console.log)
