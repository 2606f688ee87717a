/** The tests. Those that need a built package, Redis or a browser name what is missing. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Generous, because these limits only end tests that hang: they measure nothing.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // For the concurrent tests of a file, which start compilers and runtimes: more of them would compete for memory.
    maxConcurrency: 2,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      // The command and the page run in their tests as they are built, where coverage does not see them.
      exclude: ['src/cli/**', 'src/inspector/**'],
      thresholds: { statements: 98, branches: 97, functions: 98, lines: 98 },
      reporter: ['text'],
      reportsDirectory: 'node_modules/.coverage',
    },
  },
});
