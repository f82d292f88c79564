/**
 * A run's log: what happened, as JSON Lines (`log.jsonl`). One object of `RunProgress` a line.
 *
 * Lines are appended; only resuming takes some away: what came after the checkpoint from which the run goes
 * on is dropped, so that the log reads as if the run had never been interrupted.
 */
import { open, readFile, rename, truncate, type FileHandle } from 'node:fs/promises'
import type { RunProgress } from '../contract/training.ts'
import { setAside } from './damaged-file.ts'

/** What a log file holds: its lines and how many bytes of it can be trusted. */
export interface LogContent {
  readonly lines: readonly RunProgress[]
  /** Byte offset after each line. */
  readonly ends: readonly number[]
  /** Whether the last line was torn by a kill and has been left out. */
  readonly torn: boolean
  /** Lines in the middle that are no JSON; a log with any is damaged. */
  readonly unreadable: number
}

/** Reads log text. A last line without its newline is torn and left out. */
export function parseLog(bytes: Uint8Array): LogContent {
  const text = new TextDecoder()
  const lines: RunProgress[] = []
  const ends: number[] = []
  let unreadable = 0
  let from = 0
  for (let to = bytes.indexOf(10); to >= 0; to = bytes.indexOf(10, from)) {
    const line = readLine(text.decode(bytes.subarray(from, to)))
    if (line) {
      lines.push(line)
      ends.push(to + 1)
    } else unreadable++
    from = to + 1
  }
  return { lines, ends, torn: from < bytes.length, unreadable }
}

function readLine(text: string): RunProgress | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return value !== null && typeof value === 'object' && 'kind' in value ? (value as RunProgress) : undefined
  } catch {
    return undefined
  }
}

/** The lines of a log file; none when there is no file. */
export async function readLog(path: string): Promise<LogContent> {
  return parseLog(await readFile(path).catch(emptyWhenMissing))
}

function emptyWhenMissing(error: NodeJS.ErrnoException): Uint8Array {
  if (error.code === 'ENOENT') return new Uint8Array()
  throw error
}

/** Lines that belong to a run which stands at `step`: the first line past it and all that follow are dropped. */
export function linesUntil(lines: readonly RunProgress[], step: number): readonly RunProgress[] {
  const end = lines.findIndex(line => 'step' in line && line.step > step)
  return end < 0 ? lines : lines.slice(0, end)
}

/** An open log. */
export class RunLog {
  #pending = ''
  #writing: Promise<void> = Promise.resolve()

  private constructor(
    readonly file: FileHandle,
    /** The lines that were there already. */
    readonly kept: readonly RunProgress[]
  ) {}

  /**
   * Opens the log of a run that stands at `step`: cuts off a torn last line and everything after that step.
   * A log with unreadable lines is set aside under another name and its readable lines go into a new one.
   */
  static async open(path: string, step: number): Promise<RunLog> {
    const content = await readLog(path)
    const kept = linesUntil(content.lines, step)
    if (content.unreadable > 0) {
      const whole = `${path}.new`
      const file = await open(whole, 'w')
      await file.writeFile(kept.map(line => `${JSON.stringify(line)}\n`).join(''))
      await file.sync()
      await file.close()
      await setAside(path)
      await rename(whole, path)
    } else if (content.torn || kept.length < content.lines.length)
      await truncate(path, kept.length > 0 ? content.ends[kept.length - 1]! : 0)
    return new RunLog(await open(path, 'a'), kept)
  }

  /** Adds a line; it reaches the file soon, in order, and at the latest with `flush`. */
  append(line: RunProgress): void {
    this.#pending += `${JSON.stringify(line)}\n`
  }

  /** Hands everything to the operating system: it survives the death of this process. */
  write(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const text = this.#pending
      this.#pending = ''
      if (text) await this.file.appendFile(text)
    })
    return this.#writing
  }

  /** Brings everything to the disk: it survives a power cut. */
  async flush(): Promise<void> {
    await this.write()
    await this.file.datasync()
  }

  async close(): Promise<void> {
    await this.write()
    await this.file.close()
  }
}
