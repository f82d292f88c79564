/** Runs that come with the lab as they were recorded: exhibits, to be looked at and not to be gone on with. */
import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { LabFailure } from '../contract/failure.ts'
import { advanceSummary } from '../contract/run-row.ts'
import type { RunHistory, RunSummary } from '../contract/training.ts'
import { readRunFolder, runFolder } from '../training/run-folder.ts'
import { readLog } from '../training/run-log.ts'
import type { Resources } from './resources.ts'
import { emptySummary, historyOf } from './run-summary.ts'

const prefix = 'shipped:'

export class RecordedRuns {
  readonly #root: string

  constructor({ models }: Resources) {
    this.#root = join(models, 'runs')
  }

  /** Whether a run's id is that of a recorded one. */
  has(id: string): boolean {
    return id.startsWith(prefix)
  }

  async list(): Promise<readonly RunSummary[]> {
    const entries = await readdir(this.#root, { withFileTypes: true }).catch(() => [])
    const names = entries.filter(entry => entry.isDirectory()).map(({ name }) => name)
    return Promise.all(
      names.sort().map(async name => {
        const folder = runFolder(join(this.#root, name))
        const { recipe, record } = await readRunFolder(folder)
        const { lines } = await readLog(folder.log)
        return { ...lines.reduce(advanceSummary, emptySummary(name, recipe, record)), id: `${prefix}${name}` }
      })
    )
  }

  /** @throws LabFailure `run-unknown` */
  async history(id: string): Promise<RunHistory> {
    const path = join(this.#root, id.slice(prefix.length))
    if (dirname(path) !== this.#root || !(await stat(path).catch(() => undefined)))
      throw new LabFailure('run-unknown', `There is no recorded run ${id}.`, { run: id })
    return historyOf((await readLog(runFolder(path).log)).lines).snapshot(id)
  }
}
