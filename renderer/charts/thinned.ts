/** Fewer points for a curve of many steps: what a screen cannot tell apart is not drawn. */
type Numbers = ArrayLike<number>
export type Point = [x: number, y: number]

/** Pairs of the finite values. */
export const points = (x: Numbers, y: Numbers): Point[] => {
  const pairs: Point[] = []
  for (let i = 0; i < Math.min(x.length, y.length); i++) if (Number.isFinite(y[i])) pairs.push([x[i]!, y[i]!])
  return pairs
}

/** Lowest and highest of each of `buckets` equal stretches, in order: no peak is lost. */
export function extremes(x: Numbers, y: Numbers, buckets: number): Point[] {
  const length = Math.min(x.length, y.length)
  if (length <= 2 * buckets) return points(x, y)
  const kept: Point[] = []
  for (let bucket = 0; bucket < buckets; bucket++) {
    const end = Math.floor(((bucket + 1) * length) / buckets)
    let low = -1
    let high = -1
    for (let i = Math.floor((bucket * length) / buckets); i < end; i++) {
      if (!Number.isFinite(y[i])) continue
      if (low < 0 || y[i]! < y[low]!) low = i
      if (high < 0 || y[i]! > y[high]!) high = i
    }
    for (const i of low === high ? [low] : [Math.min(low, high), Math.max(low, high)]) if (i >= 0) kept.push([x[i]!, y[i]!])
  }
  return kept
}

/** Every n-th point and the last one, at most about `most`: for a curve that is smooth already. */
export function everyNth(x: Numbers, y: Numbers, most: number): Point[] {
  const length = Math.min(x.length, y.length)
  const stride = Math.max(1, Math.ceil(length / most))
  const kept: Point[] = []
  for (let i = (length - 1) % stride; i < length; i += stride) if (Number.isFinite(y[i])) kept.push([x[i]!, y[i]!])
  return kept
}

/** Place of the last step that is not after `step`; −1 when all are. `steps` rises. */
export function placeAt(steps: Numbers, step: number): number {
  let low = 0
  let high = steps.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (steps[middle]! <= step) low = middle + 1
    else high = middle
  }
  return low - 1
}
