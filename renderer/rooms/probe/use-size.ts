/** Size of an element, followed as it changes. */
import { onScopeDispose, shallowRef, watch, type Ref } from 'vue'

export interface Size {
  readonly width: number
  readonly height: number
}

export function useSize(element: Readonly<Ref<HTMLElement | null>>): Readonly<Ref<Size>> {
  const size = shallowRef<Size>({ width: 0, height: 0 })
  const observer = new ResizeObserver(([entry]) => {
    const { width, height } = entry!.contentRect
    if (width !== size.value.width || height !== size.value.height) size.value = { width, height }
  })
  watch(
    element,
    (now, before) => {
      if (before) observer.unobserve(before)
      if (now) observer.observe(now)
    },
    { immediate: true, flush: 'post' }
  )
  onScopeDispose(() => observer.disconnect())
  return size
}
