import { z } from 'zod';
import { adminProcedure } from './base.ts';
import { errors } from './errors.ts';
import { Count, Id, UserRef, Version } from './primitives.ts';
import { User } from './users.ts';

/** Short name of a provider or model, as people type it: `mistral`, `gpt-5-mini`. */
export const CatalogueName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ : / -');

export const AiProvider = z.object({ id: Id, name: z.string(), models: Count, users: Count, version: Version });
export const AiModel = z.object({ id: Id, provider: z.string(), name: z.string(), users: Count, version: Version });

export const aiContract = {
  providers: adminProcedure.input(z.strictObject({})).output(z.object({ rows: z.array(AiProvider) })),
  models: adminProcedure
    .input(z.strictObject({ provider: CatalogueName.optional() }))
    .output(z.object({ rows: z.array(AiModel) })),
  addProvider: adminProcedure
    .input(z.strictObject({ name: CatalogueName }))
    .output(z.object({ provider: AiProvider }))
    .errors(errors('NAME_TAKEN')),
  renameProvider: adminProcedure
    .input(z.strictObject({ provider: CatalogueName, name: CatalogueName, expectedVersion: Version }))
    .output(z.object({ provider: AiProvider }))
    .errors(errors('NAME_TAKEN', 'CHANGED_MEANWHILE')),
  removeProvider: adminProcedure
    .input(z.strictObject({ provider: CatalogueName, expectedVersion: Version }))
    .output(z.object({ removed: Id }))
    .errors(errors('IN_USE', 'CHANGED_MEANWHILE')),
  addModel: adminProcedure
    .input(z.strictObject({ provider: CatalogueName, name: CatalogueName }))
    .output(z.object({ model: AiModel }))
    .errors(errors('NAME_TAKEN')),
  renameModel: adminProcedure
    .input(
      z.strictObject({ provider: CatalogueName, model: CatalogueName, name: CatalogueName, expectedVersion: Version }),
    )
    .output(z.object({ model: AiModel }))
    .errors(errors('NAME_TAKEN', 'CHANGED_MEANWHILE')),
  removeModel: adminProcedure
    .input(z.strictObject({ provider: CatalogueName, model: CatalogueName, expectedVersion: Version }))
    .output(z.object({ removed: Id }))
    .errors(errors('IN_USE', 'CHANGED_MEANWHILE')),
  assign: adminProcedure
    .input(z.strictObject({ user: UserRef, provider: CatalogueName, model: CatalogueName, expectedVersion: Version }))
    .output(z.object({ user: User }))
    .errors(errors('CHANGED_MEANWHILE', 'USER_BEING_DELETED')),
  unassign: adminProcedure
    .input(z.strictObject({ user: UserRef, expectedVersion: Version }))
    .output(z.object({ user: User }))
    .errors(errors('CHANGED_MEANWHILE', 'USER_BEING_DELETED')),
};
