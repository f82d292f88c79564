/** Colours, type and motion of the page, as the option functions need them: plain values. */
import { onScopeDispose, shallowRef, type ShallowRef } from 'vue'

export interface ChartTheme {
  /** Text: strong, ordinary, secondary (4.5:1 on the panel). */
  readonly ink: string
  readonly ink2: string
  readonly ink3: string
  readonly line: string
  readonly line2: string
  readonly panel: string
  /** One colour a kind of model (Okabe-Ito); fills and marks only. */
  readonly base: string
  readonly sft: string
  readonly reward: string
  readonly rlhf: string
  readonly bad: string
  readonly cut: string
  readonly focus: string
  /** Colours of overlaid runs, told apart by colour-blind eyes, in order of use. */
  readonly runs: readonly string[]
  readonly sans: string
  readonly mono: string
  /** Pixels of a chart's ordinary text: 12 at the normal size, more in presentation size. */
  readonly size: number
  /** The system asks for reduced motion. */
  readonly still: boolean
}

/** The light theme, for tests and for places without a document. */
export const lightTheme: ChartTheme = {
  ink: '#12161c',
  ink2: '#4b5563',
  ink3: '#667080',
  line: '#e3e6eb',
  line2: '#eef0f3',
  panel: '#ffffff',
  base: '#0072b2',
  sft: '#e69f00',
  reward: '#cc79a7',
  rlhf: '#009e73',
  bad: '#d55e00',
  cut: '#c9ced6',
  focus: '#2563eb',
  runs: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'],
  sans: 'Inter, "Noto Sans CJK SC", sans-serif',
  mono: '"DejaVu Sans Mono", monospace',
  size: 12,
  still: true
}

/** Reads the theme from the CSS variables of the document's root. */
export function readChartTheme(root: HTMLElement = document.documentElement): ChartTheme {
  const style = getComputedStyle(root)
  const read = (name: string, otherwise: string) => style.getPropertyValue(name).trim() || otherwise
  const base = read('--base', lightTheme.base)
  const sft = read('--sft', lightTheme.sft)
  const reward = read('--rm', lightTheme.reward)
  const rlhf = read('--rl', lightTheme.rlhf)
  const bad = read('--bad', lightTheme.bad)
  return {
    ink: read('--ink', lightTheme.ink),
    ink2: read('--ink2', lightTheme.ink2),
    ink3: read('--ink3', lightTheme.ink3),
    line: read('--line', lightTheme.line),
    line2: read('--line2', lightTheme.line2),
    panel: read('--panel', lightTheme.panel),
    base,
    sft,
    reward,
    rlhf,
    bad,
    cut: read('--cut', lightTheme.cut),
    focus: read('--focus', lightTheme.focus),
    runs: [base, bad, rlhf, reward, sft, read('--ink2', lightTheme.ink2)],
    sans: read('--sans', lightTheme.sans),
    mono: read('--mono', lightTheme.mono),
    size: (Number.parseFloat(style.fontSize) || 16) * 0.75,
    still: matchMedia('(prefers-reduced-motion: reduce)').matches
  }
}

/** The theme as it is now, read again when the page turns dark or light, grows for presentation or stops moving. */
export function useChartTheme(): Readonly<ShallowRef<ChartTheme>> {
  const theme = shallowRef(readChartTheme())
  const again = () => {
    theme.value = readChartTheme()
  }
  const observer = new MutationObserver(again)
  observer.observe(document.documentElement, { attributes: true })
  const queries = ['(prefers-reduced-motion: reduce)', '(prefers-color-scheme: dark)'].map(query => matchMedia(query))
  for (const query of queries) query.addEventListener('change', again)
  onScopeDispose(() => {
    observer.disconnect()
    for (const query of queries) query.removeEventListener('change', again)
  })
  return theme
}
