/** Where the window was: kept, and brought back onto a screen that is there. */
import * as v from 'valibot'
import writeFileAtomic from 'write-file-atomic'
import { readJson } from '../lab/json-file.ts'

const coordinate = v.pipe(v.number(), v.safeInteger())
const size = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(100_000))
const WindowStateSchema = v.object({
  x: v.optional(coordinate),
  y: v.optional(coordinate),
  width: size,
  height: size,
  maximized: v.boolean()
})

/** Place and size in device-independent pixels; without x and y the window is centred. */
export type WindowState = v.InferOutput<typeof WindowStateSchema>

export interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export const firstState: WindowState = { width: 1440, height: 920, maximized: false }
export const smallestSize = { width: 960, height: 640 }

/** The state kept in a file; a damaged file is set aside, and the first state holds. */
export async function readWindowState(path: string): Promise<WindowState> {
  return (await readJson(path, value => v.parse(WindowStateSchema, value))) ?? firstState
}

/** Written at once and whole: the process may end right after. */
export function writeWindowState(path: string, state: WindowState): void {
  writeFileAtomic.sync(path, `${JSON.stringify(state, null, 2)}\n`)
}

/** Pixels of the title bar that a hand needs to take hold of the window. */
const grip = { width: 120, height: 32 }

/**
 * A state that can be seen and moved on the screens that are there now: one whose title bar lies
 * outside all of them is centred on the first, and none is larger than its screen.
 * @param areas work areas of the screens, the primary one first
 */
export function onScreen(state: WindowState, areas: readonly Area[]): WindowState {
  const { x, y } = state
  const home = x === undefined || y === undefined ? undefined : areas.find(area => holdsGrip({ ...state, x, y }, area))
  const area = home ?? areas[0]
  if (!area) return state
  const width = Math.max(Math.min(state.width, area.width), Math.min(smallestSize.width, area.width))
  const height = Math.max(Math.min(state.height, area.height), Math.min(smallestSize.height, area.height))
  return home ? { ...state, width, height } : { width, height, maximized: state.maximized }
}

function holdsGrip(window: Area, area: Area): boolean {
  const across = Math.min(window.x + window.width, area.x + area.width) - Math.max(window.x, area.x)
  return across >= Math.min(grip.width, window.width) && window.y >= area.y && window.y + grip.height <= area.y + area.height
}
