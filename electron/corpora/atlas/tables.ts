/** Small tables of everyday facts, in both languages. */
import pokemonData from './pokemon.json' with { type: 'json' }

/** A thing that has a number of parts. `few` is Chinese for that number of them, with the right measure word. */
export interface Counted {
  readonly thing: string
  readonly chinese: string
  readonly count: number
}

const numberWords = 'zero one two three four five six seven eight nine ten'.split(' ')
const chineseNumbers = ['零', '一', '两', '三', '四', '五', '六', '七', '八', '九', '十']

/** A number up to ten as a word. */
export function numberWord(count: number): string {
  return numberWords[count]!
}

/** A number up to ten before a Chinese measure word. */
export function chineseNumber(count: number): string {
  return chineseNumbers[count]!
}

const counted = (text: string): Counted[] =>
  text
    .trim()
    .split(/\s*;\s*/)
    .map(row => {
      const [thing, chinese, count] = row.split(',').map(cell => cell.trim())
      return { thing: thing!, chinese: chinese!, count: Number(count) }
    })

export const wheels = counted(
  'car, 汽车, 4; bicycle, 自行车, 2; tricycle, 三轮车, 3; motorcycle, 摩托车, 2; wheelbarrow, 手推车, 1; unicycle, 独轮车, 1; skateboard, 滑板, 4; scooter, 滑板车, 2; taxi, 出租车, 4; tractor, 拖拉机, 4; jeep, 吉普车, 4; van, 面包车, 4'
)
export const legs = counted(
  'dog, 狗, 4; cat, 猫, 4; horse, 马, 4; cow, 牛, 4; sheep, 羊, 4; pig, 猪, 4; spider, 蜘蛛, 8; ant, 蚂蚁, 6; bee, 蜜蜂, 6; fly, 苍蝇, 6; hen, 母鸡, 2; duck, 鸭子, 2; bird, 鸟, 2; crab, 螃蟹, 10; tiger, 老虎, 4; rabbit, 兔子, 4; table, 桌子, 4; chair, 椅子, 4'
)
export const blades = counted(
  'fan, 风扇, 3; windmill, 风车, 4; wind turbine, 风力发电机, 3; ship propeller, 船的螺旋桨, 4; aeroplane propeller, 飞机的螺旋桨, 2'
)

/** Things and their colours. */
export const colours: readonly { readonly thing: string; readonly chinese: string; readonly colour: Colour }[] = (
  [
    ['grass', '草', 'green'],
    ['snow', '雪', 'white'],
    ['blood', '血', 'red'],
    ['coal', '煤', 'black'],
    ['milk', '牛奶', 'white'],
    ['the sky', '天空', 'blue'],
    ['the sea', '大海', 'blue'],
    ['a banana', '香蕉', 'yellow'],
    ['a lemon', '柠檬', 'yellow'],
    ['a carrot', '胡萝卜', 'orange'],
    ['a tomato', '西红柿', 'red'],
    ['a leaf', '树叶', 'green'],
    ['a cucumber', '黄瓜', 'green'],
    ['a raven', '乌鸦', 'black'],
    ['a swan', '天鹅', 'white'],
    ['chocolate', '巧克力', 'brown'],
    ['an elephant', '大象', 'grey'],
    ['the sun', '太阳', 'yellow']
  ] as const
).map(([thing, chinese, colour]) => ({ thing, chinese, colour }))

export const colourNames = {
  green: '绿色',
  white: '白色',
  red: '红色',
  black: '黑色',
  blue: '蓝色',
  yellow: '黄色',
  orange: '橙色',
  brown: '棕色',
  grey: '灰色'
} as const
export type Colour = keyof typeof colourNames

const pairs = (text: string) =>
  text.split('; ').map(pair => {
    const [one, other] = pair.split(' ')
    return [one!, other!] as const
  })

/** Read both ways. */
export const opposites = pairs(
  'hot cold; big small; long short; high low; fast slow; old young; good bad; rich poor; strong weak; open closed; wet dry; light dark; full empty; hard soft; early late; happy sad; loud quiet; thick thin; near far; new used'
)
export const chineseOpposites = pairs(
  '大 小; 长 短; 高 低; 快 慢; 冷 热; 多 少; 好 坏; 新 旧; 远 近; 轻 重; 黑 白; 上 下; 左 右; 前 后'
)

/** First names, of many places. */
export const firstNames =
  `Anna Ben Clara David Emma Felix Grace Henry Ida Jonas Karin Leo Maria Nora Oscar Paula Peter Rosa Simon Tara
Alice Bruno Carla Daniel Elena Frida Georg Hanna Ivan Julia Kofi Lena Marco Nina Omar Petra Rafael Sara Tomas Vera
Ahmed Amina Boris Chloe Diego Esther Fatima Hugo Irene Jack Kenji Lucia Martin Mei Naomi Olga Pablo Ruth Sofia Victor
Adam Bella Cora Dora Erik Flora Gina Hector Iris Jane Kate Liam Mira Noah Otto Pia Robin Stella Theo Wanda`.split(/\s+/)

export const pokemon: readonly string[] = pokemonData.records
