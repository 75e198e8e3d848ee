import { defineConfig } from 'vitest/config'

// Bounds for what hangs, far above what anything takes: no test depends on speed.
const shared = {
  testTimeout: 120_000,
  hookTimeout: 180_000,
  setupFiles: ['test/harness/property-seed.ts'],
  // The files of a worker share an embedded database (test/harness/embedded-clusters.ts), and the modules they import.
  isolate: false,
}

// `npm test` is `--mode quick`: the embedded database only, and no file that starts processes or takes long.
export default defineConfig(({ mode }) => {
  const isQuick = mode === 'quick'
  if (isQuick) delete process.env.TEST_DATABASE_URL
  const projects = [
    {
      test: {
        ...shared,
        name: 'unit',
        include: ['test/**/*.test.ts'],
        exclude: ['test/conformance/**', 'test/**/*.slow.test.ts'],
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
    { test: { ...shared, name: 'slow', include: ['test/**/*.slow.test.ts'] } },
  ]
  return {
    test: {
      reporters: process.env.CI ? ['default', ['json', { outputFile: 'coverage/tests.json' }]] : ['default'],
      // Each worker may hold an embedded database, which is large.
      maxWorkers: 2,
      projects: isQuick ? projects.filter(({ test }) => test.name !== 'slow') : projects,
    },
  }
})
