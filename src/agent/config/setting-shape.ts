import { z } from 'zod';
import { settingsSchema } from './settings.ts';

/** What may be written for one setting or group: the part of its JSON Schema (2020-12) that tells the kinds of values apart. */
export interface SettingShape {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly anyOf?: readonly SettingShape[];
  readonly properties?: Readonly<Record<string, SettingShape>>;
}

/** Shapes by dotted path; empty for what is no setting. */
export function settingShapes(): (leaf: string) => SettingShape {
  const schema = z.toJSONSchema(settingsSchema, { io: 'input', target: 'draft-2020-12' }) as SettingShape;
  return (leaf) => leaf.split('.').reduce<SettingShape>((shape, name) => shape.properties?.[name] ?? {}, schema);
}

/** The shapes of a value that is given, where null means none. */
export function choicesOf(shape: SettingShape): readonly SettingShape[] {
  return shape.anyOf?.filter(({ type }) => type !== 'null') ?? [shape];
}

/** Whether every value is a string, so that none has to be written as JSON. */
export function isText(shape: SettingShape): boolean {
  return choicesOf(shape).every(({ type }) => type === 'string');
}
