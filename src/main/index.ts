import { app } from 'electron';
import { startProduct } from '../agent/start-product.ts';
import { spawnChildrenBy } from '../native/host/child-channel.ts';
import { launch } from './launch.ts';
import { utilityChild } from './utility-child.ts';

// The installed program: this machine's policy, this user's files, real cards in processes of their own.
spawnChildrenBy(utilityChild);
launch(app, { startAgent: startProduct });
