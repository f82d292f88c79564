/** 训练室的文字。 */
export default {
  loading: '正在读取训练记录…',
  start: '开始训练',
  startTip: '按这份配方训练一个新模型；离开这个房间，训练也会继续',
  state: {
    preparing: '正在收集数据',
    running: '进行中',
    paused: '已暂停',
    stopped: '已停止',
    done: '已完成',
    failed: '失败',
    interrupted: '已中断'
  },
  switch: { on: '开', off: '关' },
  stage: {
    title: {
      pretrain: '预训练',
      sft: '监督微调',
      reward: '奖励模型',
      dpo: '偏好优化（DPO）',
      ppo: '强化学习（PPO）',
      grpo: '强化学习（GRPO）',
      classify: '分类'
    },
    data: '数据',
    algorithm: '算法',
    model: '模型',
    learns: {
      pretrain: '预测下一个词元，AdamW',
      sft: '预测回答的下一个词元，AdamW',
      reward: '分辨两个回答的好坏，AdamW',
      dpo: '分辨两个回答的好坏，AdamW',
      ppo: '截断的策略更新，AdamW',
      grpo: '截断的策略更新，AdamW',
      classify: '判断文字的类别，AdamW'
    },
    progress: '已完成的步数所占比例',
    speed: '每秒 {n} 词元',
    ready: '{parameters} 个参数 · 本机需 {time}',
    readyUntimed: '{parameters} 个参数',
    problems: '可以开始 | 有一项设置需要改正 | 有 {n} 项设置需要改正',
    preparing: '正在准备…'
  },
  spoken: {
    state: '{name}：{state}，第 {step} 步。',
    progress: '第 {step} 步，共 {steps} 步，验证损失 {loss}，剩余 {time}。'
  },
  actions: {
    pause: '暂停',
    pauseTip: '先停一停；训练仍在内存中，随时可以接着走',
    resume: '继续',
    resumeTip: '从最后一个检查点接着训练，结果与从未中断完全一样',
    stop: '停止',
    stopTip: '结束训练并保留已学到的内容，以后还可以继续',
    delete: '删除这次训练',
    deleteTip: '删除这次训练的曲线和检查点，模型会留下；可以撤销',
    again: '再用这份配方',
    againTip: '用这份配方准备一次新的训练：改一处，再比一比',
    probe: '看看里面',
    probeTip: '在探针中打开训练好的模型',
    model: '查看模型',
    modelShort: '查看模型',
    modelTip: '在模型室中打开训练好的模型：文件、执行后端、导出',
    change: '修改配方'
  },
  runs: {
    title: '训练记录',
    note: '勾选几次训练，就能把曲线叠在一起比较',
    none: '还没有训练过。在下面选一份配方，点“开始训练”：损失、速度和模型最初的试写马上会出现在这里。',
    new: '新的训练',
    newTip: '选一份配方，按需要修改，然后开始',
    name: '名称',
    state: '状态',
    step: '步数',
    validation: '验证损失',
    train: '训练损失',
    parameters: '参数',
    speed: '词元/秒',
    time: '用时',
    started: '开始于',
    overlay: '比较',
    overlayTip: '把这次训练的损失曲线叠上去',
    overlayRun: '比较 {name}',
    deleted: '已删除训练“{name}”。'
  },
  interrupted:
    '这次训练在第 {step} 步中断了：实验室被关闭，或者机器断了电。点“继续”，会从最后一个检查点接着训练，就像没有中断过一样。',
  loss: {
    title: '损失',
    note: {
      token: '对下一个词元的惊讶程度（奈特） · 虚线：留出的文本 · ◇ 检查点',
      pair: '对哪个更好的惊讶程度（奈特） · 虚线：留出的比较 · ◇ 检查点',
      text: '对文字类别的惊讶程度（奈特） · 虚线：留出的文字 · ◇ 检查点',
      none: '截断的策略更新的损失：始终在 0 附近，说明不了什么 · ◇ 检查点'
    },
    scale: '损失的刻度',
    linear: '线性',
    linearTip: '距离相等，差就相等：最初的快速下降看得最清楚',
    log: '对数',
    logTip: '距离相等，比值就相等：后期的细小进步看得最清楚',
    smoothing: '平滑',
    smoothingTip: '把各个批次之间的抖动平均掉多少；淡色的线是实际测得的损失',
    smoothings: { none: '不平滑', some: '平滑', strong: '强平滑' },
    reading: '正在读取曲线…',
    waiting: '最初几步马上就到…',
    nothing: '这次训练还没有走过一步。',
    description: '{name} 到第 {step} 步为止的损失：训练 {train}，验证 {validation}。'
  },
  samples: {
    title: '模型的试写',
    note: '第 {step} 步',
    newest: '最新',
    newestTip: '重新跟随最新的试写',
    slider: '正在读哪一步的试写',
    sliderTip: '拖动或按 ← →，看文字怎样从乱码变成诗句',
    none: '模型会在第 {step} 步第一次试写：先是乱码，后来才有词。',
    never: '这类模型只给分数或类别，不写文字。'
  },
  sparks: {
    learningRate: '学习率',
    learningRateTip: '每一步迈多大：预热时升高，之后沿半个余弦下降',
    gradientNorm: '梯度范数',
    gradientNormTip: '这一批文字对参数的拉力（裁剪之前）；尖峰就是崎岖的地方',
    tokensPerSecond: '每秒词元数',
    tokensPerSecondTip: '读文字的速度；别的程序占用机器时会变慢'
  },
  strip: { title: '配方', engine: '{simd} · {threads} 个线程 | {simd} · {threads} 个线程' },
  picker: {
    title: '配方',
    note: '从试过的开始',
    expected: '{time} · {hardware}'
  },
  recipes: {
    'sonnets-char': {
      title: '莎士比亚十四行诗 · 字符 GPT',
      purpose: '先学会字母，再学会单词，最后写出诗行。小到每台教室电脑都能训练。',
      hardware: '双核即可'
    },
    'sonnets-bpe': {
      title: '莎士比亚十四行诗 · 子词',
      purpose: '同样的诗，切成子词来学：词元更少、更丰富，损失的读法也不一样。',
      hardware: '双核即可'
    },
    'moby-dick-bpe': {
      title: '《白鲸》 · 子词',
      purpose: '让大一些的模型读完整部小说：句子能连贯上一阵子，到处都是大海。',
      hardware: '双核即可'
    },
    'baby-gpt': {
      title: '迷你 GPT · 八个状态的链',
      purpose: 'Karpathy 的最小 GPT：两个词元，看三个词元，在一小段序列上走五十步。',
      hardware: '任何机器'
    },
    'shakespeare-char-cpu': {
      title: 'nanoGPT 的莎士比亚 · CPU 版',
      purpose: '与 nanoGPT 逐项相同的设置，用来对比。请先把文件 tinyshakespeare.txt 添加到文本中。',
      hardware: '双核即可'
    },
    'lesson-base': {
      title: 'Atlas 小世界 · 一节课',
      purpose: '一节课四个阶段的第一步：小模型读 Atlas，记住其中的事实。',
      hardware: '双核即可'
    },
    'atlas-base': {
      title: 'Atlas 小世界 · 完整',
      purpose: '模型读一个有国家、数字和日常事物的小世界：记住事实，却用更多的问题来回答问题。',
      hardware: '双核即可'
    },
    'lesson-sft': {
      title: '学会回答 · 一节课',
      purpose: '一节课四个阶段的第二步：小基座模型学会回答问题。',
      hardware: '双核即可'
    },
    'lesson-reward': {
      title: '评判 · 一节课',
      purpose: '一节课四个阶段的第三步：小奖励模型从排好名次的回答中学会什么是好回答。',
      hardware: '双核即可'
    },
    'lesson-rlhf': {
      title: '强化学习 · 一节课',
      purpose: '一节课四个阶段的最后一步：小对话模型学会怎样得到奖励，途中不断收集新的比较。',
      hardware: '双核即可'
    },
    'atlas-sft': {
      title: '学会回答 · 完整',
      purpose: '从几位作者的示范中学会回答：步数少、幅度小，免得忘掉已经知道的。',
      hardware: '双核即可'
    },
    'atlas-reward': {
      title: '评判 · 完整',
      purpose: '从排好名次的回答中学会什么是好回答：正确、礼貌、简短、只有一句。它只打分，不能对话。',
      hardware: '双核即可'
    },
    'atlas-rlhf': {
      title: '强化学习（PPO） · 完整',
      purpose: '按奖励模型的打分分轮学习：每轮都比较新的回答，奖励模型也随之更新。',
      hardware: '双核即可'
    },
    'atlas-dpo': {
      title: '只用偏好（DPO）',
      purpose: '从同样的比较中学习，不需要奖励模型，也不需要采样回答。',
      hardware: '双核即可'
    },
    'atlas-grpo': {
      title: '分组强化学习（GRPO）',
      purpose: '同一个问题的八个回答互相比较，不需要价值模型。',
      hardware: '双核即可'
    },
    'atlas-classify': {
      title: '好评还是差评',
      purpose: '给基座模型换上两个输出的头，学会分辨好评与差评。',
      hardware: '双核即可'
    },
    'reward-hacking': {
      title: '钻奖励的空子',
      purpose: '没有任何约束，奖励模型也从不更新：奖励越来越高，回答越来越差。',
      hardware: '双核即可'
    }
  },
  editor: {
    title: '设置',
    note: '与自带配方相同 | 改了一项 | 改了 {n} 项',
    reset: '恢复自带',
    resetTip: '撤回所有修改',
    all: '全部设置',
    allTip: '连很少改动的设置也显示出来',
    hint: '指向一项设置，或用 Tab 键走到它，就能读到它的作用。按 ↑ ↓ 可增减数字。',
    waiting: '正在读取配方…'
  },
  groups: { model: '模型', text: '文本', optimiser: '优化器', run: '训练过程', samples: '试写' },
  estimate: {
    title: '需要什么',
    note: '在这台机器上',
    waiting: '正在估算…',
    parameters: { name: '参数', tip: '训练要调整的数字的个数' },
    time: { name: '时间', tip: '按本机实测速度估算；同时运行别的程序会更久' },
    memory: { name: '内存', tip: '参数、梯度、优化器的两份动量，以及一步之中为反向传播留下的数据' },
    epochs: { name: '读几遍', tip: '整份文本被读多少遍（轮数）；遍数太多就成了死记硬背' },
    vocabulary: { name: '词表', tip: '这种切法会把这份文本切出多少种词元' },
    tokensPerStep: { name: '每步词元', tip: '批大小乘以上下文长度：一步从多少词元中学习' },
    parts: '参数都在哪里',
    part: { tokens: '词元表', positions: '位置', attention: '注意力', feedForward: '前馈', rest: '其余' },
    schedule: '整个训练中的学习率'
  },
  texts: {
    sonnets: '莎士比亚十四行诗',
    'moby-dick': '《白鲸》（英文原文）',
    atlas: 'Atlas：一个小小的世界',
    bits: '迷你 GPT 的序列'
  },
  corpus: {
    title: '文本',
    note: '从它学习',
    add: '添加文件',
    addTip: '任何纯文本文件（UTF-8）；文件只留在本机',
    drop: '也可以把文本文件拖到这里。',
    dropNow: '松手即可添加这份文本',
    missing: '{name}（没有）',
    missingHint: '这份配方需要文本“{name}”，实验室里还没有。请添加这个文件，或者另选一份文本。',
    facts: '{characters} 个字符 · {size} · 1 篇 | {characters} 个字符 · {size} · {documents} 篇',
    excerpt: '文本的开头',
    delete: '删除这份文本',
    deleteTip: '移除自己添加的文本，可以撤销。用它训练的记录要继续时还需要它',
    deleted: '已删除文本“{title}”。',
    added: '已添加文本“{title}”。',
    none: '还没有文本。请添加一个纯文本文件，让模型从中学习。'
  },
  engine: {
    title: '暂时不能训练：缺少原生引擎',
    text: '其他功能都正常。引擎在安装实验室时由源代码编译，需要 C++17 编译器和 Python 3。',
    linux: 'Debian 或 Ubuntu：sudo apt install build-essential python3',
    darwin: 'macOS：xcode-select --install',
    win32: 'Windows：安装“Visual Studio 生成工具”，勾选“使用 C++ 的桌面开发”，并安装 Python 3。',
    then: '然后在实验室的文件夹中运行 “npm ci”，再重新启动实验室。',
    detail: '检查结果：{problem}'
  },
  problems: {
    name: "请以字母、汉字或数字开头，最多 80 个字；可用字母、汉字、数字、空格和 . _ ' -",
    'graph-heads': '通道数必须是头数的整数倍：每个头分到同样多的通道。',
    'learning-rate-order': '最低学习率不能高于最高学习率。',
    'beta-range': '必须小于 1。',
    'epsilon-range': '必须大于 0。',
    'text-too-short': '文本比一个窗口还短：请换长一些的文本，或缩短上下文。',
    'validation-too-short': '留出的部分比一个窗口还短：请多留一些，或者不留（0）。',
    'text-too-long': '文本的窗口太多，不能每一步全部读完：请改为随机抽取。'
  },
  fields: {
    name: { name: '名称', tip: '这次训练和它产生的模型叫什么。' },
    'corpus-source': { name: '文本', tip: '模型从哪份文本学习。' },
    'model-layers': { name: '层数', tip: '注意力和前馈组成的模块，一层接一层。层数越多，能看出的联系越深，也越慢。' },
    'model-heads': { name: '头数', tip: '每一层里并排的注意力，各看各的。所有通道平均分给它们。' },
    'model-channels': { name: '通道数', tip: '在模型内部用多少个数字表示一个词元。参数随它的平方增长。' },
    'model-context': { name: '上下文', tip: '模型能往回看多少个词元。越长越好，也越慢。' },
    'model-dropout': { name: '随机失活', tip: '训练时随机关掉的数值比例，免得把小文本死记下来。' },
    'model-tied': { name: '共用词元表', tip: '读和写用同一张词元表，可以省参数。' },
    'model-bias': { name: '偏置', tip: '在每个线性层和归一化中加一个常数。现代模型大多不用。' },
    'model-normBias': { name: '归一化偏置', tip: '线性层没有偏置时，归一化仍保留自己的常数（迷你 GPT 如此）。' },
    'tokenizer-kind': {
      name: '词元',
      tip: '把文本切成什么：单个字符、字节，或从这份文本中学到的常见子词（BPE）。',
      choices: { characters: '字符', bytes: '字节', bpe: '子词' }
    },
    'tokenizer-vocabulary': { name: '词表大小', tip: '一共有多少种子词。越多，文本切得越短，词元表也越大。' },
    'corpus-validation': { name: '留出比例', tip: '文本末尾不参与学习的比例：模型在那里的损失，说明它真正学懂了多少。' },
    'optimiser-learningRate': { name: '学习率', tip: '每一步最多把参数移动多远。太高，损失会爆炸；太低，几乎不动。' },
    'optimiser-minimumLearningRate': { name: '最低学习率', tip: '训练结束时的学习率，通常取最高值的十分之一。' },
    'optimiser-warmup': { name: '预热步数', tip: '学习率从零升上来所用的步数，让优化器先熟悉地形。' },
    'optimiser-weightDecay': { name: '权重衰减', tip: '每一步把所有权重向零拉一点，防止死记硬背。' },
    'optimiser-clip': { name: '梯度裁剪', tip: '允许的最长梯度：反常的批次会被缩短到这个长度。0 为关闭。' },
    'optimiser-decay': {
      name: '衰减对象',
      tip: '哪些参数会衰减：只有矩阵（通常如此），还是连偏置和归一化也算上。',
      choices: { matrices: '矩阵', all: '全部' }
    },
    'optimiser-beta1': { name: 'β₁', tip: 'AdamW 对梯度方向的记忆，通常为 0.9。' },
    'optimiser-beta2': { name: 'β₂', tip: 'AdamW 对梯度大小的记忆：短训练用 0.99，长训练用 0.999。' },
    'optimiser-epsilon': { name: 'ε', tip: '防止 AdamW 除以零。' },
    steps: { name: '步数', tip: '参数一共调整多少次。学习率正好在这么多步内降到最低。' },
    'batch-size': { name: '批大小', tip: '一步之中同时读多少段文字。越多，梯度越平稳，每步也越慢。' },
    'batch-draw': {
      name: '抽取方式',
      tip: '每一步随机抽取文本中的位置，还是每次读完所有窗口（只适合很短的文本）。',
      choices: { random: '随机', all: '所有窗口' }
    },
    'batch-loss': {
      name: '损失取自',
      tip: '窗口里的每个位置都能教会模型一点；迷你 GPT 只从最后一个位置学习。',
      choices: { every: '每个位置', last: '最后一个' }
    },
    seed: { name: '种子', tip: '所有随机选择都由它决定：种子和配方相同，得到的模型就相同。' },
    'evaluation-every': { name: '评估间隔', tip: '每隔多少步，在留出的文本上测量一次。' },
    'evaluation-batches': { name: '评估批数', tip: '一次测量取多少批的平均。越多越准，也越慢。' },
    checkpointSeconds: { name: '检查点间隔（秒）', tip: '万一断电，最多损失这么多秒的训练。' },
    'samples-every': { name: '试写间隔', tip: '每隔多少步，让模型试写一次。' },
    'samples-tokens': { name: '长度', tip: '一次试写多少个词元。' },
    'samples-temperature': { name: '温度', tip: '小于 1 写得更谨慎，大于 1 写得更大胆。' },
    'samples-prompt': { name: '开头', tip: '每次试写都从这段文字开始，这样才好比较。' }
  }
}
