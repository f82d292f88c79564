/**
 * Failures by code, where the lab's own English message (what happened, what was expected and received) leaves
 * something to be said. Chinese has a text for every code.
 */
export default {
  internal: { todo: 'Try again. If it comes back, start the lab anew: runs and models are kept in its folder.' },
  'call-repeated': { todo: 'Load the page again.' },
  'damaged-message': { todo: 'Load the page again.' },
  'invalid-input': { todo: 'Nothing was changed. Correct the value and try again.' },
  'unknown-call': { todo: 'Page and lab are of different versions: load the page again.' },
  'message-too-large': { todo: 'Use the command line for something this large.' },
  'model-config': { todo: 'Take config.json from where the model came from and import the folder again.' },
  'model-damaged': { todo: 'Import the model again from where it came, or let its run write it again.' },
  'model-incomplete': { todo: 'Choose a folder that has config.json, tokenizer.json and the weights.' },
  'safetensors-damaged': { todo: 'Copy the file again from where it came; nothing was changed in it.' },
  'parameter-missing': { todo: 'Weights and config.json do not belong together: take both from the same place.' },
  'parameter-shape': { todo: 'Weights and config.json do not belong together: take both from the same place.' },
  'parameter-unknown': { todo: 'Weights and config.json do not belong together: take both from the same place.' },
  'parameter-not-finite': { todo: 'The model was damaged in training: go back to an earlier one.' },
  'tokenizer-mismatch': { todo: 'Take tokenizer.json and weights from the same place.' },
  'import-path': { todo: 'Import the folder as it is, without links.' },
  'import-damaged': { todo: 'Nothing was taken in. Import a whole folder.' },
  'run-damaged': { todo: 'The files were set aside, not deleted. Start the recipe anew.' }
}
