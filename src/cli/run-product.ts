import { callersLanguage } from './language.ts';
import { createProgram, runProgram } from './program.ts';
import { productCommands } from './product-commands.ts';
import { version } from '../contract/version.ts';

const language = callersLanguage();
process.exitCode = await runProgram(createProgram(language, version, productCommands), process.argv.slice(2), language);
