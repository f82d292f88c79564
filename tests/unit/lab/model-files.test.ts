import { describe, expect, it } from 'vitest'
import { LabFailure } from '../../../electron/contract/failure.ts'
import { chooseModelFiles } from '../../../electron/lab/model-files.ts'

const offer = (...paths: string[]) => paths.map(path => ({ path, bytes: 10 }))
const codeOf = (act: () => unknown): string => {
  try {
    act()
    return 'none'
  } catch (error) {
    return error instanceof LabFailure ? error.code : String(error)
  }
}
const whole = ['config.json', 'tokenizer.json', 'model.safetensors']

describe('files of an imported model', () => {
  it('takes what a model has and nothing else', () => {
    const chosen = chooseModelFiles(
      offer(...whole, 'onnx/model.onnx', 'onnx/model.onnx_data', 'README.md', 'run.exe', '.git/config.json')
    )
    expect([...chosen.values()]).toEqual([...whole, 'onnx/model.onnx', 'onnx/model.onnx_data', 'README.md'])
  })

  it('leaves out the folder that was dropped, whatever separates its names', () => {
    expect([...chooseModelFiles(offer(...whole.map(name => `my model/${name}`))).values()]).toEqual(whole)
    expect([...chooseModelFiles(offer('m\\config.json', 'm\\tokenizer.json', 'm\\onnx\\model.onnx')).values()]).toEqual([
      'config.json',
      'tokenizer.json',
      'onnx/model.onnx'
    ])
  })

  it.each([
    '../config.json',
    'a/../../config.json',
    '/etc/config.json',
    '\\\\server\\config.json',
    'C:\\config.json',
    'config.json:stream',
    'a//b',
    './config.json',
    'a\0b',
    ''
  ])('refuses the path %j', path =>
    expect(codeOf(() => chooseModelFiles([...offer(...whole), { path, bytes: 1 }]))).toBe('import-path')
  )

  it('refuses files that are too large before reading them', () => {
    expect(
      codeOf(() => chooseModelFiles([...offer('config.json', 'tokenizer.json'), { path: 'model.safetensors', bytes: 2 ** 40 }]))
    ).toBe('import-too-large')
    expect(
      codeOf(() => chooseModelFiles([...offer('config.json', 'model.safetensors'), { path: 'tokenizer.json', bytes: 2 ** 30 }]))
    ).toBe('import-too-large')
  })

  it('says what is missing', () => {
    expect(codeOf(() => chooseModelFiles(offer('config.json')))).toBe('import-incomplete')
    expect(codeOf(() => chooseModelFiles([]))).toBe('import-incomplete')
  })
})
