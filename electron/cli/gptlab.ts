#!/usr/bin/env node
/** The command line: the same lab, headless. Each command is a file of its own and is loaded when it is called. */
import { Command, InvalidArgumentError } from 'commander'
import { action } from './command.ts'

const program = new Command('gptlab')
  .description('Train small GPTs on this machine and look into every next token.')
  .showHelpAfterError()
  .helpCommand(false)

const number = (text: string): number => {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.')
  return value
}
const count = (text: string): number => {
  const value = number(text)
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('Expected a whole number of 0 or more.')
  return value
}
const collect = (value: string, before: string[]): string[] => [...before, value]

/** Settings of the sampling stages, under the names of Hugging Face transformers. */
function withSampling(command: Command): Command {
  return command
    .option('--temperature <number>', 'divides the logits; 1 changes nothing', number, 1)
    .option('--top-k <n>', 'keeps the k most probable tokens; 0 = off', count, 0)
    .option('--top-p <number>', 'keeps the most probable tokens that together reach p; 1 = off', number, 1)
    .option('--repetition-penalty <number>', 'makes tokens less likely that were there already; 1 = off', number, 1)
    .option('--no-repeat-ngram <n>', 'bans n-grams that were there already; 0 = off', count, 0)
}

const json = ['--json', 'print JSON'] as const
const threads = ['--threads <n>', 'threads to compute with (default: physical cores)', count] as const
const provider = ['--provider <name>', 'auto, cpu, cuda, dml, coreml, webgpu or native', 'auto'] as const

program
  .command('train')
  .description('train a model by a recipe')
  .requiredOption('--recipe <file|name>', 'a recipe file, or the name of a shipped recipe')
  .option('--set <key=value>', 'change one value of the recipe, for example optimiser.learningRate=3e-4', collect, [])
  .option('--steps <n>', 'steps, instead of the recipe’s', count)
  .option('--seed <n>', 'seed, instead of the recipe’s', count)
  .option(...threads)
  .option('--corpus <file>', 'train on this text file, instead of the recipe’s text')
  .option('--out <dir>', 'also write the model into this folder')
  .option(...json)
  .action(action(async options => (await import('./train.ts')).train(options)))

program
  .command('resume')
  .description('go on with a run that was paused or interrupted')
  .argument('<run>', 'id of the run (gptlab runs)')
  .option(...threads)
  .option(...json)
  .action(action(async (run, options) => (await import('./train.ts')).resume(run, options)))

program
  .command('runs')
  .description('list the runs')
  .option(...json)
  .action(action(async options => (await import('./runs.ts')).runs(options)))

withSampling(
  program
    .command('probs')
    .description('the next-token distribution after every sampling stage')
    .requiredOption('--model <dir|name>', 'a model’s folder or name')
    .requiredOption('--prompt <text>', 'the text before the token')
    .option('--top <n>', 'how many tokens to show', count, 10)
)
  .option(...provider)
  .option(...json)
  .action(action(async options => (await import('./probs.ts')).probs(options)))

withSampling(
  program
    .command('generate')
    .description('continue a text')
    .requiredOption('--model <dir|name>', 'a model’s folder or name')
    .requiredOption('--prompt <text>', 'the text to continue')
    .option('--max-tokens <n>', 'how many tokens at most', count, 100)
    .option('--seed <n>', 'seed of the draws', count, 1337)
    .option('--greedy', 'always take the most probable token')
    .option('--stop <text>', 'end where this text appears', collect, [])
)
  .option(...provider)
  .option(...json)
  .action(action(async options => (await import('./generate.ts')).generate(options)))

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
  .description('take a model folder into the lab (its own or the Hugging Face ONNX layout)')
  .argument('<dir>')
  .option(...json)
  .action(action(async (directory, options) => (await import('./models.ts')).importModel(directory, options)))

program
  .command('export')
  .description('write a model as a folder in the Hugging Face ONNX layout')
  .argument('<model>', 'a model’s name')
  .argument('<dir>', 'where the folder is made')
  .option(...json)
  .action(action(async (model, directory, options) => (await import('./models.ts')).exportModel(model, directory, options)))

program
  .command('parity')
  .description('compare the engine, ONNX Runtime and the samplers with a reference file')
  .argument('<fixture>', 'a .safetensors or .json file of reference values')
  .option(...threads)
  .option(...json)
  .action(action(async (fixture, options) => (await import('./parity.ts')).parity(fixture, options)))

program
  .command('bench')
  .description('measure this machine')
  .argument('[what]', 'train, decode or startup', 'train')
  .option('--quick', 'fewer repetitions')
  .option(...json)
  .action(action(async (what, options) => (await import('./bench.ts')).bench(what, options)))

program
  .command('serve')
  .description('the lab in a browser of this machine')
  .option('--port <n>', 'port on 127.0.0.1 (default: any that is free)', count)
  .option('--open', 'open the default browser')
  .option(...json)
  .action(action(async options => (await import('./serve.ts')).serve(options)))

await program.parseAsync()
