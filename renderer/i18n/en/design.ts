/** Texts of the base pieces. */
export default {
  kinds: { base: 'base model', sft: 'fine-tuned model', reward: 'reward model', rlhf: 'reinforced model' },
  failure: { expected: 'Expected', todo: 'What to do', details: 'Details', close: 'Close this message' },
  session: {
    runs: 'runs on',
    operations: 'operations on {provider}',
    speed: 'speed, one stream',
    milliseconds: '{ms} ms a token',
    weights: 'weights',
    weightsTip: 'Precision of the numbers that the model is made of',
    attention: 'attention',
    attentionKind: { standard: 'one operation', decomposed: 'taken apart' },
    attentionTip: 'Some providers have no operation for attention; there it is put together from smaller ones',
    threads: 'threads'
  },
  undo: 'Undo',
  close: 'Close',
  cancel: 'Cancel',
  tryAgain: 'Try again',
  copy: 'Copy',
  copied: 'Copied',
  duration: { soon: 'under a second', seconds: '{s} s', minutes: '{m} min', hours: '{h} h {m} min', days: '{d} d {h} h' }
}
