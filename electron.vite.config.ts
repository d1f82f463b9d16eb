/**
 * Builds the desktop app into out/: main, its preloads and the pages. The pages' part is also what the renderer tests
 * build and open in Chromium.
 */
import path from 'node:path';
import { preact } from '@preact/preset-vite';
import { defineConfig } from 'electron-vite';
import type { UserConfig } from 'vite';
import { helpPages } from './scripts/help-pages.ts';

const root = import.meta.dirname;
/** out/, or the folder that a test wants to have for itself. */
const out = process.env['DESKTOP_OUT'] ?? path.join(root, 'out');

/** The windows' pages, and the user's manual. Everything is local; nothing is inlined, so that the CSP needs no exception. */
export const pages = {
  root: path.join(root, 'src/renderer'),
  plugins: [preact({ devToolsEnabled: false, prefreshEnabled: false, reactAliasesEnabled: false }), helpPages(path.join(root, 'docs/user'))],
  build: {
    outDir: path.join(out, 'renderer'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        signature: path.join(root, 'src/renderer/signature/index.html'),
        authentication: path.join(root, 'src/renderer/authentication/index.html'),
        pairing: path.join(root, 'src/renderer/pairing/index.html'),
        home: path.join(root, 'src/renderer/home/index.html'),
        help: path.join(root, 'src/renderer/help/index.html'),
      },
    },
  },
} satisfies UserConfig;

export default defineConfig({
  main: {
    build: {
      outDir: path.join(out, 'main'),
      // The optional binding too: compiled code cannot be bundled.
      externalizeDeps: { include: ['graphene-pk11'] },
      rolldownOptions: {
        input: {
          index: path.join(root, 'src/main/index.ts'),
          // Started as a process of its own, by its name beside whoever starts it: hence all chunks in one folder.
          'card-host-process': path.join(root, 'src/native/host/card-host-process.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: path.join(out, 'preload'),
      // A sandboxed preload can require no package, and must be CommonJS: one self-contained file for each window.
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: path.join(root, 'src/main/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: pages,
});
