/**
 * A function that remembers its last value. Events of a batch, and requests of a publisher, mostly repeat what the one
 * before had.
 *
 * @param compute depends on nothing but its arguments
 * @param isKept whether a value is remembered, with its arguments
 */
export function rememberingLast<Argument, Context, Value>(
  compute: (argument: Argument, context: Context) => Value,
  isKept: (value: Value) => boolean = () => true,
): (argument: Argument, context: Context) => Value {
  let last: { argument: Argument; context: Context; value: Value } | undefined;
  return (argument, context) => {
    if (last !== undefined && last.argument === argument && last.context === context) {
      return last.value;
    }
    const value = compute(argument, context);
    if (isKept(value)) last = { argument, context, value };
    return value;
  };
}
