/** The `workerd` package has no types. It is CommonJS: its exports arrive as the default. */
declare module 'workerd' {
  const exports: {
    /** Path of the binary for this machine. */
    readonly default: string;
  };
  export default exports;
}
