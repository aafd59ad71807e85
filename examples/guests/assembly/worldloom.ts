// What a guest in AssemblyScript needs of its host. Imports come from the module that this file is named after.

/** Where the entities of a call are, an i32 each. */
export function entities(lists: usize): usize {
  return <usize>load<u32>(lists);
}

/** Where a column of the manifest is, counted from 0. */
export function column(lists: usize, index: i32): usize {
  return <usize>load<u32>(lists + 4 + ((<usize>index) << 2));
}

/** The row for which the functions of the host are called from now on. */
export declare function batch_row(index: i32): void;

/** 1 as often as `probability` says, from 0 to 1. */
export declare function random_chance(probability: f64): i32;

/** Memory for the host's lists, for good. */
export function worldloom_alloc(bytes: i32): usize {
  return heap.alloc(<usize>bytes);
}
