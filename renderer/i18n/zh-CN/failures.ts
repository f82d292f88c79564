/**
 * 每种失败的文字：发生了什么、应为什么、实为什么、怎么办。
 * 花括号中的名字取自失败的 details；message 是实验室的英文原文。
 */
const partsApart = '权重与 config.json 不属于同一个模型：请从同一处取得两者。'

export default {
  // 页面与实验室之间
  internal: {
    what: '实验室遇到了意料之外的错误。',
    expected: '{message}',
    todo: '请重试。如果再次出现，请重新启动实验室：训练和模型都保存在它的文件夹里。'
  },
  cancelled: { what: '已取消。' },
  'connection-lost': {
    what: '实验室还没回答，连接就断了。',
    todo: '页面会自动重新连接，之后请再做一次。'
  },
  'sender-refused': { what: '这个请求不是来自实验室自己的页面，因此被拒绝。' },
  'unknown-call': {
    what: '实验室没有名为 {method} 的调用。',
    todo: '页面与实验室的版本不同：请重新载入页面。'
  },
  'invalid-input': {
    what: '{place} 的值不能用。',
    expected: '应为 {expected}，实为 {received}。',
    todo: '没有改动任何东西。请改正后重试。'
  },
  'call-repeated': { what: '调用编号 {id} 还在进行中，又被用了一次。', todo: '请重新载入页面。' },
  'too-many-calls': { what: '同时进行的调用超过了 {most} 个。', todo: '请等其中一些结束后再试。' },
  'not-plain-data': { what: '{place} 的内容不能传给实验室。', expected: '应为普通数据，实为 {received}。' },
  'damaged-message': {
    what: '一条消息在传输中损坏了。',
    expected: '应为 {expected}，实为 {received}。',
    todo: '请重新载入页面。'
  },
  'message-too-large': {
    what: '内容太大，浏览器无法一次交给实验室。',
    expected: '{message}',
    todo: '请改用命令行，例如 gptlab import 文件夹。'
  },
  'page-missing': { what: '没有找到构建好的页面：{directory}。', todo: '请运行 npm run build。' },
  'port-taken': { what: '端口 {port} 无法使用（{reason}）。', todo: '请用 --port 换一个端口，或不指定端口。' },
  'not-there-yet': { what: '实验室的这一部分还没有。' },
  usage: { what: '命令的用法不对。', expected: '{message}' },

  // 实验室的文件夹
  'home-not-writable': {
    what: '实验室无法写入它的文件夹 {folder}：{reason}。',
    todo: '请用 GPTLAB_HOME 指定一个可以写入的文件夹。'
  },
  'resources-missing': {
    what: '程序旁边没有找到实验室自带的模型和配方（从 {from} 向上找）。',
    todo: '请重新安装实验室。'
  },
  'trash-unknown': { what: '回收站里没有 {trash}。', todo: '它可能已经恢复过了。' },
  'trash-taken': { what: '{name} 无法恢复：它的位置已被别的东西占用。', todo: '请先把那个改名或删除。' },

  // 模型
  'model-unknown': { what: '没有模型 {model}。', todo: '它可能已被删除或改名。' },
  'model-shipped': { what: '{model} 是随实验室提供的，保持原样。', todo: '导出它即可得到一份自己的副本。' },
  'model-snapshot': { what: '{model} 是某个模型训练中的一步，随那个模型保留。', todo: '导出它即可得到一份自己的副本。' },
  'model-incomplete': {
    what: '模型的文件夹里缺少文件。',
    expected: '{message}',
    todo: '请选择含有 config.json、tokenizer.json 和权重的文件夹。'
  },
  'model-config': {
    what: '模型的 config.json 不能用：{reason}',
    todo: '请从模型的来处重新取得 config.json，再导入一次。'
  },
  'model-damaged': {
    what: '{file} 已损坏，或不是能用的模型。',
    expected: '它的大小应与文件头所写的一致。',
    todo: '请从来处重新导入这个模型，或让它的训练重新写出。'
  },
  'model-no-chat': {
    what: '{model} 不生成文字：奖励模型只会打分，分类器只会分类。',
    todo: '请选择基础、微调或强化模型。'
  },
  'model-no-score': { what: '{model} 不是奖励模型，不会打分。', todo: '请选择奖励模型。' },
  'stage-wrong-model': {
    what: '阶段 {stage} 不能从 {model} 开始。',
    expected: '模型类型应为 {expected}，实为 {received}。',
    todo: '请选择另一个模型。'
  },
  'stage-unknown': { what: '阶段 {stage} 还不能训练。' },
  'tokenizer-foreign': {
    what: '分词器不属于这一系列：没有对话所需的词元，或与另一个模型的分词器不同。',
    expected: '{message}',
    todo: '请选择同一系列的模型，或在预训练时打开 tokenizer.chat。'
  },
  'model-changed': {
    what: '{model} 已不是训练 {run} 开始时的那个模型。',
    todo: '请把原来的模型放回去，或重新开始一次训练。'
  },
  'recipe-stage': {
    what: '配方 {recipe} 属于另一个阶段。',
    expected: '应为 {expected}，实为 {received}。',
    todo: '请选择另一个配方或另一个阶段。'
  },
  'data-unknown': { what: '这个阶段没有名为 {source} 的数据。', todo: '请使用 atlas。' },
  'data-set-unknown': { what: '没有数据集 {set}。', expected: '应为 {known} 之一。' },
  'prompts-unknown': { what: '没有文件 {file}。', expected: '应为 open、facts 或一个提示文件。' },
  'prompts-invalid': { what: '{file} 的第 {line} 行不是提示。', expected: '应为一行文字，或带有 text 的 JSON。' },
  'model-foreign': { what: '{model} 是导入的 ONNX 模型，实验室自己的引擎不能运行它。', todo: '请选择在实验室里训练的模型。' },
  'comparisons-invalid': {
    what: '{source} 的第 {line} 行不是比较数据。',
    expected: '应有 prompt、completions、ranks 和 rater。'
  },
  'comparisons-none': { what: '比较数据是空的，或全都不分高下。', todo: '请选择其中有高下之分的比较数据。' },
  'tokenizer-mismatch': {
    what: '{model} 的分词器与权重不匹配。',
    expected: '应有 {expected} 个词元，实有 {received} 个。',
    todo: '请从同一处取得 tokenizer.json 和权重。'
  },
  'tokenizer-unknown': {
    what: '没有分词器 {tokenizer}。',
    expected: '应为 tokenizer.json、模型的文件夹或名字，或 gpt2。'
  },
  'tokenizer-unreadable': {
    what: '这个 tokenizer.json 不能用：{reason}。',
    todo: '请使用 BPE 类的 tokenizer.json，或重新取得这个文件。'
  },
  'character-unknown': {
    what: '这个模型逐个读字符，从没见过：{unknown}',
    expected: '它认识的字符：{alphabet}',
    todo: '请去掉这些字符，或换一个用其他分词器的模型。'
  },
  'safetensors-damaged': {
    what: '{source} 不是完整的 safetensors 文件。',
    expected: '{reason}',
    todo: '请从来处重新复制这个文件；它没有被改动。'
  },
  'parameter-missing': { what: '权重中缺少张量 {name}。', todo: partsApart },
  'parameter-shape': {
    what: '{name} 的大小不对。',
    expected: '应有 {expected} 个值，实有 {received} 个。',
    todo: partsApart
  },
  'parameter-unknown': { what: '权重中有这个模型没有的张量 {name}。', todo: partsApart },
  'parameter-not-finite': { what: '{name} 中有无穷大或非数值。', todo: '模型在训练中已损坏：请改用更早的一个。' },

  // 导入与导出
  'import-folder': { what: '文件夹 {path} 无法读取。', expected: '应为一个含有模型的文件夹。' },
  'import-incomplete': { what: '文件夹里缺少 {lacks}。', todo: '请选择含有 config.json 的文件夹。' },
  'import-damaged': { what: '导入的模型不能用。', expected: '{problem}', todo: '没有留下任何东西。请导入完整的文件夹。' },
  'import-path': { what: '路径 {path} 超出了模型的文件夹。', todo: '请原样导入文件夹，不要带链接。' },
  'import-too-large': {
    what: '{path} 太大。',
    expected: '模型总共不超过 16 GB，其中的 JSON 文件不超过 64 MB。'
  },
  'import-too-much': {
    what: '{name} 有 {megabytes} MB、{files} 个文件，浏览器放不下。',
    expected: '应不超过 500 MB、200 个文件。',
    todo: '请用命令行导入：gptlab import 文件夹'
  },
  'import-no-model': {
    what: '{name} 里没有模型。',
    expected: '应有 config.json、tokenizer.json 和权重。',
    todo: '请选择含有 config.json 的文件夹。'
  },
  'import-no-folder': { what: '应为一个含有模型的文件夹。', todo: '请拖入文件夹本身，而不是里面的文件。' },
  'export-folder': {
    what: '文件夹 {path} 里已有 {count} 个文件。',
    expected: '应为一个新的或空的文件夹。',
    todo: '请换一个名字。'
  },
  'export-form': { what: '这个模型不能以这种形式导出。', expected: '{message}' },
  'export-too-large': {
    what: '权重太大，一个 ONNX 文件放不下。',
    expected: '应小于 2 GB，实为 {bytes} 字节。',
    todo: '请选用 fp16 或 int8 权重。'
  },

  // 运行模型
  'prompt-empty': { what: '提示是空的。', todo: '请至少输入一个字符：模型需要一个开头。' },
  'context-too-long': {
    what: '文字超出了模型能看到的长度。',
    expected: '应不超过 {context} 个词元，实有 {length} 个。',
    todo: '请缩短文字，或选择上下文更长的模型。'
  },
  'token-out-of-range': {
    what: '词元 {token} 不在词表中。',
    expected: '应为 0 到 {vocabulary} 以内。',
    todo: '请检查分词器和模型是否属于一起。'
  },
  'inspection-gone': { what: '实验室只保留最近 {kept} 次查看的结果，这一次已不在其中。', todo: '请再看一次这段文字。' },
  'model-inputs': {
    what: '这个 ONNX 模型的输入不是带缓存的解码器所要的：{input}',
    expected: '{message}',
    todo: '请重新导出带缓存的形式，或选择只有解码器的模型。'
  },
  'model-not-native': { what: '原生引擎只运行本实验室的模型；这个模型是 ONNX 文件。', todo: '请改选自动或 CPU。' },
  'session-closed': { what: '模型的会话已经关闭。', todo: '请再打开一次。' },
  'session-failed': { what: '模型无法打开或运行。', expected: '{message}', todo: '请换一个执行后端，或重新导入模型。' },

  // 文本
  'corpus-unknown': { what: '没有文本 {corpus}。', todo: '请添加名为 {corpus}.txt 的文本文件，或选择另一份文本。' },
  'corpus-shipped': { what: '文本 {corpus} 是随实验室提供的，保持原样。' },
  'corpus-changed': {
    what: '文本 {corpus} 已不是训练 {run} 开始时的那一份。',
    todo: '请把原来的文本放回来，或重新开始训练。'
  },
  'text-unreadable': { what: '文本无法读取。', expected: '{message}' },
  'text-empty': { what: '{name} 里没有文字。', todo: '请选择一个有内容可学的文件。' },
  'text-too-large': { what: '{name} 太大：{bytes} 字节。', expected: '应不超过 {most} 字节。', todo: '请选取其中一部分。' },
  'text-not-utf8': {
    what: '{name} 不是 UTF-8 文本：第 {offset} 个字节不合法。',
    todo: '请把文件另存为 UTF-8 后再添加。'
  },
  'text-binary': {
    what: '{name} 不是文本：第 {offset} 个字节是零，二进制文件和 UTF-16 才会这样。',
    todo: '请把文件另存为 UTF-8 文本后再添加。'
  },

  // 配方
  'recipe-unknown': { what: '没有配方 {recipe}。', expected: '应为一个文件，或随实验室提供的配方之一。' },
  'report-invalid': {
    what: '{file} 中没有模型 {model} 的指标。',
    expected: '应为 gptlab evaluate --json 或 compare --json 的输出。'
  },
  'recipe-not-json': { what: '配方 {source} 不是 JSON。', expected: '{message}' },
  'recipe-invalid': {
    what: '配方 {source} 不能用。',
    expected: '{field} 应为 {expected}，实为 {received}。',
    todo: '请改正这一项后重试。'
  },
  'override-form': { what: '{override} 的写法不对。', expected: '应为 键=值，例如 --set optimiser.learningRate=0.0003' },
  'override-unknown': { what: '配方中没有 {path} 这一项。', expected: '应为以下之一：{known}' },
  'graph-heads': { what: '通道数必须是头数的整数倍。', todo: '请改变通道数或头数。' },
  'learning-rate-order': { what: '最低学习率不能高于学习率。', todo: '请把最低学习率调低。' },
  'beta-range': { what: '动量系数必须小于 1。' },
  'epsilon-range': { what: 'epsilon 必须大于 0。' },
  'text-too-short': { what: '用来学习的文本还不够一个窗口长。', todo: '请选择更长的文本，或缩短上下文。' },
  'validation-too-short': { what: '留出的部分还不够一个窗口长。', todo: '请多留出一些，或不留出。' },
  'text-too-long': { what: '文本太长，不能每一步都读完所有窗口。', todo: '请改为随机抽取窗口。' },
  'memory-short': { what: '这次训练放不进本机的内存。', todo: '请选择更小的模型、更短的上下文或更小的批次。' },

  // 训练
  'run-unknown': { what: '没有训练 {run}。', todo: '它可能已被删除。' },
  'run-done': { what: '训练 {run} 已经完成。', todo: '要继续训练，请开始一次新的训练。' },
  'run-resting': { what: '训练 {run} 现在没有在这里进行（{state}）。' },
  'run-going-on': { what: '训练 {run} 还在进行。', todo: '请先停止，再删除。' },
  'run-locked': { what: '训练 {run} 正由另一个进程（{process}）进行。', todo: '请先在那里停止它。' },
  'run-damaged': {
    what: '训练 {run} 无法读取：{file} 缺失或已损坏（{reason}）。',
    todo: '文件已放到一旁，没有删除。请重新开始这个配方。'
  },
  'run-diverged': {
    what: '在第 {step} 步，损失变成了无穷大或非数值：训练发散了。',
    expected: '最后一个好的检查点：{checkpoint}',
    todo: '请选择更小的学习率、更长的预热，或启用梯度裁剪。'
  },
  'loss-not-finite': {
    what: '第 {step} 步的损失或梯度不是有限的数。',
    todo: '请降低学习率，或启用梯度裁剪。'
  },

  'checkpoints-damaged': {
    what: '这次训练的检查点都无法读取；损坏的文件已放到一旁：{files}',
    todo: '再次继续，就会从头开始训练。'
  },
  'out-taken': { what: '文件夹 {folder} 里有别的东西。', todo: '请用 --out 指定一个新的、空的或模型的文件夹。' },

  // 强化学习
  'stage-sizes': {
    what: '奖励模型 {model} 与策略的大小不同。',
    expected: '应为 {expected}，实为 {received}',
    todo: '请选择同一系列的模型。'
  },
  'rollouts-uneven': {
    what: '每次迭代的 {rollouts} 个回答不能均分成批次（{batch}）或小组（{group}）。',
    todo: '请修改回答的数目或批次的大小。'
  },
  'rollouts-answerless': {
    what: '连续几次迭代，{share} % 的回答是空的或没有结束。',
    todo: '请从会回答的模型（监督微调）开始，或允许更多的词元。'
  },
  'reward-collapsed': {
    what: '连续几次迭代，奖励模型给所有回答同样的分数：没有什么可学的了。',
    todo: '请用这类回答的比较继续训练奖励模型。'
  },
  'kl-exploded': {
    what: '策略离起点太远：每个词元 {divergence} 奈特，最多应为 {most}。',
    todo: '请选择更大的 beta 或更小的学习率。'
  },
  'snapshot-unknown': { what: '第 {step} 步没有保存这个策略的快照。' },
  'snapshot-start': {
    what: '训练中的各步是以相对 {model} 的变化保存的，但 {model} 的权重已经变了。',
    todo: '请把原来的 {model} 放回去。'
  },

  // 原生引擎
  'engine-missing': {
    what: '训练需要原生训练器，但它无法加载。其余功能照常可用。',
    expected: '{message}'
  },
  'engine-memory': {
    what: '内存不足：训练这个模型需要 {megabytes} MB。',
    todo: '请选择更小的批次、更短的上下文或更小的模型。'
  },
  'engine-simd': { what: '本机没有指令集 {simd}。', expected: '{message}' },
  'engine-shape': { what: '模型的计算图有误。', expected: '{message}' },
  'engine-operation': { what: '原生训练器没有运算 {operation}。', expected: '{message}' },
  'engine-input': { what: '交给训练器的数据不对。', expected: '{message}' },
  'engine-closed': { what: '训练器的这个计划已经关闭。', todo: '请重新开始。' },

  // 对照检验与基准
  'bench-model': { what: '基准测试没有模型 {model}。', expected: '应为以下之一：{known}' },
  'browser-missing': { what: '这项基准需要 Chromium，但它无法启动：{reason}', todo: '请用 CHROMIUM 指明它的路径。' },
  'fixture-unknown': { what: '{file} 不是可以对照的参考文件：{reason}。' },
  'fixture-unreadable': { what: '参考文件 {file} 无法读取：{reason}' },
  'fixture-incomplete': { what: '参考文件无法对照：{reason}。' }
}
