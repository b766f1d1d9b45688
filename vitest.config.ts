import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Processes, not threads: native drivers, and tests that kill.
    pool: 'forks',
    // On two cores as well: three quarters of a test's time is waiting, for processes, disks, leases and time-outs.
    maxWorkers: 4,
    // Many tests start processes, and half of such a process's time goes into compiling the same files.
    env: { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') },
    globalSetup: ['./test/support/global-servers.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: ['default', './test/support/closing-line-reporter.ts'],
  },
});

export default config;
