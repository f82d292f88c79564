/** 房间之外的框架文字。 */
export default {
  rooms: '房间',
  room: { probe: '探针', training: '训练', models: '模型' },
  roomTip: {
    probe: '查看每个下一词元的概率，以及每项设置的作用',
    training: '用一份文本训练 GPT，看着它学习',
    models: '自带、训练和导入的模型，以及由什么来运行它们'
  },
  skip: '跳到房间内容',
  model: { none: '没有模型', choose: '选择探针要观察的模型', all: '所有模型' },
  provider: {
    label: '模型由什么运行',
    opening: '正在打开 {name}…',
    perToken: '每词元 {ms} 毫秒',
    refused: '{provider} {why}',
    idle: '尚未打开',
    name: { cpu: 'CPU', cuda: 'CUDA', dml: 'DirectML', coreml: 'Core ML', webgpu: 'WebGPU', native: '原生引擎', auto: '自动' },
    why: {
      'not-in-package': '安装包未附带',
      'not-on-machine': '本机没有',
      failed: '启动失败',
      idle: '没有执行任何运算',
      slower: '比 CPU 慢',
      'not-supported': '不支持'
    },
    failed: '无法打开'
  },
  run: {
    step: '第 {step} 步，共 {steps} 步',
    left: '剩余 {time}',
    preparing: '正在收集数据 · {share} %',
    paused: '已暂停在第 {step} 步，共 {steps} 步',
    tip: '查看正在进行的训练'
  },
  language: { label: '语言', tip: '切换到英文', name: '中文' },
  theme: { system: '主题：跟随系统', light: '主题：浅色', dark: '主题：深色', tip: '浅色、深色或跟随系统' },
  present: { label: '演示', tip: '演示字号：字更大，数字更少' },
  settings: {
    label: '设置',
    tip: '线程数、由什么运行模型，以及这台机器有什么',
    threads: '线程数',
    threadsTip: '训练和运行模型所用的线程数；从下一次训练、下一个打开的模型起生效',
    automatic: '自动（{n}）',
    provider: '模型运行于',
    engine: '训练引擎',
    engineMissing: '缺失',
    machine: '机器',
    cores: '{n} 个核心 · {memory} | {n} 个核心 · {memory}',
    home: '训练、模型和文本存放于',
    copyPath: '复制路径',
    version: '版本'
  },
  connection: {
    lost: '实验室没有应答。它的窗口或宿主可能已关闭；只要进程还在，训练就会继续。',
    waiting: '正在重新连接…',
    back: '实验室已恢复连接。'
  },
  noBridge: {
    title: '此页面没有连接到实验室',
    text: '请用 “npm start” 启动，然后打开它显示的地址。'
  }
}
