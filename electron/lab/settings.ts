/** The user's settings, in `settings.json`. */
import { join } from 'node:path'
import * as v from 'valibot'
import { SettingsSchema, type Settings } from '../contract/system.ts'
import { readJson, writeJson } from './json-file.ts'

/** Settings of someone who has chosen nothing; the language is the system's where the lab speaks it. */
export function defaultSettings(locale = Intl.DateTimeFormat().resolvedOptions().locale): Settings {
  return {
    language: locale.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en',
    theme: 'system',
    present: false,
    threads: 0,
    provider: 'auto'
  }
}

/** Settings that are kept in a file. */
export class SettingsFile {
  private constructor(
    readonly path: string,
    private current: Settings
  ) {}

  /** Opens the settings; a damaged file is set aside and the defaults hold. */
  static async open(folder: string): Promise<SettingsFile> {
    const path = join(folder, 'settings.json')
    const stored = await readJson(path, value => v.parse(v.partial(SettingsSchema), value))
    return new SettingsFile(path, { ...defaultSettings(), ...stored })
  }

  get(): Settings {
    return this.current
  }

  async set(changes: Partial<Settings>): Promise<Settings> {
    this.current = { ...this.current, ...changes }
    await writeJson(this.path, this.current)
    return this.current
  }
}
