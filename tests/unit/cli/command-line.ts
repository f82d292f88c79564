/** The command line, built from its sources and run as a child process. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '../../..')

/** How a command ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly errors: string
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ended>
  /** Standard output so far. */
  output(): string
}

export interface CommandLine {
  /** Where the lab of these commands is. */
  readonly home: string
  readonly program: string
  start(words: readonly string[], environment?: NodeJS.ProcessEnv): Running
  run(words: readonly string[], environment?: NodeJS.ProcessEnv): Promise<Ended>
  /** Runs with `--json` and reads every line; throws what the command said when it failed. */
  json(words: readonly string[]): Promise<Record<string, unknown>[]>
  /** Removes the program and its lab. */
  remove(): Promise<void>
}

/** Builds the program beside the project's own, so that it finds the addon and the recipes as that does. */
export async function buildCommandLine(): Promise<CommandLine> {
  const folder = resolve(root, `out/command-line-${process.pid}`)
  await build({
    configFile: false,
    logLevel: 'error',
    root,
    build: {
      ssr: true,
      outDir: folder,
      target: 'node20',
      minify: false,
      rollupOptions: {
        input: {
          gptlab: resolve(root, 'electron/cli/gptlab.ts'),
          'session-worker': resolve(root, 'electron/onnx/session-worker.ts')
        },
        // Benchmarks stand for themselves: their peers need not be bundled here.
        external: [/\/bench\.ts$/],
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' }
      }
    }
  })
  const program = join(folder, 'gptlab.js')
  const home = await mkdtemp(join(tmpdir(), 'gptlab-cli-'))

  const start: CommandLine['start'] = (words, environment = {}) => {
    const child = spawn(process.execPath, [program, ...words], {
      cwd: home,
      env: { ...process.env, GPTLAB_HOME: home, NO_COLOR: '', ...environment }
    })
    let output = ''
    let errors = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
    const ended = new Promise<Ended>(resolve => child.on('close', (code, signal) => resolve({ code, signal, output, errors })))
    return { child, ended, output: () => output }
  }
  const run: CommandLine['run'] = (words, environment) => start(words, environment).ended
  return {
    home,
    program,
    start,
    run,
    json: async words => {
      const { code, output, errors } = await run([...words, '--json'])
      if (code !== 0) throw new Error(`gptlab ${words.join(' ')} ended with ${code}: ${errors}`)
      return output
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as Record<string, unknown>)
    },
    remove: async () => {
      await rm(folder, { recursive: true, force: true })
      await rm(home, { recursive: true, force: true })
    }
  }
}

/** A model that is trained in a second: two layers of 32 channels on the sonnets' characters. */
export const tiny = [
  'train',
  '--recipe=sonnets-char',
  '--threads=2',
  ...[
    'model.layers=2',
    'model.heads=2',
    'model.channels=32',
    'model.context=32',
    'batch.size=4',
    'evaluation.every=20',
    'evaluation.batches=1',
    'samples.every=20',
    'samples.tokens=30',
    'samples.prompt=Shall I'
  ].map(change => `--set=${change}`)
]
