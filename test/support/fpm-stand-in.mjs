#!/usr/bin/env node
/**
 * Plays fpm, which electron-builder downloads: takes the command line that electron-builder gives it and makes the deb
 * with dpkg-deb. What it does not know it refuses, so that no option of ours is quietly lost. For tests only.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

/** Option → how many values follow it. */
const withValue = new Set(['-s', '-t', '-d', '--deb-recommends', '--architecture', '--after-install', '--after-remove', '--before-remove', '--description', '--version', '--package', '--name', '--maintainer', '--vendor', '--url', '--deb-priority', '--license', '--deb-compression', '--category']);
const flags = new Set(['--force', '--deb-no-default-config-files']);

const options = new Map();
const mappings = [];
const queue = process.argv.slice(2);
while (queue.length > 0) {
  const argument = queue.shift();
  const [name, ...joined] = argument.startsWith('--') ? argument.split('=') : [argument];
  if (flags.has(name)) options.set(name, []);
  else if (withValue.has(name)) options.set(name, [...(options.get(name) ?? []), joined.length > 0 ? joined.join('=') : queue.shift()]);
  else if (!argument.startsWith('-') && argument.includes('=')) mappings.push([argument.slice(0, argument.indexOf('=')), argument.slice(argument.indexOf('=') + 1)]);
  else throw new Error(`fpm stand-in: ${argument} is not known`);
}
const one = (name) => {
  const [value] = options.get(name) ?? [];
  if (value === undefined) throw new Error(`fpm stand-in: ${name} is missing`);
  return value;
};
if (one('-t') !== 'deb' || one('-s') !== 'dir') throw new Error('fpm stand-in: makes debs of folders alone');
if (!options.has('--deb-no-default-config-files')) throw new Error('fpm stand-in: fpm would make conffiles of what lies below /etc');

const tree = mkdtempSync(path.join(tmpdir(), 'fpm-'));
try {
  chmodSync(tree, 0o755);
  for (const [from, to] of mappings) {
    const target = path.join(tree, to);
    mkdirSync(path.dirname(target), { recursive: true });
    // As fpm: a folder that ends in a slash is its content.
    cpSync(from, target, { recursive: true, verbatimSymlinks: true });
    if (statSync(from).isDirectory() && !from.endsWith('/')) throw new Error(`fpm stand-in: ${from} without a slash`);
  }
  mkdirSync(path.join(tree, 'DEBIAN'));
  const [synopsis = '', ...description] = one('--description').split('\n');
  const control = [
    `Package: ${one('--name')}`,
    `Version: ${one('--version')}`,
    `Architecture: ${one('--architecture')}`,
    `Maintainer: ${one('--maintainer')}`,
    `Depends: ${(options.get('-d') ?? []).join(', ')}`,
    `Recommends: ${(options.get('--deb-recommends') ?? []).join(', ')}`,
    `Priority: ${one('--deb-priority')}`,
    `Homepage: ${one('--url')}`,
    `Description: ${synopsis}`,
    ...description.map((line) => ` ${line.trim() === '' ? '.' : line.trim()}`),
  ];
  writeFileSync(path.join(tree, 'DEBIAN/control'), `${control.join('\n')}\n`);
  for (const [option, script] of [['--after-install', 'postinst'], ['--before-remove', 'prerm'], ['--after-remove', 'postrm']]) {
    writeFileSync(path.join(tree, 'DEBIAN', script), readFileSync(one(option)), { mode: 0o755 });
  }
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', tree, one('--package')], { stdio: 'inherit' });
} finally {
  rmSync(tree, { recursive: true, force: true });
}
