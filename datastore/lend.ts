/** Lends what must not be used any more after a while to someone who may not have come to an end by then. */

/** `object` is as `owned`, until `end` is called: from then on every use of it throws. Calls that were made go on. */
export function lend<T extends object>(owned: T): { readonly object: T; end(): void } {
  const { proxy, revoke } = Proxy.revocable(owned, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
  return { object: proxy, end: revoke }
}
