import { describe, expect, it } from 'vitest'
import { modelFiles, mostBytes, type FolderFile } from '../../../../../renderer/rooms/models/folder-files.ts'

const file = (path: string, size = 10): FolderFile => ({ path, size, read: () => Promise.resolve(new Uint8Array(size)) })
const folder = (...files: FolderFile[]) => ({ name: 'tiny', files })
const failure = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}

describe('the files of a folder that is imported', () => {
  it('are those that a model can need; the rest is not even read', () => {
    const { files } = modelFiles(
      folder(
        file('tiny/config.json'),
        file('tiny/tokenizer.json'),
        file('tiny/model.safetensors'),
        file('tiny/onnx/model.onnx'),
        file('tiny/onnx/model.onnx_data_1'),
        file('tiny/README.md'),
        file('tiny/pytorch_model.bin'),
        file('tiny/picture.png'),
        file('tiny/.git/config.json')
      )
    )
    expect(files.map(({ path }) => path)).toEqual([
      'tiny/config.json',
      'tiny/tokenizer.json',
      'tiny/model.safetensors',
      'tiny/onnx/model.onnx',
      'tiny/onnx/model.onnx_data_1',
      'tiny/README.md'
    ])
  })

  it('are none in a folder of pictures', () => {
    expect(failure(() => modelFiles(folder(file('tiny/a.png'))))).toMatchObject({ code: 'import-no-model', details: { name: 'tiny' } })
    expect(failure(() => modelFiles(folder()))).toMatchObject({ code: 'import-no-model' })
  })

  it('may be too much for a browser to hand over', () => {
    const large = folder(file('tiny/config.json'), file('tiny/model.safetensors', mostBytes))
    expect(failure(() => modelFiles(large))).toMatchObject({ code: 'import-too-much', details: { megabytes: 500, files: 2 } })
    const many = folder(...Array.from({ length: 201 }, (_, i) => file(`tiny/${i}.json`)))
    expect(failure(() => modelFiles(many))).toMatchObject({ code: 'import-too-much', details: { files: 201 } })
  })
})
