/** Where the lab keeps the user's runs, models and texts. */
import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { LabFailure } from '../contract/failure.ts'

/** The lab's folders. */
export interface Home {
  readonly root: string
  readonly runs: string
  readonly models: string
  readonly corpora: string
  /** Models in the Hugging Face ONNX layout, where the host has no dialog to choose a folder with. */
  readonly exports: string
  /** What was deleted, until it is emptied by hand. */
  readonly trash: string
  /** What can be made again: exported sessions. */
  readonly cache: string
}

/**
 * The lab's folder on this platform: `GPTLAB_HOME`, else the platform's place for application data
 * (XDG base directories on Linux, %APPDATA% on Windows, Application Support on macOS).
 */
export function homeFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  user = homedir()
): string {
  if (env['GPTLAB_HOME']) return resolve(env['GPTLAB_HOME'])
  if (platform === 'win32') return join(env['APPDATA'] || join(user, 'AppData', 'Roaming'), 'GPT Lab')
  if (platform === 'darwin') return join(user, 'Library', 'Application Support', 'GPT Lab')
  return join(env['XDG_DATA_HOME'] || join(user, '.local', 'share'), 'gpt-lab')
}

/**
 * Makes the lab's folders where they are missing.
 * @throws LabFailure `home-not-writable`
 */
export async function openHome(root: string): Promise<Home> {
  const at = (name: string) => join(root, name)
  const home: Home = {
    root,
    runs: at('runs'),
    models: at('models'),
    corpora: at('corpora'),
    exports: at('exports'),
    trash: at('trash'),
    cache: at('cache')
  }
  try {
    for (const folder of Object.values(home)) await mkdir(folder, { recursive: true })
  } catch (error) {
    throw new LabFailure(
      'home-not-writable',
      `The lab cannot write into its folder ${root}: ${(error as Error).message}. Set GPTLAB_HOME to a folder that you may write into.`,
      { folder: root, reason: (error as Error).message }
    )
  }
  return home
}
