/** The lab in a browser: what `npm start` falls back to where Electron cannot start, and what `gptlab serve` does. */
import { fileURLToPath } from 'node:url'
import type { HostPort } from '../contract/handlers.ts'
import { openLab } from '../lab/lab.ts'
import { openWithSystem } from './open-with-system.ts'
import { serveLab, type ServedLab } from './serve-lab.ts'

export interface HostLabOptions {
  readonly port?: number
  /** Open the default browser, where there is one. */
  readonly openBrowser?: boolean
}

export interface HostedLab extends ServedLab {
  /** Whether a browser was started. */
  readonly opened: boolean
}

/** A browser has no dialogs of the lab's own; the file manager is the system's. */
const host: HostPort = {
  host: 'browser',
  chooseFolder: async () => undefined,
  reveal: path => openWithSystem(path)
}

/** Opens the lab in its home and serves it. Closing it leaves a checkpoint of every run and makes them resumable. */
export async function hostLab({ port, openBrowser = false }: HostLabOptions = {}): Promise<HostedLab> {
  const lab = await openLab({ host })
  const served = await serveLab(lab, {
    port,
    home: lab.home.root,
    // Beside this file once it is built into out/main.
    rendererDirectory: fileURLToPath(new URL('../renderer', import.meta.url)),
    bridgeDirectory: fileURLToPath(new URL('../browser-host', import.meta.url))
  }).catch(async error => {
    await lab.close()
    throw error
  })
  return {
    ...served,
    opened: openBrowser && (await openWithSystem(served.url)),
    close: async () => {
      await served.close()
      await lab.close()
    }
  }
}
