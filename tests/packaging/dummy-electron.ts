/** Distributions of Electron that are not: the files that electron-builder looks for, with nothing behind them. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** What Electron's program carries at the place of its fuses: a mark, version 1, their number, each `1` (on) or `0`. */
const fuseMark = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
const fuseNames = [
  'runAsNode',
  'cookieEncryption',
  'nodeOptionsVariable',
  'nodeInspectArguments',
  'asarIntegrity',
  'onlyLoadAppFromAsar',
  'browserV8Snapshot',
  'fileProtocolPrivileges'
] as const
/** As Electron is delivered. */
const delivered = '10110001'
const fuseWire = Buffer.concat([Buffer.from(fuseMark), Buffer.of(1, fuseNames.length), Buffer.from(delivered)])

/** The fuses of a program, by name. */
export function readFuses(program: Buffer): Record<(typeof fuseNames)[number], boolean> {
  const start = program.indexOf(fuseMark) + fuseMark.length + 2
  return Object.fromEntries(fuseNames.map((name, place) => [name, program[start + place] === '1'.charCodeAt(0)])) as never
}

/** The smallest Windows program that tools for resources take for one: DOS stub, headers of a 64-bit PE, one section. */
function portableExecutable(content: Buffer): Buffer {
  const file = Buffer.alloc(0x400)
  file.write('MZ', 0, 'latin1')
  file.writeUInt32LE(0x80, 0x3c)
  file.write('PE\0\0', 0x80, 'latin1')
  const coff = 0x84
  file.writeUInt16LE(0x8664, coff) // machine: x64
  file.writeUInt16LE(1, coff + 2) // sections
  file.writeUInt16LE(240, coff + 16) // size of the optional header
  file.writeUInt16LE(0x22, coff + 18) // executable, large addresses
  const optional = coff + 20
  file.writeUInt16LE(0x20b, optional) // PE32+
  file.writeUInt32LE(0x200, optional + 4) // size of code
  file.writeUInt32LE(0x1000, optional + 16) // entry
  file.writeUInt32LE(0x1000, optional + 20) // base of code
  file.writeBigUInt64LE(0x140000000n, optional + 24)
  file.writeUInt32LE(0x1000, optional + 32) // section alignment
  file.writeUInt32LE(0x200, optional + 36) // file alignment
  file.writeUInt16LE(6, optional + 40) // system version
  file.writeUInt16LE(6, optional + 48) // subsystem version
  file.writeUInt32LE(0x2000, optional + 56) // size of the image
  file.writeUInt32LE(0x200, optional + 60) // size of the headers
  file.writeUInt16LE(2, optional + 68) // subsystem: graphical
  file.writeUInt32LE(16, optional + 108) // data directories
  const section = optional + 240
  file.write('.text', section, 'latin1')
  file.writeUInt32LE(0x200, section + 8)
  file.writeUInt32LE(0x1000, section + 12)
  file.writeUInt32LE(0x200, section + 16)
  file.writeUInt32LE(0x200, section + 20)
  file.writeUInt32LE(0x60000020, section + 36) // code, readable, executable
  content.copy(file, 0x200)
  return file
}

/** What electron-builder edits programs with. */
interface Resedit {
  NtExecutable: { from(file: Buffer): { generate(): ArrayBuffer } }
  NtExecutableResource: { from(program: object): { entries: object[]; outputResource(program: object): void } }
  Resource: {
    VersionInfo: {
      createEmpty(): {
        setFileVersion(...numbers: number[]): void
        setStringValues(language: { lang: number; codepage: number }, values: Record<string, string>): void
        outputToResourceEntries(entries: object[]): void
      }
    }
  }
}

/** The program with a version in it, which electron-builder writes its own over. */
function withVersion(program: Buffer): Buffer {
  const require = createRequire(createRequire(import.meta.url).resolve('app-builder-lib/package.json'))
  const { NtExecutable, NtExecutableResource, Resource } = require('resedit') as Resedit
  const executable = NtExecutable.from(program)
  const resource = NtExecutableResource.from(executable)
  const info = Resource.VersionInfo.createEmpty()
  info.setFileVersion(1, 0, 0, 0, 1033)
  info.setStringValues({ lang: 1033, codepage: 1200 }, { FileDescription: 'Electron', ProductName: 'Electron' })
  info.outputToResourceEntries(resource.entries)
  resource.outputResource(executable)
  return Buffer.from(executable.generate())
}

/** Writes a distribution for a platform into a folder. */
export function writeDummyElectron(folder: string, platform: 'linux' | 'win32', version: string): void {
  mkdirSync(join(folder, 'locales'), { recursive: true })
  mkdirSync(join(folder, 'resources'))
  for (const name of ['LICENSE', 'LICENSES.chromium.html', 'resources.pak', 'locales/en-US.pak', 'locales/zh-CN.pak'])
    writeFileSync(join(folder, name), '')
  writeFileSync(join(folder, 'version'), version)
  const program = platform === 'win32' ? withVersion(portableExecutable(fuseWire)) : fuseWire
  writeFileSync(join(folder, platform === 'win32' ? 'electron.exe' : 'electron'), program, { mode: 0o755 })
}
