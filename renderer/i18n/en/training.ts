/** Texts of Training. */
export default {
  loading: 'Looking for runs…',
  start: 'Start training',
  startTip: 'Train a new model by this recipe; the run goes on when you leave this room',
  state: {
    preparing: 'gathering data',
    running: 'running',
    paused: 'paused',
    stopped: 'stopped',
    done: 'done',
    failed: 'failed',
    interrupted: 'interrupted'
  },
  switch: { on: 'on', off: 'off' },
  stage: {
    title: {
      pretrain: 'Pretraining',
      sft: 'Supervised fine-tuning',
      reward: 'Reward model',
      dpo: 'Preferences (DPO)',
      ppo: 'Reinforcement (PPO)',
      grpo: 'Reinforcement (GRPO)',
      classify: 'Classification'
    },
    data: 'data',
    algorithm: 'algorithm',
    model: 'model',
    learns: {
      pretrain: 'next token, AdamW',
      sft: 'next token of answers, AdamW',
      reward: 'the better of two, AdamW',
      dpo: 'the better of two, AdamW',
      ppo: 'clipped policy steps, AdamW',
      grpo: 'clipped policy steps, AdamW',
      classify: 'class of a text, AdamW'
    },
    progress: 'Share of the steps that is done',
    speed: '{n} tokens/s',
    ready: '{parameters} parameters · {time} on this machine',
    readyUntimed: '{parameters} parameters',
    problems: 'ready to start | one field has to be put right | {n} fields have to be put right',
    preparing: 'preparing…'
  },
  spoken: {
    state: '{name}: {state} at step {step}.',
    progress: 'Step {step} of {steps}, validation loss {loss}, {time} left.'
  },
  actions: {
    pause: 'Pause',
    pauseTip: 'Hold the run; it stays in memory and goes on at once',
    resume: 'Resume',
    resumeTip: 'Go on from the last checkpoint, as if it had never been interrupted',
    stop: 'Stop',
    stopTip: 'End the run and keep what it has learned; it can be resumed later',
    delete: 'Delete the run',
    deleteTip: 'Delete the run with its curve and checkpoints; the model stays. Can be undone',
    again: 'Use this recipe again',
    againTip: 'Prepare a new run with this recipe, to change something and compare',
    probe: 'Look into it',
    probeTip: 'Open the trained model in the Probe',
    model: 'Show the model',
    modelShort: 'Model',
    modelTip: 'Open the trained model in Models: files, provider, export',
    change: 'Change the recipe'
  },
  runs: {
    title: 'Runs',
    note: 'tick runs to lay their curves over each other',
    none: 'No runs yet. Choose a recipe below and start: the loss, the speed and the first attempts at writing appear here at once.',
    new: 'New run',
    newTip: 'Choose a recipe, change it, start it',
    name: 'run',
    state: 'state',
    step: 'step',
    validation: 'validation loss',
    train: 'training loss',
    parameters: 'parameters',
    speed: 'tokens/s',
    time: 'trained for',
    started: 'started',
    overlay: 'compare',
    overlayTip: 'Draw this run’s loss over the others',
    overlayRun: 'Compare {name}',
    deleted: 'The run {name} was deleted.'
  },
  interrupted:
    'This run was interrupted at step {step}: the lab was closed or the machine switched off. “Resume” goes on from its last checkpoint as if nothing had happened.',
  loss: {
    title: 'Loss',
    note: {
      token: 'surprise at the next token, nats · dashed: held out · ◇ checkpoint',
      pair: 'surprise at the better of two, nats · dashed: held out',
      text: 'surprise at the class of a text, nats · dashed: held out · ◇ checkpoint',
      none: 'of the clipped policy steps: about 0 all along, it says little · ◇ checkpoint'
    },
    scale: 'Scale of the loss',
    linear: 'Linear',
    linearTip: 'Equal distances are equal differences: the early fall stands out',
    log: 'Log',
    logTip: 'Equal distances are equal ratios: the late progress stands out',
    smoothing: 'Smoothing',
    smoothingTip: 'How strongly the jitter of single batches is averaged away; the faint line is the loss as measured',
    smoothings: { none: 'not smoothed', some: 'smoothed', strong: 'strongly smoothed' },
    reading: 'Reading the curve…',
    waiting: 'The first steps are on their way…',
    nothing: 'This run has no steps yet.',
    description: 'Loss of {name} up to step {step}: training {train}, validation {validation}.'
  },
  samples: {
    title: 'What it writes',
    note: 'step {step}',
    newest: 'newest',
    newestTip: 'Follow the newest sample again',
    slider: 'Step whose sample is read',
    sliderTip: 'Drag or use ← → to go through the samples from noise to verse',
    none: 'The model writes its first sample at step {step}: noise at first, then words.',
    never: 'A model of this kind gives scores or classes and writes nothing.'
  },
  sparks: {
    learningRate: 'learning rate',
    learningRateTip: 'Size of a step: rises during warm-up, then falls along half a cosine',
    gradientNorm: 'gradient norm',
    gradientNormTip: 'How strongly the batch pulls at the parameters, before clipping; peaks are rough places',
    tokensPerSecond: 'tokens a second',
    tokensPerSecondTip: 'How fast text is read; it falls while something else uses the machine'
  },
  strip: { title: 'Recipe', engine: '{simd} · {threads} thread | {simd} · {threads} threads' },
  picker: {
    title: 'Recipe',
    note: 'a tried start',
    expected: '{time} · {hardware}'
  },
  recipes: {
    'sonnets-char': {
      title: 'Shakespeare’s sonnets, character GPT',
      purpose: 'Learns letters first, then words, then lines of verse. Small enough for every classroom machine.',
      hardware: 'two cores'
    },
    'sonnets-bpe': {
      title: 'Shakespeare’s sonnets, word pieces',
      purpose: 'The same sonnets cut into pieces of words: fewer, richer tokens, and a loss that must be read differently.',
      hardware: 'two cores'
    },
    'moby-dick-bpe': {
      title: 'Moby-Dick, word pieces',
      purpose: 'A larger model reads a whole novel: sentences hold together for a while, and the sea is everywhere.',
      hardware: 'two cores'
    },
    'baby-gpt': {
      title: 'Baby GPT, a chain of eight states',
      purpose: 'Karpathy’s smallest GPT: two tokens, three of context, fifty steps on one short sequence.',
      hardware: 'any machine'
    },
    'shakespeare-char-cpu': {
      title: 'nanoGPT’s Shakespeare on a CPU',
      purpose: 'nanoGPT’s settings, one by one, to compare with. Add the file tinyshakespeare.txt to the texts first.',
      hardware: 'two cores'
    },
    'lesson-base': {
      title: 'Atlas, for one lesson',
      purpose: 'The first of four stages that fit into a lesson: a small GPT reads Atlas and learns its facts.',
      hardware: 'two cores'
    },
    'atlas-base': {
      title: 'Atlas, in full',
      purpose: 'Reads a small world of countries, numbers and everyday things; answers a question with more questions.',
      hardware: 'two cores'
    },
    'lesson-sft': {
      title: 'Answers, for one lesson',
      purpose: 'The second of four stages: the small base model learns to answer.',
      hardware: 'two cores'
    },
    'lesson-reward': {
      title: 'A judge, for one lesson',
      purpose: 'The third of four stages: a small reward model learns from ranked answers what a good one is.',
      hardware: 'two cores'
    },
    'lesson-rlhf': {
      title: 'Reinforcement, for one lesson',
      purpose: 'The last of four stages: the small chat model learns what is rewarded, with fresh comparisons on the way.',
      hardware: 'two cores'
    },
    'atlas-sft': {
      title: 'Answers, in full',
      purpose: 'Learns to answer from demonstrations of several writers: short and gentle, so that what it knows stays.',
      hardware: 'two cores'
    },
    'atlas-reward': {
      title: 'A judge, in full',
      purpose: 'Learns from ranked answers what a good one is: right, polite, brief, one sentence. Gives scores, cannot chat.',
      hardware: 'two cores'
    },
    'atlas-rlhf': {
      title: 'Reinforcement (PPO), in full',
      purpose: 'Learns from the judge’s scores, in rounds: fresh answers are compared, and the judge keeps up with them.',
      hardware: 'two cores'
    },
    'atlas-dpo': {
      title: 'Preferences alone (DPO)',
      purpose: 'Learns from the same comparisons without a judge and without drawing answers.',
      hardware: 'two cores'
    },
    'atlas-grpo': {
      title: 'Reinforcement in groups (GRPO)',
      purpose: 'Eight answers to each prompt are measured against each other; no value model is needed.',
      hardware: 'two cores'
    },
    'atlas-classify': {
      title: 'Good or bad review',
      purpose: 'The base model gets a head with two outputs and learns to tell good reviews from bad ones.',
      hardware: 'two cores'
    },
    'reward-hacking': {
      title: 'Reward hacking',
      purpose:
        'Nothing holds the policy back, and the judge is never brought up to date: the reward rises, the answers get worse.',
      hardware: 'two cores'
    }
  },
  editor: {
    title: 'Settings',
    note: 'as shipped | one field changed | {n} fields changed',
    reset: 'As shipped',
    resetTip: 'Take back every change',
    all: 'All fields',
    allTip: 'Also show what is rarely changed',
    hint: 'Point at a field, or go to it with Tab, to read what it does. ↑ and ↓ change a number.',
    waiting: 'Reading the recipes…'
  },
  groups: { model: 'Model', text: 'Text', optimiser: 'Optimiser', run: 'Run', samples: 'Samples' },
  estimate: {
    title: 'What it takes',
    note: 'on this machine',
    waiting: 'Working it out…',
    parameters: { name: 'parameters', tip: 'Numbers that training adjusts' },
    time: {
      name: 'time',
      tip: 'From this machine’s measured speed; another program that works at the same time makes it longer'
    },
    memory: { name: 'memory', tip: 'Parameters, gradients, the optimiser’s two moments and what a step keeps for its way back' },
    epochs: { name: 'times read', tip: 'How often the whole text is read (epochs); very often means learning by heart' },
    vocabulary: { name: 'vocabulary', tip: 'Different tokens that this tokenizer makes of this text' },
    tokensPerStep: { name: 'tokens a step', tip: 'Batch size times context: what one step learns from' },
    parts: 'Where the parameters are',
    part: { tokens: 'tokens', positions: 'positions', attention: 'attention', feedForward: 'feed-forward', rest: 'rest' },
    schedule: 'learning rate over the run'
  },
  texts: {
    sonnets: 'Shakespeare’s sonnets',
    'moby-dick': 'Moby-Dick; or, The Whale',
    atlas: 'Atlas, a small world',
    bits: 'The baby GPT’s sequence'
  },
  corpus: {
    title: 'Text',
    note: 'what it learns from',
    add: 'Add a file',
    addTip: 'Any plain text file (UTF-8); it stays on this machine',
    drop: 'A text file can also be dropped here.',
    dropNow: 'Let go to add this text',
    missing: '{name} (not there)',
    missingHint: 'This recipe asks for the text “{name}”, which the lab does not have. Add the file, or choose another text.',
    facts: '{characters} characters · {size} · one document | {characters} characters · {size} · {documents} documents',
    excerpt: 'How the text begins',
    delete: 'Delete this text',
    deleteTip: 'Remove the text that was added; can be undone. Runs that learned from it need it to go on',
    deleted: 'The text {title} was deleted.',
    added: 'The text {title} was added.',
    none: 'There is no text yet. Add a plain text file to learn from.'
  },
  engine: {
    title: 'Training is not available: the native engine is missing',
    text: 'Everything else works. The engine is built from source when the lab is installed, and that needs a C++17 compiler and Python 3.',
    linux: 'Debian or Ubuntu: sudo apt install build-essential python3',
    darwin: 'macOS: xcode-select --install',
    win32: 'Windows: install “Visual Studio Build Tools” with “Desktop development with C++”, and Python 3.',
    then: 'Then run “npm ci” in the lab’s folder and start the lab again.',
    detail: 'What was found: {problem}'
  },
  problems: {
    name: "Start with a letter or figure; at most 80 letters, figures, spaces and . _ ' -",
    'graph-heads': 'Channels must be a multiple of the heads: each head gets an equal share.',
    'learning-rate-order': 'The lowest learning rate must not be above the highest.',
    'beta-range': 'Must be below 1.',
    'epsilon-range': 'Must be above 0.',
    'text-too-short': 'The text is shorter than one window: choose a longer text or a shorter context.',
    'validation-too-short': 'What is held out is shorter than one window: hold out more, or nothing (0).',
    'text-too-long': 'The text has too many windows to read them all at every step: draw them at random.'
  },
  fields: {
    name: { name: 'Name', tip: 'What the run and the model it makes are called.' },
    'corpus-source': { name: 'Text', tip: 'The text that the model learns from.' },
    'model-layers': {
      name: 'Layers',
      tip: 'Blocks of attention and feed-forward, one after another. More of them see further connections, and take longer.'
    },
    'model-heads': {
      name: 'Heads',
      tip: 'Attentions side by side in each layer; each looks for something else. Channels are shared out among them.'
    },
    'model-channels': {
      name: 'Channels',
      tip: 'Numbers that stand for one token inside the model. Parameters grow with their square.'
    },
    'model-context': { name: 'Context', tip: 'How many tokens back the model can see. Longer is better and slower.' },
    'model-dropout': {
      name: 'Dropout',
      tip: 'Share of values switched off at random in training, so that a small text is not learned by heart.'
    },
    'model-tied': { name: 'Tied head', tip: 'Reading and writing share one table of tokens, which saves parameters.' },
    'model-bias': { name: 'Biases', tip: 'A constant added in every linear layer and norm. Modern models leave it out.' },
    'model-normBias': {
      name: 'Norm biases',
      tip: 'Layer norms keep their constant although the linear layers have none (the baby GPT).'
    },
    'tokenizer-kind': {
      name: 'Tokens',
      tip: 'What the text is cut into: single characters, bytes, or frequent pieces of words learned from this text (BPE).',
      choices: { characters: 'characters', bytes: 'bytes', bpe: 'word pieces' }
    },
    'tokenizer-vocabulary': {
      name: 'Vocabulary',
      tip: 'How many different word pieces there are. More make the text shorter and the table of tokens larger.'
    },
    'corpus-validation': {
      name: 'Held out',
      tip: 'Share at the end of the text that the model never learns from: its loss there shows what it has understood.'
    },
    'optimiser-learningRate': {
      name: 'Learning rate',
      tip: 'How far each step moves the parameters, at its highest. Too high and the loss explodes; too low and nothing happens.'
    },
    'optimiser-minimumLearningRate': {
      name: 'Lowest rate',
      tip: 'Learning rate at the end of the run. A tenth of the highest is usual.'
    },
    'optimiser-warmup': {
      name: 'Warm-up',
      tip: 'Steps in which the learning rate rises from nothing, until the optimiser knows the terrain.'
    },
    'optimiser-weightDecay': {
      name: 'Weight decay',
      tip: 'Pulls every weight a little towards zero at each step, against learning by heart.'
    },
    'optimiser-clip': { name: 'Clipping', tip: 'Longest gradient allowed: a wild batch is shortened to it. 0 is off.' },
    'optimiser-decay': {
      name: 'Decay acts on',
      tip: 'Which parameters decay: matrices only (usual), or also biases and norms.',
      choices: { matrices: 'matrices', all: 'everything' }
    },
    'optimiser-beta1': { name: 'β₁', tip: 'Memory of AdamW for the direction of the gradient. 0.9 is usual.' },
    'optimiser-beta2': {
      name: 'β₂',
      tip: 'Memory of AdamW for the size of the gradient: 0.99 for short runs, 0.999 for long ones.'
    },
    'optimiser-epsilon': { name: 'ε', tip: 'Keeps AdamW from dividing by zero.' },
    steps: { name: 'Steps', tip: 'How often the parameters are adjusted. The learning rate falls over exactly this many.' },
    'batch-size': {
      name: 'Batch',
      tip: 'Pieces of text read together in one step. More make the gradient calmer and the step slower.'
    },
    'batch-draw': {
      name: 'Drawn',
      tip: 'Random places of the text at each step, or every window of it each time (only for very short texts).',
      choices: { random: 'at random', all: 'every window' }
    },
    'batch-loss': {
      name: 'Loss read at',
      tip: 'Every position of a window teaches something; the baby GPT learns from the last only.',
      choices: { every: 'every position', last: 'the last' }
    },
    seed: { name: 'Seed', tip: 'Every random choice follows from it: the same seed and recipe give the same model.' },
    'evaluation-every': { name: 'Evaluate every', tip: 'Steps between two measurements on the held-out text.' },
    'evaluation-batches': {
      name: 'Evaluation batches',
      tip: 'How many batches a measurement averages over. More are exacter and slower.'
    },
    checkpointSeconds: { name: 'Checkpoint every (s)', tip: 'A power cut loses at most this many seconds of work.' },
    'samples-every': { name: 'Write every', tip: 'Steps between two samples of the model’s writing.' },
    'samples-tokens': { name: 'Length', tip: 'Tokens in a sample.' },
    'samples-temperature': { name: 'Temperature', tip: 'Below 1 the model writes more cautiously, above 1 more boldly.' },
    'samples-prompt': { name: 'Begins with', tip: 'Text that every sample goes on from, so that they can be compared.' }
  }
}
