//! What the operands of instructions have to have in common.

use super::format::{
    CUMULATION_TYPES, Cumulation, Opcode, PUT_TYPES, Put, RANK_MAX, REDUCTION_TYPES, Reduction, Step, Type,
};
use super::operand::{Extent, Operand};
use super::program::{Fuse, NONE, Node, Program};

/// Whether the operands and steps of a fused loop fit each other.
pub fn check_fuse(program: &Program, fuse: &Fuse) -> bool {
    let inputs = &program.operands[fuse.input_operands()];
    let first = fuse.operand as usize;
    // The operands of an epilogue follow the result of the dot, which comes before its inputs.
    let outputs = &program.operands[fuse.output_operands()];
    let shape = &program.operands[first + fuse.inputs as usize];
    if fuse.registers < fuse.inputs || !inputs.iter().chain(outputs).all(|operand| operand.same_shape(shape)) {
        return false;
    }
    let mut types = [None; 64];
    for (known, input) in types.iter_mut().zip(inputs) {
        *known = Some(input.dtype);
    }
    for code in program.steps_of(fuse) {
        let known = |i: usize| types[usize::from(code.operands[i])];
        let expected = |i: usize| match code.step {
            Step::Uniform => Type::I32,
            Step::Select if i == 0 => Type::Bool,
            _ => code.dtype,
        };
        let is_iota = code.step == Step::Iota;
        if (0..usize::from(code.operand_count)).any(|i| known(i) != Some(expected(i)))
            || u32::from(code.target) >= fuse.registers
            || types[usize::from(code.target)].is_some()
            || (is_iota && code.extra != 255 && code.extra >= shape.rank)
        {
            return false;
        }
        types[usize::from(code.target)] = Some(code.written);
    }
    let results = program.results_of(fuse).iter().zip(outputs);
    results.into_iter().all(|(&register, output)| types.get(usize::from(register)) == Some(&Some(output.dtype)))
}

/// Whether the numbers and operands of an instruction fit each other.
pub fn check_node(program: &Program, index: usize) -> bool {
    let node = &program.nodes[index];
    if node.rows != NONE && !fits_in_rows(program, node) {
        return false;
    }
    let [first, second, third] = node.numbers;
    match (node.opcode, program.operands_of(node)) {
        (Opcode::Fuse | Opcode::Rows, _) => true,
        (Opcode::Reduce, [input, output]) => is_reduce(first, second, input, output),
        (Opcode::Cumulate, [input, output]) => {
            Cumulation::of(first).is_some()
                && takes(&CUMULATION_TYPES, first, input)
                && is_inner_axis(input, second)
                && third <= 1
                && is_alike(input, output)
        }
        (Opcode::Dot, [a, b, result]) => first <= 3 && is_dot(a, b, result),
        (Opcode::Take, [source, indices, result]) => is_take(first, source, indices, result),
        (Opcode::TakeAlong, [source, indices, result]) => is_take_along(first, source, indices, result),
        (Opcode::Put, [target, indices, updates]) => {
            is_put(second, target, updates) && is_take(first, target, indices, updates)
        }
        (Opcode::PutAlong, [target, indices, updates]) => {
            is_put(second, target, updates) && is_take_along(first, target, indices, updates)
        }
        (Opcode::Sort, [input, values, indices]) => {
            first <= 1
                && input.rank > 0
                && is_inner_axis(input, u32::from(input.rank) - 1)
                && is_alike(input, values)
                && input.same_shape(indices)
                && indices.dtype == Type::I32
        }
        (Opcode::Slice, [source, start, result]) => is_slice(first, source, start, result),
        (Opcode::Update, [target, start, source]) => is_slice(first, target, start, source),
        (Opcode::Cholesky, [input, output]) => is_square(input) && is_alike(input, output),
        (Opcode::Lu, [input, output, pivots]) => {
            is_square(input)
                && is_alike(input, output)
                && pivots.dtype == Type::I32
                && pivots.rank + 1 == input.rank
                && (0..pivots.rank()).all(|axis| pivots.extent(axis) == input.extent(axis))
        }
        (Opcode::Triangular, [matrix, right, result]) => {
            let rank = matrix.rank();
            first <= 3
                && is_square(matrix)
                && is_alike(right, result)
                && right.dtype == matrix.dtype
                && right.rank == matrix.rank
                && (0..rank - 1).all(|axis| right.extent(axis) == matrix.extent(axis))
        }
        (Opcode::Load | Opcode::Store, [rows]) => {
            rows.rank == 2 && rows.extent(1) == Extent::Fixed(first) && second.is_multiple_of(4)
        }
        (Opcode::Loop, [counter]) => is_scalar(counter, Type::I32),
        (Opcode::While, [condition]) => is_scalar(condition, Type::Bool),
        (Opcode::Branch, [selector]) => is_scalar(selector, Type::I32),
        _ => false,
    }
}

/// Blocks of rows write to their lane or to rows of their own.
fn fits_in_rows(program: &Program, node: &Node) -> bool {
    let is_own = |operand: &Operand| operand.is_local || operand.has_rows;
    let operands = program.operands_of(node);
    let fuse = program.fuses.get(node.fuse as usize);
    !matches!(node.opcode, Opcode::Load | Opcode::Store)
        && operands.iter().zip(0..).all(|(operand, at)| !writes(node.opcode, at) || is_own(operand))
        && fuse.is_none_or(|fuse| program.operands[fuse.output_operands()].iter().all(is_own))
}

/// Whether an instruction writes to operand `at`; of fused loops it says nothing.
pub fn writes(opcode: Opcode, at: usize) -> bool {
    match opcode {
        Opcode::Reduce | Opcode::Cumulate | Opcode::Cholesky => at == 1,
        Opcode::Dot | Opcode::Take | Opcode::TakeAlong | Opcode::Slice | Opcode::Triangular => at == 2,
        Opcode::Sort | Opcode::Lu => at > 0,
        Opcode::Put | Opcode::PutAlong | Opcode::Update | Opcode::Load | Opcode::Loop => at == 0,
        Opcode::Fuse | Opcode::Store | Opcode::Rows | Opcode::While | Opcode::Branch => false,
    }
}

fn is_scalar(operand: &Operand, dtype: Type) -> bool {
    operand.rank == 0 && operand.dtype == dtype
}

/// Same type and shape.
fn is_alike(a: &Operand, b: &Operand) -> bool {
    a.dtype == b.dtype && a.same_shape(b)
}

fn takes(types: &[u8], code: u32, operand: &Operand) -> bool {
    types.get(code as usize).is_some_and(|mask| mask >> operand.dtype as u8 & 1 == 1)
}

/// Whether it is an axis, and not one of which a block has only some.
fn is_inner_axis(operand: &Operand, axis: u32) -> bool {
    axis < u32::from(operand.rank) && !(axis == 0 && operand.has_rows)
}

fn is_reduce(kind: u32, mask: u32, input: &Operand, output: &Operand) -> bool {
    let Some(reduction) = Reduction::of(kind) else { return false };
    let dtype = match reduction {
        Reduction::Argmax | Reduction::Argmin => Type::I32,
        _ => input.dtype,
    };
    if !takes(&REDUCTION_TYPES, kind, input)
        || mask >> input.rank != 0
        || output.dtype != dtype
        || u32::from(output.rank) + mask.count_ones() != u32::from(input.rank)
        || input.has_rows != output.has_rows
        || (input.has_rows && mask & 1 == 1)
    {
        return false;
    }
    let kept = (0..input.rank()).filter(|axis| mask >> axis & 1 == 0);
    kept.zip(0..).all(|(axis, to)| input.extent(axis) == output.extent(to))
}

fn is_dot(a: &Operand, b: &Operand, result: &Operand) -> bool {
    let rank = a.rank();
    let is_float = matches!(a.dtype, Type::F32 | Type::F64);
    if rank < 2 || b.rank != a.rank || result.rank != a.rank {
        return false;
    }
    let (m, n) = (rank - 2, rank - 1);
    is_float
        && b.dtype == a.dtype
        && result.dtype == a.dtype
        && (0..m).all(|axis| a.extent(axis) == result.extent(axis) && b.extent(axis) == result.extent(axis))
        && a.extent(m) == result.extent(m)
        && a.extent(n) == b.extent(m)
        && b.extent(n) == result.extent(n)
        && !(rank == 2 && b.has_rows)
}

fn is_take(axis: u32, source: &Operand, indices: &Operand, result: &Operand) -> bool {
    let (at, inserted) = (axis as usize, indices.rank());
    if !is_inner_axis(source, axis)
        || indices.dtype != Type::I32
        || result.dtype != source.dtype
        || source.rank() - 1 + inserted > RANK_MAX
        || result.rank() != source.rank() - 1 + inserted
    {
        return false;
    }
    (0..result.rank()).all(|to| {
        result.extent(to)
            == match () {
                () if to < at => source.extent(to),
                () if to < at + inserted => indices.extent(to - at),
                () => source.extent(to - inserted + 1),
            }
    })
}

fn is_take_along(axis: u32, source: &Operand, indices: &Operand, result: &Operand) -> bool {
    is_inner_axis(source, axis)
        && indices.dtype == Type::I32
        && result.dtype == source.dtype
        && indices.rank == source.rank
        && indices.same_shape(result)
        && (0..source.rank()).all(|i| i == axis as usize || indices.extent(i) == source.extent(i))
}

/// Blocks of rows write to rows of their own.
fn is_put(kind: u32, target: &Operand, updates: &Operand) -> bool {
    Put::of(kind).is_some() && takes(&PUT_TYPES, kind, target) && target.has_rows == updates.has_rows
}

fn is_slice(axis: u32, source: &Operand, start: &Operand, result: &Operand) -> bool {
    is_inner_axis(source, axis)
        && is_scalar(start, Type::I32)
        && source.dtype == result.dtype
        && source.rank == result.rank
        && (0..source.rank()).all(|i| i == axis as usize || source.extent(i) == result.extent(i))
        && !(axis == 0 && result.has_rows)
}

fn is_square(operand: &Operand) -> bool {
    let rank = operand.rank();
    matches!(operand.dtype, Type::F32 | Type::F64)
        && rank >= 2
        && operand.extent(rank - 1) == operand.extent(rank - 2)
        && !(rank == 2 && operand.has_rows)
}
