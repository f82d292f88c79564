/** Files of a folder that a person chose or dropped. */
import { LabFailure } from '../../../electron/contract/failure.ts'

export interface FolderFile {
  /** With the folder's name in front, as `webkitRelativePath`. */
  readonly path: string
  readonly size: number
  readonly read: () => Promise<Uint8Array<ArrayBuffer>>
}

export interface OfferedFolder {
  readonly name: string
  readonly files: readonly FolderFile[]
}

/** What a browser can hand over in one message; the command line takes more. */
export const mostBytes = 500e6

/** Endings that a model's folder can need; everything else (other formats' weights, pictures) is not even read. */
const wanted = /\.(json|md|safetensors|onnx)$|\.onnx_data(_\d+)?$/

/**
 * The folder with only the files that a model can need.
 * @throws LabFailure `import-no-model` when none is left, `import-too-much` when they are more than a browser can hand over
 */
export function modelFiles({ name, files }: OfferedFolder): OfferedFolder {
  const chosen = files.filter(({ path }) => wanted.test(path) && !path.split('/').some(part => part.startsWith('.')))
  if (chosen.length === 0)
    throw new LabFailure(
      'import-no-model',
      `Expected a model's folder with config.json, tokenizer.json and weights but ${name} holds none of these. Choose the folder that holds config.json.`,
      { name }
    )
  const total = chosen.reduce((sum, file) => sum + file.size, 0)
  if (total > mostBytes || chosen.length > 200)
    throw new LabFailure(
      'import-too-much',
      `Expected a model of at most 500 MB in 200 files but ${name} has ${Math.round(total / 1e6)} MB in ${chosen.length}. Import it on the command line: gptlab import FOLDER`,
      { name, megabytes: Math.round(total / 1e6), files: chosen.length }
    )
  return { name, files: chosen }
}

const fromFile = (file: File, path: string): FolderFile => ({
  path,
  size: file.size,
  read: async () => new Uint8Array(await file.arrayBuffer())
})

/** The folder of an `<input type="file" webkitdirectory>`; null when nothing was chosen. */
export function chosenFolder(files: FileList | null): OfferedFolder | null {
  const all = [...(files ?? [])]
  const name = all[0]?.webkitRelativePath.split('/')[0]
  return name ? { name, files: all.map(file => fromFile(file, file.webkitRelativePath)) } : null
}

/** Whether something that is dragged over the page may be a folder. */
export const carriesFiles = (transfer: DataTransfer | null): boolean => transfer?.types.includes('Files') ?? false

/**
 * The folder that was dropped.
 * @throws LabFailure `import-no-folder` when it is not exactly one
 */
export async function droppedFolder(transfer: DataTransfer): Promise<OfferedFolder> {
  // Entries must be taken before the first wait: the browser empties the transfer after the event.
  const entries = [...transfer.items].map(item => item.webkitGetAsEntry()).filter(entry => entry !== null)
  const [folder] = entries
  if (entries.length !== 1 || !folder?.isDirectory)
    throw new LabFailure('import-no-folder', 'Expected one folder with a model. Drop the folder itself, not the files in it.')
  return { name: folder.name, files: await filesIn(folder as FileSystemDirectoryEntry, folder.name) }
}

async function filesIn(folder: FileSystemDirectoryEntry, prefix: string): Promise<FolderFile[]> {
  const reader = folder.createReader()
  const files: FolderFile[] = []
  // A reader hands out a folder in pieces; an empty piece is the end.
  for (;;) {
    const piece = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (piece.length === 0) return files
    for (const entry of piece) {
      const path = `${prefix}/${entry.name}`
      if (entry.isDirectory) files.push(...(await filesIn(entry as FileSystemDirectoryEntry, path)))
      else {
        const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
        files.push(fromFile(file, path))
      }
    }
  }
}
