import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          // Unit tests run beside the engine's start and the plugin's build, on two cores.
          testTimeout: 30_000,
          // Modules are read once a process instead of once a file, which takes a quarter of the time. So no test may rely on
          // a fresh module or leave anything behind, and what a test replaces is put back.
          isolate: false,
          restoreMocks: true,
          unstubEnvs: true,
          unstubGlobals: true,
          include: [
            '{sparse,models,opensearch,mappings,workers,pipelines,sources,quality,measure,indices,advise,integrations,embedded,cli,bench,reports,testing,scripts}/**/*.test.ts',
          ],
        },
      },
      {
        test: {
          name: 'integration',
          include: ['integration-tests/**/*.test.ts'],
          globalSetup: ['integration-tests/setup.ts'],
          // One engine and one Redis on two cores serve all files: in parallel they would time each other out.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
})
