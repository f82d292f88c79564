/** The texts that were tried, as a tree: every token taken can be undone, every branch stays. */
import type { TokenView } from '../../../electron/contract/probe.ts'
import { joinTokens } from './token-spans.ts'

/** How a text came from the one before it. */
export type Move = { readonly kind: 'typed' } | { readonly kind: 'taken' | 'stepped' | 'run'; readonly token: TokenView }

export interface HistoryNode {
  readonly id: number
  readonly parent: number | null
  readonly children: readonly number[]
  readonly move: Move
  readonly text: string
  /** Known once the text was run through the model, and for every token taken. */
  readonly tokens: readonly TokenView[] | null
  /** Child one came from last, so that forward goes where back came from. */
  readonly last: number | null
}

export interface History {
  readonly nodes: readonly HistoryNode[]
  readonly current: number
}

export const startHistory = (text: string): History => ({
  nodes: [{ id: 0, parent: null, children: [], move: { kind: 'typed' }, text, tokens: null, last: null }],
  current: 0
})

export const currentNode = (history: History): HistoryNode => history.nodes[history.current]!

const replaced = (history: History, ...changes: readonly HistoryNode[]): readonly HistoryNode[] => {
  const nodes = [...history.nodes]
  for (const node of changes) nodes[node.id] = node
  return nodes
}

function add(history: History, move: Move, text: string, tokens: readonly TokenView[] | null): History {
  const parent = currentNode(history)
  const id = history.nodes.length
  const grown = replaced(history, { ...parent, children: [...parent.children, id], last: id })
  return { nodes: [...grown, { id, parent: parent.id, children: [], move, text, tokens, last: null }], current: id }
}

/** The text was edited: a typed text that nothing hangs on is changed in place, else a branch begins. */
export function type(history: History, text: string): History {
  const node = currentNode(history)
  if (node.text === text) return history
  if (node.move.kind === 'typed' && node.children.length === 0)
    return { ...history, nodes: replaced(history, { ...node, text, tokens: null }) }
  return add(history, { kind: 'typed' }, text, null)
}

/** The model said how the current text is cut. */
export function learnTokens(history: History, tokens: readonly TokenView[]): History {
  return { ...history, nodes: replaced(history, { ...currentNode(history), tokens }) }
}

/** Takes a token behind the current text; a token already tried from here leads to its old branch. */
export function take(history: History, token: TokenView, kind: 'taken' | 'stepped' | 'run' = 'taken'): History {
  const node = currentNode(history)
  if (!node.tokens) return history
  const known = node.children.find(child => {
    const { move } = history.nodes[child]!
    return move.kind !== 'typed' && move.token.id === token.id
  })
  if (known !== undefined) return go(history, known)
  const tokens = [...node.tokens, token]
  return add(history, { kind, token }, joinTokens(tokens), tokens)
}

/** Goes to any node; the way there is remembered for forward. */
export function go(history: History, id: number): History {
  let nodes = history.nodes
  for (let child = nodes[id]!; child.parent !== null; child = nodes[child.parent]!) {
    const parent = nodes[child.parent]!
    if (parent.last !== child.id) nodes = replaced({ ...history, nodes }, { ...parent, last: child.id })
  }
  return { nodes, current: id }
}

export const back = (history: History): History => {
  const { parent } = currentNode(history)
  return parent === null ? history : { ...history, current: parent }
}

export const forward = (history: History): History => {
  const { last } = currentNode(history)
  return last === null ? history : { ...history, current: last }
}

/** From the first text to the given node. */
export function pathTo(history: History, id: number): readonly HistoryNode[] {
  const path: HistoryNode[] = []
  for (
    let node: HistoryNode | undefined = history.nodes[id];
    node;
    node = node.parent === null ? undefined : history.nodes[node.parent]
  )
    path.unshift(node)
  return path
}

/** One link of the trail: a text, or tokens of one run drawn together. */
export interface TrailLink {
  /** Node one comes to by this link: the last of a run. */
  readonly node: HistoryNode
  readonly kind: Move['kind']
  /** Tokens added by it, joined. */
  readonly text: string
  readonly count: number
  /** Other branches that begin where this one begins. */
  readonly others: readonly HistoryNode[]
}

/** The path to the current text, tokens of one run as one link, with the branches that leave it. */
export function trail(history: History): readonly TrailLink[] {
  const links: { node: HistoryNode; kind: Move['kind']; tokens: TokenView[]; others: readonly HistoryNode[] }[] = []
  for (const node of pathTo(history, history.current)) {
    const siblings =
      node.parent === null ? [] : history.nodes[node.parent]!.children.filter(id => id !== node.id).map(id => history.nodes[id]!)
    const before = links.at(-1)
    if (node.move.kind === 'run' && before?.kind === 'run' && siblings.length === 0) {
      before.node = node
      before.tokens.push(node.move.token)
    } else
      links.push({ node, kind: node.move.kind, tokens: node.move.kind === 'typed' ? [] : [node.move.token], others: siblings })
  }
  return links.map(({ node, kind, tokens, others }) => ({
    node,
    kind,
    others,
    count: tokens.length,
    text: kind === 'typed' ? node.text : joinTokens(tokens)
  }))
}

/** The branches that go on from the current text, the last used first. */
export function branches(history: History): readonly HistoryNode[] {
  const { children, last } = currentNode(history)
  return [...children].sort((a, b) => Number(b === last) - Number(a === last)).map(id => history.nodes[id]!)
}
