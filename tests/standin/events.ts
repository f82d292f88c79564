/** Electron's events: emitters whose listeners may prevent what is announced. */
import type { EventEmitter } from 'node:events'

export class PreventableEvent {
  defaultPrevented = false
  preventDefault() {
    this.defaultPrevented = true
  }
}

/** Emits an event that can be prevented; whether it was. */
export function prevented(
  emitter: EventEmitter,
  name: string,
  event: PreventableEvent = new PreventableEvent(),
  ...values: unknown[]
): boolean {
  emitter.emit(name, event, ...values)
  return event.defaultPrevented
}

/** An object whose missing members are named when they are used, so that the stand-in never passes for more than it is. */
export function guarded<T extends object>(name: string, target: T): T {
  return new Proxy(target, {
    get(whole, key) {
      const value: unknown = Reflect.get(whole, key)
      if (value === undefined && typeof key === 'string' && !(key in whole) && !['then', 'toJSON', 'inspect'].includes(key))
        throw new Error(`${name}.${key} is not implemented in the stand-in`)
      return typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value))
        ? (value.bind(whole) as unknown)
        : value
    }
  })
}
