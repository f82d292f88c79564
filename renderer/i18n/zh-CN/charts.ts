/** 图表自身的文字。 */
export default {
  savePng: '将“{title}”保存为图片（PNG）',
  saveCsv: '将“{title}”的数据保存为表格（CSV）',
  notSaved: '表格无法保存：{reason}',
  step: '步',
  train: '训练',
  validation: '验证',
  smoothed: '平滑'
}
