/** Texts of the frame around the rooms. */
export default {
  rooms: 'Rooms',
  room: { probe: 'Probe', training: 'Training', models: 'Models' },
  roomTip: {
    probe: 'See the probability of every next token, and what each setting does to it',
    training: 'Train a GPT on a text and watch it learn',
    models: 'Shipped, trained and imported models, and what runs them'
  },
  skip: 'Skip to the room',
  model: { none: 'no model', choose: 'Choose the model that the Probe looks into', all: 'All models' },
  provider: {
    label: 'What runs the model',
    opening: 'opening {name}…',
    perToken: '{ms} ms a token',
    refused: '{provider} {why}',
    idle: 'not opened yet',
    name: {
      cpu: 'CPU',
      cuda: 'CUDA',
      dml: 'DirectML',
      coreml: 'Core ML',
      webgpu: 'WebGPU',
      native: 'native engine',
      auto: 'automatic'
    },
    why: {
      'not-in-package': 'not in this package',
      'not-on-machine': 'not on this machine',
      failed: 'failed',
      idle: 'took no operation',
      slower: 'slower than the CPU',
      'not-supported': 'not supported'
    },
    failed: 'cannot be opened'
  },
  run: {
    step: 'step {step} of {steps}',
    left: '{time} left',
    preparing: 'gathering data · {share} %',
    paused: 'paused at step {step} of {steps}',
    tip: 'Show the run in progress'
  },
  language: { label: 'Language', tip: 'Switch to Chinese', name: 'English' },
  theme: { system: 'Theme: as the system', light: 'Theme: light', dark: 'Theme: dark', tip: 'Light, dark, or as the system' },
  present: { label: 'Present', tip: 'Presentation size: larger type, fewer figures' },
  settings: {
    label: 'Settings',
    tip: 'Threads, what runs the models, and what this machine has',
    threads: 'Threads',
    threadsTip: 'Threads for training and for running models; for the next run and the next model that is opened',
    automatic: 'automatic ({n})',
    provider: 'Models run on',
    engine: 'Training engine',
    engineMissing: 'missing',
    machine: 'Machine',
    cores: '{n} core · {memory} | {n} cores · {memory}',
    home: 'Runs, models and texts are in',
    copyPath: 'Copy path',
    version: 'Version'
  },
  connection: {
    lost: 'The lab is not answering. Its window or its host may have been closed; training goes on wherever it still runs.',
    waiting: 'Trying to connect again…',
    back: 'The lab is back.'
  },
  noBridge: {
    title: 'This page is not connected to a lab',
    text: 'Start it with “npm start”, then open the address that it prints.'
  }
}
