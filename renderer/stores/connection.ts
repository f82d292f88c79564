/** Whether the lab answers. Stores that show what it holds load again when it is back. */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { onConnection } from '../lab.ts'

export const useConnection = defineStore('connection', () => {
  const connected = ref(true)
  const again = new Set<() => void>()
  onConnection(now => {
    const back = now && !connected.value
    connected.value = now
    if (back) for (const load of again) load()
  })
  /** Runs `load` now and whenever the connection is back: events that came in between were missed. */
  function whenConnected(load: () => void): void {
    again.add(load)
    load()
  }
  return { connected, whenConnected }
})
