import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLaunchOrder } from '../../../src/main/launch-order.ts';

const commands = new Set(['doctor', 'status', 'audit', 'config', 'verify', 'sign']);

describe('what a start of the program is for', () => {
  it('is the desktop where nothing is asked', () => {
    expect(readLaunchOrder([], commands)).toEqual({ order: 'desktop' });
    expect(readLaunchOrder(['--hidden'], commands)).toEqual({ order: 'desktop' });
  });

  it('is a command line where a command comes first', () => {
    expect(readLaunchOrder(['doctor', '--json'], commands)).toEqual({ order: 'command', argv: ['doctor', '--json'], out: null });
    expect(readLaunchOrder(['--version'], commands)).toMatchObject({ order: 'command' });
  });

  it('takes the file for the answer out of it', () => {
    expect(readLaunchOrder(['doctor', '--json', '--out', 'C:\\答.json'], commands)).toEqual({ order: 'command', argv: ['doctor', '--json'], out: 'C:\\答.json' });
  });

  it('is never a command when a web page opened the URL scheme, whatever stands after it and beside it', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...commands, '--out', '--help'), fc.string())), fc.string(), fc.nat(5), fc.constantFrom('hpki-agent:', 'HPKI-Agent:'), (others, rest, at, scheme) => {
        const argv = [...others];
        argv.splice(at, 0, `${scheme}${rest}`);
        expect(readLaunchOrder(argv, commands)).toEqual({ order: 'desktop' });
      }),
    );
  });
});
