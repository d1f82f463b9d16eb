import { callersLanguage } from './language.ts';
import { createProgram, runProgram } from './program.ts';
import { productCommands } from './product-commands.ts';
import { addBench } from './commands/bench.ts';
import { addDemo } from './commands/demo.ts';
import { addSandbox } from './commands/sandbox.ts';
import { version } from '../contract/version.ts';

// The command line of a checkout: the product's commands, and the sandbox that a packaged program does not contain.
const language = callersLanguage();
const commands = [...productCommands, addSandbox, addDemo, addBench];
process.exitCode = await runProgram(createProgram(language, version, commands), process.argv.slice(2), language);
