import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  { ignores: ['test/bench/captures/', 'src/*/short-way/'] }, // AssemblyScript has a compiler of its own
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // A closed set that grows must be looked at everywhere: no `default` hides a new member.
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      // Numbers in messages are what this program is about.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // An async method that satisfies an interface need not await.
      '@typescript-eslint/require-await': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
      'prefer-const': 'error',
    },
  },
  {
    // Reads of typed arrays are `number | undefined` under noUncheckedIndexedAccess, and in these folders every record
    // makes many of them, all inside bounds that were checked once. The `!` costs nothing at run time.
    files: [
      'src/capture/**',
      'src/filter/**',
      'src/wire/**',
      'src/segment/**',
      'src/reading/**',
      'src/flow/**',
      'src/detect/**',
      'src/packets/**',
      'src/store/bulk/**',
    ],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    // Offsets, bits and protocol numbers are const enums, for the compiler puts their values in place (a property of an
    // object is fetched at every use, which cost an eighth of a whole run). Octets are compared with them as numbers.
    files: ['src/**'],
    rules: {
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      '@typescript-eslint/no-duplicate-enum-values': 'off',
    },
  },
  {
    files: ['src/cli.ts', 'src/commands/**'],
    rules: { 'no-console': 'off' },
  },
  {
    // A test that asks for what is not there should fail, and does so at the `!`. Rows read from SQL are of any shape.
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Conversations are put together from talks, which are text.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allow: [{ from: 'file', name: 'Talk' }] },
      ],
      'no-console': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        performance: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
      },
    },
    rules: { 'no-unused-vars': ['error', { argsIgnorePattern: '^_' }] },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: { process: 'readonly', __dirname: 'readonly' } },
  },
);
