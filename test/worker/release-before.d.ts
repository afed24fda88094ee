/** The bundle of the release before this one (`vitest.config.ts`). */
declare module 'virtual:release-before' {
  type ObjectClass = new (ctx: DurableObjectState, env: Env) => object;
  export const Authority: ObjectClass;
  export const Hub: ObjectClass;
  export const WildcardHub: ObjectClass;
}
