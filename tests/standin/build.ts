/** Builds the stand-in into tests/output/stand-in, from where its program `electron` runs it. */
import { resolve } from 'node:path'
import { build } from 'vite'

export default async function buildStandIn(): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'warn',
    root: import.meta.dirname,
    build: {
      ssr: resolve(import.meta.dirname, 'launch.ts'),
      outDir: resolve(import.meta.dirname, '../output/stand-in'),
      emptyOutDir: true,
      target: 'node20',
      minify: false,
      rollupOptions: { output: { entryFileNames: '[name].mjs' } }
    }
  })
}
