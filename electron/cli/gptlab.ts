#!/usr/bin/env node
/** The command line: the same lab, headless. Each command is a file of its own and is loaded when it is called. */
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import * as v from 'valibot'
import { LabFailure } from '../contract/failure.ts'
import { SamplingSettingsSchema, type SamplingSettings } from '../contract/probe.ts'
import type { Stage } from '../contract/training.ts'
import { homeFolder } from '../lab/home.ts'
import { findResources } from '../lab/resources.ts'
import { action, reportFailure } from './command.ts'

/** Exit code of a command that was not understood. */
const usageExit = 2

const program = new Command('gptlab')
  .description('Train small GPTs on this machine and look into every next token.')
  .version(findResources().version, '--version', 'print the version')
  .helpOption('-h, --help', 'print this help')
  .helpCommand(false)
  // Errors of usage are reported below, as all others are.
  .exitOverride()
  .configureOutput({ outputError: () => {} })

const number = (text: string): number => {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.')
  return value
}
const count = (text: string): number => {
  const value = number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('Expected a whole number of 0 or more.')
  return value
}
const oneOrMore = (text: string): number => {
  const value = count(text)
  if (value === 0) throw new InvalidArgumentError('Expected a whole number of 1 or more.')
  return value
}
/** A setting of the sampling stages, within the bounds that the contract sets. */
const setting =
  (name: Exclude<keyof SamplingSettings, 'greedy'>) =>
  (text: string): number => {
    const read = v.safeParse(SamplingSettingsSchema.entries[name], number(text))
    if (read.success) return read.output
    const { expected, received } = read.issues[0]
    throw new InvalidArgumentError(`Expected ${expected ?? 'a whole number'} but received ${received}.`)
  }
const collect = (value: string, before: readonly string[] = []): string[] => [...before, value]
const stages = ['pretrain', 'sft', 'reward', 'ppo', 'dpo', 'grpo', 'classify'] satisfies Stage[]
const providers = ['auto', 'cpu', 'cuda', 'dml', 'coreml', 'webgpu', 'native']

/** Settings of the sampling stages, under the names of Hugging Face transformers. */
function withSampling(command: Command): Command {
  return command
    .option(
      '--repetition-penalty <number>',
      'makes tokens less likely that were there already; 1 = off',
      setting('repetitionPenalty'),
      1
    )
    .option('--no-repeat-ngram <n>', 'bans n-grams that were there already; 0 = off', setting('noRepeatNgram'), 0)
    .option('--temperature <number>', 'divides the logits; 1 = off', setting('temperature'), 1)
    .option('--top-k <n>', 'keeps the k most probable tokens; 0 = off', setting('topK'), 0)
    .option('--top-p <number>', 'keeps the most probable tokens that together reach p; 1 = off', setting('topP'), 1)
}

const json = ['--json', 'print JSON'] as const
const threads = ['--threads <n>', 'threads to compute with (default: physical cores)', oneOrMore] as const
const model = ['--model <dir|name>', 'a model’s folder or name (gptlab models)'] as const
const provider = () => new Option('--provider <name>', 'what runs the model').choices(providers).default('auto')

program
  .command('train')
  .description('train a model by a recipe')
  .option('--recipe <file|name>', 'a recipe file, or the name of a shipped recipe')
  .addOption(new Option('--stage <name>', 'a stage, by its shipped recipe unless --recipe names another').choices(stages))
  .option('--from <dir|name>', 'the model that a later stage starts from, instead of the recipe’s')
  .option('--set <key=value>', 'change one value of the recipe, for example optimiser.learningRate=3e-4', collect)
  .option('--steps <n>', 'steps, instead of the recipe’s', oneOrMore)
  .option('--seed <n>', 'seed, instead of the recipe’s', count)
  .option('--corpus <file>', 'train on this text file, instead of the recipe’s text')
  .option('--out <dir>', 'write the model into this folder too')
  .option(...threads)
  .option(...json)
  .addHelpText(
    'after',
    `
Examples:
  gptlab train --recipe sonnets-char
  gptlab train --recipe shakespeare-char-cpu --corpus tinyshakespeare.txt --out my-model
  gptlab train --recipe sonnets-bpe --set model.layers=2 --steps 200 --json
  gptlab train --stage sft --from atlas-base

Ctrl-C keeps a checkpoint; gptlab resume goes on from there.`
  )
  .hook('preAction', command => {
    const { recipe, stage } = command.opts<{ recipe?: string; stage?: string }>()
    if (recipe === undefined && stage === undefined) command.error('Expected --recipe <file|name> or --stage <name>')
  })
  .action(action(async options => (await import('./train.ts')).train(options)))

program
  .command('resume')
  .description('go on with a run that was paused or interrupted')
  .argument('<run>', 'id of the run (gptlab runs)')
  .option('--out <dir>', 'write the model into this folder too')
  .option(...threads)
  .option(...json)
  .action(action(async (run, options) => (await import('./train.ts')).resume(run, options)))

program
  .command('pipeline')
  .description('train all four stages from nothing, one after another, and measure what comes out')
  .addOption(
    new Option('--preset <name>', 'lesson: a few minutes; full: the shipped family')
      .choices(['lesson', 'full'])
      .makeOptionMandatory()
  )
  .option('--set <recipe.key=value>', 'change one value of a recipe, for example lesson-base.steps=1000', collect)
  .option('--begin <recipe>', 'begin with this recipe, from the newest models of those before it')
  .option('--limit <n>', 'prompts of each kind in the measurements, at most', oneOrMore)
  .option('--samples <n>', 'completions of each open prompt in the measurements', oneOrMore, 16)
  .option(...threads)
  .option(...json)
  .addHelpText(
    'after',
    `
Examples:
  gptlab pipeline --preset lesson
  gptlab pipeline --preset lesson --begin lesson-rlhf --set lesson-rlhf.ppo.beta=0.02

Ctrl-C keeps a checkpoint; gptlab resume goes on from there, and --begin with what follows.`
  )
  .action(action(async options => (await import('./pipeline.ts')).pipeline(options)))

program
  .command('reproduce')
  .description('make shipped models again by their recipes and compare their figures with their cards')
  .argument('<recipe...>', 'names of recipes, each after the one it starts from')
  .option('--tolerance <number>', 'largest difference of a figure, as a share of it where it is above 1', number, 0.05)
  .option(...threads)
  .option(...json)
  .addHelpText('after', '\nThe exit code is 1 when a figure is out of its tolerance.')
  .action(action(async (names, options) => (await import('./reproduce.ts')).reproduce(names, options)))

program
  .command('runs')
  .description('list the runs')
  .option(...json)
  .action(action(async options => (await import('./runs.ts')).runs(options)))

withSampling(
  program
    .command('probs')
    .description('the next-token distribution after every sampling stage')
    .requiredOption(...model)
    .requiredOption('--prompt <text>', 'the text before the token')
    .option('--top <n>', 'how many tokens to show', oneOrMore, 10)
)
  .addOption(provider())
  .option(...json)
  .action(action(async options => (await import('./probs.ts')).probs(options)))

withSampling(
  program
    .command('generate')
    .description('continue a text')
    .requiredOption(...model)
    .requiredOption('--prompt <text>', 'the text to continue')
    .option('--max-tokens <n>', 'how many tokens at most', oneOrMore, 100)
    .option('--seed <n>', 'seed of the draws', count, 1337)
    .option('--greedy', 'always take the most probable token')
    .option('--stop <text>', 'end before this text; may be given several times', collect)
    .option('--no-slide', 'end when the context is full, instead of forgetting what is longest ago')
)
  .addOption(provider())
  .option(...json)
  .action(action(async options => (await import('./generate.ts')).generate(options)))

program
  .command('evaluate')
  .description('a model’s figures on held-out questions')
  .requiredOption(...model)
  .addOption(new Option('--suite <name>', 'the questions').choices(['atlas']).default('atlas'))
  .option('--limit <n>', 'prompts of each kind, at most', oneOrMore)
  .option('--seed <n>', 'seed of the draws', count, 1337)
  .option(...threads)
  .option(...json)
  .action(action(async options => (await import('./evaluate.ts')).evaluate(options)))

program
  .command('compare')
  .description('several models on the same prompts: diversity, divergence, quality')
  .requiredOption('--models <a,b,c>', 'models’ folders or names; the first is the reference')
  .option('--prompts <file|open|facts>', 'a prompt a line, or a set of Atlas’ held-out prompts', 'open')
  .option('--samples <n>', 'completions of each prompt', oneOrMore, 16)
  .option('--temperature <number>', 'divides the logits', setting('temperature'), 1)
  .option('--max-tokens <n>', 'tokens of a completion, at most', oneOrMore, 40)
  .option('--seed <n>', 'seed of the draws', count, 1337)
  .option('--reward <dir|name>', 'a reward model that scores every completion')
  .option(...threads)
  .option(...json)
  .action(action(async options => (await import('./compare.ts')).compare(options)))

const data = program
  .command('data')
  .description('Atlas’ data sets: list, preview, export')
  .addHelpText('after', '\nEach of them takes --json.')
data
  .command('list', { isDefault: true })
  .description('list the data sets with their counts and hashes, and the pretraining mixture')
  .option(...json)
  .action(action(async options => (await import('./data.ts')).listData(options)))
data
  .command('preview')
  .description('show some items of a data set')
  .argument('<set>', 'name of the set (gptlab data)')
  .option('--from <n>', 'first item', count, 0)
  .option('--count <n>', 'how many', oneOrMore, 10)
  .option(...json)
  .action(action(async (set, options) => (await import('./data.ts')).previewData(set, options)))
data
  .command('export')
  .description('write a data set into a folder, as JSON Lines, with its licence')
  .argument('<set>', 'name of the set (gptlab data)')
  .argument('<dir>', 'folder')
  .option(...json)
  .action(action(async (set, directory, options) => (await import('./data.ts')).exportData(set, directory, options)))

program
  .command('score')
  .description('what a reward model says of completions')
  .requiredOption('--model <dir|name>', 'a reward model’s folder or name')
  .requiredOption('--prompt <text>', 'what was asked')
  .requiredOption('--completion <text>', 'an answer to it; may be given several times', collect)
  .option(...json)
  .action(action(async options => (await import('./score.ts')).score(options)))

program
  .command('tokenize')
  .description('text to tokens')
  .argument('<text>')
  .requiredOption('--tokenizer <file|gpt2>', 'a tokenizer.json, a model’s folder or name, or gpt2')
  .option(...json)
  .action(action(async (text, options) => (await import('./tokenize.ts')).tokenize(text, options)))

program
  .command('models')
  .description('list the models')
  .option(...json)
  .action(action(async options => (await import('./models.ts')).models(options)))

program
  .command('import')
  .description('take a model’s folder into the lab (its own or the Hugging Face ONNX layout)')
  .argument('<dir>')
  .option(...json)
  .action(action(async (directory, options) => (await import('./models.ts')).importModel(directory, options)))

program
  .command('export')
  .description('write a model as a folder in the Hugging Face ONNX layout')
  .argument('<model>', 'a model’s name or folder')
  .argument('<dir>', 'where the folder is made')
  .option(...json)
  .action(action(async (name, directory, options) => (await import('./models.ts')).exportModel(name, directory, options)))

program
  .command('ship')
  .description('write a trained model in the form in which models come with the lab: half precision, card, snapshots')
  .argument('<model>', 'a model’s name or folder')
  .argument('<dir>', 'folder, such as models/atlas-base')
  .option(
    '--figures <file>',
    'what evaluate --json or compare --json printed, for the card; what it is about before a =',
    collect
  )
  .option(...json)
  .action(action(async (name, directory, options) => (await import('./ship.ts')).ship(name, directory, options)))

program
  .command('parity')
  .description('compare the engine, ONNX Runtime and the samplers with a reference file')
  .argument('<fixture>', 'a .safetensors or .json file of reference values')
  .option(...threads)
  .option(...json)
  .addHelpText('after', '\nThe exit code is 1 when a quantity is out of its tolerance.')
  .action(action(async (fixture, options) => (await import('./parity.ts')).parity(fixture, options)))

program
  .command('bench')
  .description('measure this machine')
  .addArgument(new Argument('[what]', 'what is measured').choices(['train', 'decode', 'ppo', 'startup']).default('train'))
  .option('--quick', 'fewer models and repetitions')
  .option('--only <name>', 'only this model (may be repeated)', collect, [])
  .option(...json)
  .action(action(async (what, options) => (await import('./bench.ts')).bench(what, options)))

program
  .command('serve')
  .description('the lab in a browser of this machine')
  .option('--port <n>', 'port on 127.0.0.1 (default: any that is free)', count)
  .option('--open', 'open the default browser')
  .option(...json)
  .action(action(async options => (await import('./serve.ts')).serve(options)))

program.addHelpText(
  'after',
  `
Add --help after a command for its options. The lab’s runs and models are in ${homeFolder()}
(GPTLAB_HOME changes that).`
)

// Whoever read this output has gone, as in `gptlab runs | head -1`: a run keeps a checkpoint, all else just ends.
let readerGone = false
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  if (readerGone) return
  readerGone = true
  if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(0)
})

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  if (error.exitCode === 0) process.exit(0)
  if (error.code !== 'commander.help') {
    const usage = error.message.replace(/^error: /, '')
    const message = usage.charAt(0).toUpperCase() + usage.slice(1).replace(/\.?$/, '.')
    reportFailure(new LabFailure('usage', `${message} Add --help to see what is expected.`), process.argv.includes('--json'))
  }
  process.exitCode = usageExit
}
