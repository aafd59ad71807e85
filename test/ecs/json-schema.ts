type Schema = Readonly<Record<string, unknown>>;

/** Where a value breaks a JSON Schema, for the keywords of the 2020-12 draft that our schemas use; others are an error. */
export function violations(root: Schema, value: unknown, schema: Schema = root, path = "$"): string[] {
  const found: string[] = [];
  const inner = (at: unknown, child: unknown, where: string): string[] => violations(root, child, at as Schema, where);
  const object =
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  const known = new Set(Object.keys((schema["properties"] as object | undefined) ?? {}));
  for (const [keyword, rule] of Object.entries(schema)) {
    switch (keyword) {
      case "$schema":
      case "$id":
      case "$defs":
      case "title":
      case "description":
        break;
      case "$ref":
        found.push(...inner(resolve(root, rule as string), value, path));
        break;
      case "type":
        if (![rule].flat().some((type) => isOf(type as string, value)))
          found.push(`${path} is no ${[rule].flat().join(" or ")}`);
        break;
      case "const":
        if (value !== rule) found.push(`${path} is not ${JSON.stringify(rule)}`);
        break;
      case "minimum":
        if (typeof value === "number" && value < (rule as number)) found.push(`${path} is below ${rule}`);
        break;
      case "maximum":
        if (typeof value === "number" && value > (rule as number)) found.push(`${path} is above ${rule}`);
        break;
      case "pattern":
        if (typeof value === "string" && !new RegExp(rule as string, "u").test(value))
          found.push(`${path} does not match ${rule}`);
        break;
      case "maxItems":
        if (Array.isArray(value) && value.length > (rule as number)) found.push(`${path} has more than ${rule} items`);
        break;
      case "minProperties":
        if (object !== undefined && Object.keys(object).length < (rule as number))
          found.push(`${path} has less than ${rule} properties`);
        break;
      case "required":
        for (const key of rule as string[])
          if (object !== undefined && !Object.hasOwn(object, key)) found.push(`${path} lacks ${key}`);
        break;
      case "items":
        if (Array.isArray(value)) value.forEach((item, i) => void found.push(...inner(rule, item, `${path}[${i}]`)));
        break;
      case "properties":
        for (const [key, at] of Object.entries(rule as object))
          if (object !== undefined && Object.hasOwn(object, key))
            found.push(...inner(at, object[key], `${path}.${key}`));
        break;
      case "propertyNames":
        for (const key of Object.keys(object ?? {})) found.push(...inner(rule, key, `${path}.${key}`));
        break;
      case "additionalProperties":
        for (const [key, child] of Object.entries(object ?? {})) {
          if (known.has(key)) continue;
          if (rule === false) found.push(`${path}.${key} may not be there`);
          else found.push(...inner(rule, child, `${path}.${key}`));
        }
        break;
      case "anyOf":
      case "oneOf": {
        const fitting = (rule as Schema[]).filter((choice) => inner(choice, value, path).length === 0).length;
        if (fitting === 0 || (keyword === "oneOf" && fitting > 1))
          found.push(`${path} fits ${fitting} of ${(rule as Schema[]).length} choices`);
        break;
      }
      default:
        throw new Error(`the keyword ${keyword} is not checked here`);
    }
  }
  return found;
}

function resolve(root: Schema, reference: string): unknown {
  if (!reference.startsWith("#/")) throw new Error(`${reference} is elsewhere`);
  const found = reference
    .slice(2)
    .split("/")
    .reduce<unknown>((at, key) => (at as Schema | undefined)?.[key], root);
  if (found === undefined) throw new Error(`${reference} leads nowhere`);
  return found;
}

function isOf(type: string, value: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === type;
}
