import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLaunchOrder } from '../../../src/main/launch-order.ts';

const commands = new Set(['doctor', 'status', 'audit', 'config', 'verify', 'sign']);

describe('what a start of the program is for', () => {
  it('is the desktop where nothing is asked', () => {
    expect(readLaunchOrder([], commands)).toEqual({ order: 'desktop', by: 'person' });
    expect(readLaunchOrder(['--no-such-thing'], commands)).toEqual({ order: 'desktop', by: 'person' });
  });

  it('is the desktop by the system at logon', () => {
    expect(readLaunchOrder(['--at-login'], commands)).toEqual({ order: 'desktop', by: 'logon' });
    expect(readLaunchOrder(['--some-switch', '--at-login'], commands)).toEqual({ order: 'desktop', by: 'logon' });
  });

  it('is a command line where a command comes first', () => {
    expect(readLaunchOrder(['doctor', '--json'], commands)).toEqual({ order: 'command', argv: ['doctor', '--json'], out: null });
    expect(readLaunchOrder(['--version'], commands)).toMatchObject({ order: 'command' });
  });

  it.each([[['--json', '--out', 'C:\\答.json']], [['--out', 'C:\\答.json', '--json']], [['--out=C:\\答.json', '--json']]])('takes the file for the answer out of it: %j', (options) => {
    expect(readLaunchOrder(['doctor', ...options], commands)).toEqual({ order: 'command', argv: ['doctor', '--json'], out: 'C:\\答.json' });
  });

  it.each([[['--out']], [['--out=']], [['--out', '']]])('leaves an option without a file for the command to refuse: %j', (options) => {
    expect(readLaunchOrder(['doctor', ...options], commands)).toEqual({ order: 'command', argv: ['doctor', ...options], out: null });
  });

  it('is never a command when a web page opened the URL scheme, whatever stands after it and beside it', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...commands, '--out', '--help', '--at-login'), fc.string())), fc.string(), fc.nat(5), fc.constantFrom('hpki-agent:', 'HPKI-Agent:'), (others, rest, at, scheme) => {
        const argv = [...others];
        argv.splice(at, 0, `${scheme}${rest}`);
        expect(readLaunchOrder(argv, commands)).toEqual({ order: 'desktop', by: 'link' });
      }),
    );
  });
});
