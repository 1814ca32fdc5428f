import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{sparse,models,mappings,workers,pipelines,engine,cli,bench}/**/*.test.ts'],
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
