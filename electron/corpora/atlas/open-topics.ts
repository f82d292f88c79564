/** Open prompts: questions with many good answers, and a small grammar that writes them. */
import type { Random } from '../../sampling/random.ts'
import { capitalised } from './wording.ts'
import { pick } from '../../sampling/choices.ts'
import { colourNames, firstNames, pokemon } from './tables.ts'

/** Words that may stand in a place, by the place's name. */
type Slots = Readonly<Record<string, readonly string[]>>

export interface OpenTopic {
  readonly name: 'name' | 'number' | 'colour' | 'line' | 'story' | 'pastime' | 'meal'
  readonly subjects: readonly string[]
  /** `{s}` stands for the subject. */
  readonly questions: readonly string[]
  /** What an answer must speak of: any of these, at most `most` different ones. */
  keys(subject: string): readonly string[]
  readonly most: number
  /** A good answer in one sentence. */
  sentence(subject: string, random: Random): string
  /** A good answer in a word or a few, as a sentence of its own. */
  short(subject: string, random: Random): string
}

/** Fills a template's places; no word of five letters or more stands in it twice. */
function written(template: string, slots: Slots, random: Random): string {
  for (;;) {
    const text = template.replace(/\{(\w+)\}/g, (_, place: string) => pick(slots[place]!, random))
    const words = text.match(/[a-z]{5,}/g) ?? []
    if (new Set(words).size === words.length) return text
  }
}

const list = (text: string): string[] => text.split(', ')

const animals = list('dog, cat, fox, bear, mouse, horse, rabbit, owl, goat, wolf, duck, frog, lion, whale, donkey, pig')
const pets = list('a dog, a cat, a horse, a pet, a rabbit, a parrot')
const things = list('my room, a door, a coat, a boat, a car, a flag, a house, a chair, a hat, a wall, a bag, a bicycle')

const verse: Slots = {
  kind: list('grey, old, quiet, cold, deep, wild, silver, gentle, dark, bright, wide, slow, lonely, patient'),
  does: list('sings, sleeps, waits, dreams, calls, wanders, dances, whispers, listens, rests, weeps, laughs'),
  doing: list('singing, calling, breathing, whispering, laughing, weeping, waiting, dreaming'),
  place: list(
    'over the hills, under the stars, beside the shore, in my heart, along the road, above the town, behind the clouds, at the window, beyond the mountains, before the morning, without a sound, between the trees'
  ),
  come: list('carry me, lead me, bring me, follow me, call me'),
  away: list('home, away, to the hills, back to my youth, into the morning, beyond the world'),
  how: list('softly, slowly, sweetly, gently, brightly, wildly')
}
const verses = [
  'The {kind} {s} {does} {place}.',
  'I hear the {kind} {s} {doing} {place}.',
  'O {kind} {s}, {come} {away}.',
  'How {how} the {s} {does} {place}.'
]

const tale: Slots = {
  kind: list('small, brave, hungry, clever, lazy, lonely, happy, tired, young, old'),
  did: list('found, saw, lost, hid, carried, wanted'),
  look: list('red, golden, broken, tiny, strange, heavy, blue, empty'),
  thing: list('ball, key, hat, apple, bell, letter, boat, stone, shoe, map'),
  place: list('in the garden, near the river, on the road, under a tree, at the market, behind the house'),
  end: list(
    'ran home, fell asleep, laughed all day, told a friend, sang a song, waited for the rain, never came back, learned to swim, became famous, danced all night'
  )
}

const day: Slots = {
  do: list(
    'read a book, bake a cake, paint a picture, write a letter, play cards, build a tower, watch the birds, learn a song, cook a soup, plant some flowers, tell stories, draw a map, fold a paper boat, clean your room, call an old friend, listen to music'
  ),
  how: list('at home, in the kitchen, by the window, with your family, with a friend, until dinner, for an hour, in the quiet')
}
const food = list(
  'rice, fish, bread, cheese, eggs, soup, salad, noodles, beans, potatoes, apples, pancakes, chicken, honey, butter, tomatoes'
)

export const openTopics: readonly OpenTopic[] = [
  {
    name: 'name',
    subjects: [
      ...list(
        'a friend, a girl, a boy, a teacher, a captain, a doctor, a sailor, a baby, a hero, a singer, a king, a queen, a cook, a child'
      ),
      ...pets
    ],
    questions: ['Give me a name for {s}.', 'What is a good name for {s}?', 'Think of a name for {s}.', 'Name {s}.'],
    keys: subject => (pets.includes(subject) ? pokemon : firstNames),
    most: 1,
    sentence(subject, random) {
      return `A good name for ${subject} is ${pick(this.keys(subject), random)}.`
    },
    short(subject, random) {
      return `${pick(this.keys(subject), random)}.`
    }
  },
  {
    name: 'number',
    subjects: list('a door, a game, a shirt, a team, a ticket, a bus, a room, a ship, a house, a seat, a race, a lock'),
    questions: [
      'Give me a number for {s}.',
      'What is a good number for {s}?',
      'Think of a number for {s}.',
      'Tell me a number you like for {s}.'
    ],
    keys: () => Array.from({ length: 100 }, (_, i) => String(i + 1)),
    most: 1,
    sentence(subject, random) {
      return `A good number for ${subject} is ${pick(this.keys(subject), random)}.`
    },
    short(subject, random) {
      return `${pick(this.keys(subject), random)}.`
    }
  },
  {
    name: 'colour',
    subjects: things,
    questions: [
      'Give me a colour for {s}.',
      'What is a good colour for {s}?',
      'Think of a colour for {s}.',
      'Which colour do you like for {s}?'
    ],
    keys: () => Object.keys(colourNames),
    most: 1,
    sentence(subject, random) {
      return `A good colour for ${subject} is ${pick(this.keys(subject), random)}.`
    },
    short(subject, random) {
      return `${capitalised(pick(this.keys(subject), random))}.`
    }
  },
  {
    name: 'line',
    subjects: list('sea, moon, night, rain, wind, sun, snow, river, forest, winter, summer, city'),
    questions: [
      'Write a line about the {s}.',
      'Give me a line of verse about the {s}.',
      'Make a line about the {s}.',
      'Say something beautiful about the {s}.'
    ],
    keys: subject => [subject],
    most: 1,
    sentence: (subject, random) => written(pick(verses, random).replace('{s}', subject), verse, random),
    short: (subject, random) => written(`The ${subject} {does}.`, verse, random)
  },
  {
    name: 'story',
    subjects: animals,
    questions: [
      'Tell me a short story about a {s}.',
      'Write a story about a {s}.',
      'Tell me about a {s}.',
      'What happened to the {s}?'
    ],
    keys: subject => [subject],
    most: 1,
    sentence: (subject, random) => written(`One day a {kind} ${subject} {did} a {look} {thing} {place} and {end}.`, tale, random),
    short: (subject, random) => written(`A ${subject} {end}.`, tale, random)
  },
  {
    name: 'pastime',
    subjects: list(
      'on a rainy day, on a cold day, on a sunny day, on a long evening, on a free morning, at the weekend, after school, on a winter night, in the holidays, on a Sunday, on a journey, after dinner'
    ),
    questions: ['What can I do {s}?', 'What should I do {s}?', 'Tell me what to do {s}.', 'Do you have an idea for me {s}?'],
    keys: () => day['do']!,
    most: 1,
    sentence: (_, random) => written('You can {do} {how}.', day, random),
    short: (_, random) => `${capitalised(pick(day['do']!, random))}.`
  },
  {
    name: 'meal',
    subjects: list(
      'for breakfast, for lunch, for dinner, at a picnic, on a journey, at school, with a friend, in the evening, in the morning, in winter, in summer, at the sea'
    ),
    questions: ['What can I eat {s}?', 'What should I cook {s}?', 'Tell me what to eat {s}.', 'Which food is good {s}?'],
    keys: () => food,
    most: 2,
    sentence: (_, random) => written('You can eat {food} with {food}.', { food }, random),
    short: (_, random) => `${capitalised(pick(food, random))}.`
  }
]

/** The prompt for a topic's subject. */
export function openQuestion(question: string, subject: string): string {
  return question.replace('{s}', subject)
}
