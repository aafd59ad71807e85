import { type Component, component } from "./component.ts";
import { array, entity, i32, u8, u16 } from "./field.ts";
import type { TableKind } from "./record.ts";

/** The entity of each row of an archetype: its first column. */
const EntityOfRow = component("EntityOfRow", { id: entity });
/** Where each entity index points. Only the generation is hashed: the rest follows from the archetypes. */
const Slot = component("Slot", { generation: u16, table: u16, row: i32 });
/** One bit for each entity index that is free. */
const FreeBits = component("FreeBits", { bits: i32 });
/** Where each string starts among the characters, and its length in UTF-16 units. */
const StringSpan = component("StringSpan", { span: array(i32, 2) });
const Characters = component("Characters", { unit: u16 });
/** When an event happened. */
const EventTick = component("EventTick", { tick: i32 });
/** One pair of a relation that is not exclusive. */
const Link = component("Link", { source: entity, target: entity });
export const REGION_PAGE_BYTES = 4096;
/** One page of an attached region. */
const RegionPage = component("RegionPage", { bytes: array(u8, REGION_PAGE_BYTES) });

const HIDDEN: Readonly<Record<TableKind, Component | undefined>> = {
  archetype: EntityOfRow,
  slots: Slot,
  free: FreeBits,
  strings: StringSpan,
  characters: Characters,
  resource: undefined,
  event: EventTick,
  links: Link,
  region: RegionPage,
};

/** The column that a table of this kind has before those of its components. */
export function hiddenColumn(kind: TableKind): Component | undefined {
  return HIDDEN[kind];
}
