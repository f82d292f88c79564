/** Builds the three sides: Node entries (desktop, command line, workers), preload and page bridge, renderer. */
import { chmod } from 'node:fs/promises'
import { resolve } from 'node:path'
import ui from '@nuxt/ui/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'electron-vite'
import { build, type Plugin } from 'vite'

const at = (path: string) => resolve(import.meta.dirname, path)

/** The page's bridge in a browser: one plain script, since it must run before the page's modules. */
const browserBridge = (): Plugin => ({
  name: 'browser-bridge',
  closeBundle: async () => {
    await build({
      configFile: false,
      logLevel: 'warn',
      build: {
        outDir: at('out/browser-host'),
        lib: { entry: at('electron/browser-host/bridge.ts'), formats: ['iife'], name: 'bridge', fileName: () => 'bridge.js' }
      }
    })
  }
})

/** npm runs a project's own program as it is: it must be one (`npx gptlab`). */
const runnable = (program: string): Plugin => ({ name: 'runnable', writeBundle: () => chmod(at(program), 0o755) })

export default defineConfig({
  main: {
    plugins: [browserBridge(), runnable('out/main/gptlab.js')],
    build: {
      outDir: 'out/main',
      target: 'node20',
      sourcemap: true,
      rollupOptions: {
        input: {
          main: at('electron/main.ts'),
          gptlab: at('electron/cli/gptlab.ts'),
          host: at('electron/browser-host/host.ts'),
          'session-worker': at('electron/onnx/session-worker.ts')
        },
        // Flat, so that `new URL('./session-worker.js', import.meta.url)` holds in every chunk.
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' }
      }
    }
  },
  preload: {
    build: {
      outDir: 'out/preload',
      externalizeDeps: false,
      rollupOptions: {
        input: { preload: at('electron/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' }
      }
    }
  },
  renderer: {
    root: 'renderer',
    plugins: [
      vue(),
      ui({
        root: import.meta.dirname,
        // Components are imported by name; the page sets its own theme; icons are bundled, never fetched.
        autoImport: false,
        components: false,
        dts: false,
        colorMode: false,
        icon: { clientBundle: { scan: { globInclude: ['renderer/**/*.{vue,ts}'] } } },
        ui: {
          button: { defaultVariants: { color: 'neutral', variant: 'outline', size: 'sm' } },
          colors: { primary: 'blue', neutral: 'slate' }
        }
      })
    ],
    build: {
      outDir: at('out/renderer'),
      emptyOutDir: true,
      rollupOptions: { input: at('renderer/index.html') }
    }
  }
})
