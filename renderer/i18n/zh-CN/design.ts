/** 基础部件的文字。 */
export default {
  kinds: { base: '基础模型', sft: '微调模型', reward: '奖励模型', rlhf: '强化模型' },
  failure: { expected: '应为', todo: '怎么办', details: '详情', close: '关闭此消息' },
  session: {
    runs: '运行于',
    operations: '{provider} 上的运算数',
    speed: '单路速度',
    milliseconds: '每词元 {ms} 毫秒',
    weights: '权重',
    weightsTip: '组成模型的数字的精度',
    attention: '注意力',
    attentionKind: { standard: '单个算子', decomposed: '拆分计算' },
    attentionTip: '有些执行后端没有注意力算子，这时由更小的运算拼成',
    threads: '线程数'
  },
  undo: '撤销',
  close: '关闭',
  cancel: '取消',
  tryAgain: '重试',
  copy: '复制',
  copied: '已复制',
  duration: { soon: '不到一秒', seconds: '{s} 秒', minutes: '{m} 分钟', hours: '{h} 小时 {m} 分', days: '{d} 天 {h} 小时' }
}
