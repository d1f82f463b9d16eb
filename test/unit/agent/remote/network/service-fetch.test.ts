import type { customFetch} from 'openid-client';
import { type Configuration, type CustomFetch } from 'openid-client';
import { expectTypeOf, it } from 'vitest';
import type { ServiceFetch } from '../../../../../src/agent/remote/network/service-fetch.ts';

it('is a customFetch of openid-client and takes what fetch takes', () => {
  expectTypeOf<ServiceFetch>().toExtend<CustomFetch>();
  expectTypeOf<ServiceFetch>().toExtend<NonNullable<Configuration[typeof customFetch]>>();
});
