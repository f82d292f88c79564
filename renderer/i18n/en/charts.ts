/** Texts of the charts themselves. */
export default {
  savePng: 'Save “{title}” as a picture (PNG)',
  saveCsv: 'Save the data of “{title}” as a table (CSV)',
  notSaved: 'The table could not be saved: {reason}',
  step: 'step',
  train: 'training',
  validation: 'validation',
  smoothed: 'smoothed'
}
