/** What the lab runs on: engine, cores, providers. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { SystemDescription } from '../../electron/contract/system.ts'
import { call } from '../lab.ts'
import { useConnection } from './connection.ts'

export const useSystem = defineStore('system', () => {
  const system = shallowRef<SystemDescription | null>(null)
  useConnection().whenConnected(
    () =>
      void call('system.describe').then(
        described => (system.value = described),
        () => {}
      )
  )
  return { system }
})
