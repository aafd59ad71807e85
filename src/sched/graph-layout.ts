/** A box to be placed: in which column, and its size. */
export interface Box {
  readonly column: number;
  readonly width: number;
  readonly height: number;
}

/** Boxes in columns, with lines that go from box to box, to the right only. Lengths are in the unit of the boxes. */
export interface Layout {
  /** The left upper corner of each box. */
  readonly corners: readonly Point[];
  /** For each arrow where it passes: pairs of points, from which and to which it goes straight through a column. */
  readonly routes: readonly (readonly Point[])[];
  /** The left edge of each column, and its width. */
  readonly columns: readonly { readonly x: number; readonly width: number }[];
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A box, or the place where an arrow passes a column. */
interface Node {
  readonly column: number;
  readonly height: number;
  readonly left: Node[];
  readonly right: Node[];
  /** Its middle. */
  y: number;
  rank: number;
}

const COLUMN_GAP = 72;
const BOX_GAP = 18;
/** Height of the place of an arrow that passes. */
const LANE = 6;
const SWEEPS = 8;

/**
 * Places boxes so that arrows cross seldom and go straight where they can: boxes of a column are sorted by the mean of their
 * neighbours (Sugiyama's method), then moved as near to them as order and gaps allow (least squares). Depends on its
 * arguments alone.
 */
export function layOut(
  boxes: readonly Box[],
  arrows: readonly { readonly from: number; readonly to: number }[],
): Layout {
  const nodes = boxes.map(({ column, height }) => nodeOf(column, height));
  const columns: Node[][] = [];
  const place = (node: Node): void => void (columns[node.column] ??= []).push(node);
  nodes.forEach(place);
  const ways = arrows.map(({ from, to }) => {
    const way = [nodes[from]!];
    for (let column = boxes[from]!.column + 1; column < boxes[to]!.column; column++) {
      const passing = nodeOf(column, LANE);
      place(passing);
      way.push(passing);
    }
    way.push(nodes[to]!);
    for (let i = 1; i < way.length; i++) {
      way[i - 1]!.right.push(way[i]!);
      way[i]!.left.push(way[i - 1]!);
    }
    return way;
  });
  sortColumns(columns);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const toRight = sweep % 2 === 0;
    for (const column of toRight ? columns : [...columns].reverse()) settle(column, toRight ? "left" : "right");
  }
  const top = Math.min(0, ...columns.flat().map(({ y, height }) => y - height / 2));
  const bottom = Math.max(0, ...columns.flat().map(({ y, height }) => y + height / 2));
  let x = 0;
  const widths = columns.map(() => 0);
  for (const { column, width } of boxes) widths[column] = Math.max(widths[column]!, width);
  const places = widths.map((width) => {
    const at = { x, width };
    x += width + COLUMN_GAP;
    return at;
  });
  return {
    corners: nodes.map(({ column, y, height }) => ({ x: places[column]!.x, y: y - top - height / 2 })),
    routes: ways.map((way, a) => routeOf(way, boxes[arrows[a]!.from]!.width, places, top)),
    columns: places,
    width: Math.max(0, x - COLUMN_GAP),
    height: bottom - top,
  };
}

function nodeOf(column: number, height: number): Node {
  return { column, height, left: [], right: [], y: 0, rank: 0 };
}

/** Sorts each column by the mean rank of its neighbours, to and fro, and keeps the order with the fewest crossings. */
function sortColumns(columns: readonly Node[][]): void {
  const renumber = (column: readonly Node[]): void =>
    column.forEach((node, rank) => {
      node.rank = rank;
    });
  columns.forEach(renumber);
  let best = columns.map((column) => [...column]);
  let fewest = crossingsOf(columns);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const side = sweep % 2 === 0 ? "left" : "right";
    for (const column of side === "left" ? columns : [...columns].reverse()) {
      const wanted = new Map(column.map((node) => [node, mean(node[side], ({ rank }) => rank, node.rank)]));
      column.sort((a, b) => wanted.get(a)! - wanted.get(b)! || a.rank - b.rank);
      renumber(column);
    }
    const crossings = crossingsOf(columns);
    if (crossings >= fewest) continue;
    fewest = crossings;
    best = columns.map((column) => [...column]);
  }
  best.forEach((column, c) => {
    columns[c]!.splice(0, column.length, ...column);
    renumber(column);
  });
}

function crossingsOf(columns: readonly Node[][]): number {
  let crossings = 0;
  for (const column of columns) {
    const lines = column.flatMap((from) => from.right.map((to) => [from.rank, to.rank] as const));
    for (let i = 0; i < lines.length; i++) {
      const [from, to] = lines[i]!;
      for (let j = 0; j < i; j++) if ((from - lines[j]![0]) * (to - lines[j]![1]) < 0) crossings++;
    }
  }
  return crossings;
}

/**
 * Moves the nodes of a column to where their neighbours are on average: of all places that keep the order and the gaps, those
 * with the least sum of squares, found by pooling adjacent violators.
 */
function settle(column: readonly Node[], side: "left" | "right"): void {
  const pools: { sum: number; count: number }[] = [];
  const offsets: number[] = [];
  let offset = 0;
  column.forEach((node, i) => {
    const above = column[i - 1];
    if (above !== undefined) offset += (above.height + node.height) / 2 + BOX_GAP;
    offsets.push(offset);
    const wanted = mean(node[side], ({ y }) => y, node.y);
    let pool = { sum: wanted - offset, count: 1 };
    for (
      let last = pools.at(-1);
      last !== undefined && last.sum / last.count >= pool.sum / pool.count;
      last = pools.at(-1)
    ) {
      pool = { sum: pool.sum + last.sum, count: pool.count + last.count };
      pools.pop();
    }
    pools.push(pool);
  });
  let i = 0;
  for (const { sum, count } of pools)
    for (const end = i + count; i < end; i++) column[i]!.y = sum / count + offsets[i]!;
}

function mean(nodes: readonly Node[], value: (node: Node) => number, otherwise: number): number {
  if (nodes.length === 0) return otherwise;
  let sum = 0;
  for (const node of nodes) sum += value(node);
  return sum / nodes.length;
}

/** From the right edge of the first box, straight through the columns in between, to the left edge of the last. */
function routeOf(
  way: readonly Node[],
  firstWidth: number,
  places: readonly { readonly x: number; readonly width: number }[],
  top: number,
): Point[] {
  return way.flatMap((node, i) => {
    const { x, width } = places[node.column]!;
    const y = node.y - top;
    if (i === 0) return [{ x: x + firstWidth, y }];
    return i === way.length - 1
      ? [{ x, y }]
      : [
          { x, y },
          { x: x + width, y },
        ];
  });
}
