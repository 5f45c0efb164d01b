/** Resources of alarms: instance paths of data nodes, as libyang writes them, for XML and to be compared. */

/** `[name='value']`, quoted so that any value stands. */
export function key(name: string, value: string | number): string {
  const text = String(value)
  return text.includes("'") ? `[${name}="${text}"]` : `[${name}='${text}']`
}

/** A step of a path, or the name of a key in a predicate: its module, if one is said, and its name. */
const names = /(\/|\[)(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)|'[^']*'|"[^"]*"/g

/** The path as libyang writes it: a module only where it is another one than before. */
export function canonical(path: string): string {
  let module = ''
  return path.replace(names, (found, sign: string | undefined, own: string | undefined, name: string) => {
    if (sign === undefined || own === undefined) return found
    const same = own === module
    module = own
    return same ? `${sign}${name}` : found
  })
}

/** The path with a module at each name, and the modules. `/m:a/b[k='x']` is `/m:a/m:b[m:k='x']`. */
export function qualified(path: string): { readonly path: string; readonly modules: ReadonlySet<string> } {
  const modules = new Set<string>()
  let module = ''
  const whole = path.replace(
    names,
    (found, sign: string | undefined, own: string | undefined, name: string) => {
      if (sign === undefined) return found
      module = own ?? module
      modules.add(module)
      return `${sign}${module}:${name}`
    },
  )
  return { path: whole, modules }
}
