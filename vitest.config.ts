/** The tests. Those that need a built package, Redis or a browser name what is missing. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // They end tests that hang on a busy machine, and measure nothing.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Tests start browsers, Redis and compilers: more of them at once would compete for memory.
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
