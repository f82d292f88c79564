/** The system's own program for an address or a folder. */
import { spawn } from 'node:child_process'

/** Opens an address in the default browser, a folder in the file manager. False where there is none (no display, no program). */
export function openWithSystem(
  target: string,
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env
): Promise<boolean> {
  const command = opener(target, platform, env)
  if (!command) return Promise.resolve(false)
  return new Promise(resolve => {
    const child = spawn(command[0], command.slice(1), { stdio: 'ignore', detached: true })
    child.once('error', () => resolve(false))
    child.once('spawn', () => {
      child.unref()
      resolve(true)
    })
  })
}

/** The command that opens a target, or null where nothing could be shown. */
export function opener(target: string, platform: NodeJS.Platform, env: NodeJS.ProcessEnv): readonly [string, ...string[]] | null {
  if (env['CI']) return null
  if (platform === 'darwin') return ['open', target]
  // `start` belongs to the shell, which would read the & of an address.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', target]
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] ? ['xdg-open', target] : null
}
