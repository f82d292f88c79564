/** One process trains a run: whoever holds `lock.json`. */
import { randomUUID } from 'node:crypto'
import { open, readFile, rm, stat, utimes } from 'node:fs/promises'
import { LabFailure } from '../contract/failure.ts'

/** A holder touches its lock this often, seconds; a lock left untouched for three times as long is nobody's. */
const beat = 10
const stale = 3 * beat

interface Holder {
  readonly process: number
  readonly token: string
}

/** A lock that is held. */
export interface RunLock {
  release(): Promise<void>
}

/**
 * Takes the lock of a run.
 * @throws LabFailure `run-locked` when another living process holds it
 */
export async function lockRun(path: string, run: string): Promise<RunLock> {
  const token = randomUUID()
  for (let attempt = 0; ; attempt++) {
    try {
      const file = await open(path, 'wx')
      await file.writeFile(JSON.stringify({ process: process.pid, token } satisfies Holder))
      await file.close()
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const holder = await lockHolder(path)
      if (holder !== undefined || attempt === 3)
        throw new LabFailure(
          'run-locked',
          `The run ${run} is being trained by another process (${holder ?? 'unknown'}). Stop it there first.`,
          { run, process: holder ?? '' }
        )
      // Another process may be between creating its lock and writing into it.
      if (attempt === 0) await new Promise(resolve => setTimeout(resolve, 100))
      else await rm(path, { force: true })
    }
  }
  const heart = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), beat * 1000)
  heart.unref()
  return {
    release: async () => {
      clearInterval(heart)
      if ((await readHolder(path))?.token === token) await rm(path, { force: true })
    }
  }
}

/** Process that trains the run; undefined when none does, also when its lock was left behind by one that was killed. */
export async function lockHolder(path: string): Promise<number | undefined> {
  const holder = await readHolder(path)
  if (!holder || !isAlive(holder.process)) return undefined
  const touched = await stat(path).catch(() => undefined)
  // A process number is used again after a restart of the machine: only a beating lock belongs to the living.
  return touched && Date.now() - touched.mtimeMs < stale * 1000 ? holder.process : undefined
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder>
    return typeof value.process === 'number' && typeof value.token === 'string' ? (value as Holder) : undefined
  } catch {
    return undefined
  }
}

function isAlive(process_: number): boolean {
  try {
    process.kill(process_, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
