import { defineConfig } from 'vitest/config'

// Bounds for what hangs, far above what anything takes: no test depends on speed.
const shared = { testTimeout: 120_000, hookTimeout: 180_000 }

export default defineConfig({
  test: {
    reporters: process.env.CI ? ['default', ['json', { outputFile: 'coverage/tests.json' }]] : ['default'],
    // Each worker may hold an embedded database, which is large.
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/conformance/**'],
        },
      },
      {
        test: {
          ...shared,
          name: 'conformance',
          include: ['test/conformance/**/*.test.ts'],
          globalSetup: ['test/conformance/setup.ts'],
        },
      },
    ],
  },
})
