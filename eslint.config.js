/** Lint: strict types, Vue, the floors of the design, and no raw Electron messaging outside its room. */
import { existsSync } from 'node:fs'
import vue from 'eslint-plugin-vue'
import importX, { createNodeResolver } from 'eslint-plugin-import-x'
import tseslint from 'typescript-eslint'

/** Rooms by floor, lowest first. An import may stay on its floor or go down, never up. */
const floors = [
  ['contract', 'measures', 'chain'],
  ['engine', 'graph', 'corpora', 'tokenizers', 'sampling'],
  ['training', 'onnx'],
  ['lab'],
  ['desktop', 'browser-host'],
  ['cli']
]

/** One zone for each room: everything that stands above it is out of its reach. */
const zones = floors.flatMap((rooms, floor) =>
  rooms.map(room => ({
    target: `./electron/${room}`,
    from: [
      ...floors.slice(floor + 1).flatMap(above => above.map(name => `./electron/${name}`)),
      './electron/main.ts',
      './electron/preload.ts',
      './renderer'
    ].filter(path => existsSync(path)),
    message:
      'Imports point down the floors: cli → desktop, browser-host → lab → training, onnx → engine, graph, corpora, tokenizers, sampling → chain, measures, contract.'
  }))
)
const rendererZone = {
  target: './renderer',
  from: './electron',
  except: ['./contract'],
  message: 'The page knows the lab through electron/contract only.'
}

export default tseslint.config(
  {
    ignores: [
      'out/',
      'dist/',
      'release/',
      'electron/engine/build/',
      'tests/output/',
      'tests/fixtures/',
      'models/',
      'coverage/',
      'test-results/',
      'playwright-report/'
    ]
  },
  ...tseslint.configs.recommended,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: {
      // Prettier owns the layout of templates.
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/first-attribute-linebreak': 'off',
      'vue/multi-word-component-names': 'off',
      'vue/require-default-prop': 'off'
    }
  },
  {
    files: ['**/*.{ts,vue,mjs}'],
    plugins: { 'import-x': importX },
    // import-x reads imported pages with the options of the file that imports them.
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.vue', '.mjs', '.js'] })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'], 'vue-eslint-parser': ['.vue'] }
    },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones: [...zones, rendererZone] }],
      'import-x/no-cycle': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-undef': 'off',
      eqeqeq: ['error', 'always']
    }
  },
  {
    // Everything that the page, the contract or the lab must not know.
    files: ['electron/contract/**/*.ts', 'renderer/**/*.{ts,vue}'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^(node:|electron$|ws$|onnxruntime-node$)', message: 'Runs in the page too: no Node, no Electron.' }
          ]
        }
      ]
    }
  },
  {
    files: ['electron/contract/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(node:|electron$|vue|ws$|onnxruntime-node$)',
              message: 'The contract belongs to all sides: no Node, Electron or Vue.'
            }
          ]
        }
      ]
    }
  },
  {
    files: ['electron/**/*.ts'],
    ignores: ['electron/main.ts', 'electron/preload.ts', 'electron/desktop/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'electron', message: 'Electron belongs in desktop/, main.ts and preload.ts.' }] }
      ]
    }
  },
  {
    files: ['electron/main.ts', 'electron/preload.ts', 'electron/desktop/**/*.ts'],
    ignores: ['electron/preload.ts', 'electron/desktop/ipc.ts', 'electron/desktop/ipc/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'electron',
              importNames: ['ipcMain', 'ipcRenderer'],
              message: 'Messages cross through desktop/ipc.ts and the preload only.'
            }
          ]
        }
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.property.name='send'][callee.object.property.name='webContents']",
          message: 'Push through desktop/ipc.ts.'
        }
      ]
    }
  }
)
