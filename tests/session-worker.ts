/** Before the tests: the worker of inference sessions as a bundle, since a thread cannot be started from TypeScript sources. */
import { resolve } from 'node:path'
import { build } from 'vite'

export default async function bundleSessionWorker(): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      ssr: resolve('electron/onnx/session-worker.ts'),
      target: 'node20',
      outDir: resolve('tests/output/worker'),
      emptyOutDir: true,
      rollupOptions: { output: { format: 'es', entryFileNames: 'session-worker.js' } }
    }
  })
}
