//! From words to a [`Program`], with all that can be checked before the leading number is known.

use super::check::{check_fuse, check_node};
use super::format::{
    BRANCHES_MAX, ELEMENTS_MAX, HEADER_WORDS, LOCAL_MAX, NESTING_MAX, Opcode, PROGRAM_MAGIC, REGISTERS_MAX, STEP_TYPES,
    STEP_WORDS, Step, Type,
};
use super::operand::{Operand, refuse};
use super::program::{Fuse, NONE, Node, Program, StepCode};
use super::refusal::Refusal;
use crate::layout::Reason;

/// Decodes `words` into `program`, whatever that held.
pub fn decode(words: &[u32], program: &mut Program) -> Result<(), Refusal> {
    program.clear();
    let whole = Refusal::new(Reason::Value, "program");
    let Some((&[magic, count, leading_max, slots, slot_table, local_bytes], body)) =
        words.split_first_chunk::<HEADER_WORDS>()
    else {
        return Err(whole);
    };
    let is_sound = magic == PROGRAM_MAGIC
        && count as usize == words.len()
        && leading_max <= ELEMENTS_MAX
        && slots < 256
        && slot_table.is_multiple_of(4)
        && local_bytes <= LOCAL_MAX;
    if !is_sound {
        return Err(whole);
    }
    (program.leading_max, program.slots) = (leading_max, slots);
    (program.slot_table, program.local_bytes) = (slot_table, local_bytes);
    Decoder { program, rows: NONE, depth: 0 }.instructions(body)
}

struct Decoder<'a> {
    program: &'a mut Program,
    rows: u32,
    depth: u32,
}

/// What is left of the words of one instruction.
struct Reader<'w> {
    words: &'w [u32],
    record: u32,
}

impl<'w> Reader<'w> {
    fn take(&mut self, count: usize) -> Result<&'w [u32], Refusal> {
        let (taken, rest) = self.words.split_at_checked(count).ok_or_else(|| self.refusal())?;
        self.words = rest;
        Ok(taken)
    }

    fn word(&mut self) -> Result<u32, Refusal> {
        Ok(self.take(1)?[0])
    }

    fn operand(&mut self, program: &mut Program, is_in_rows: bool) -> Result<(), Refusal> {
        let rank = self.words.first().map_or(0, |first| (first >> 8 & 0xff) as usize);
        let operand = Operand::of(self.take(Operand::words(rank))?).ok_or_else(|| self.refusal())?;
        let is_placed =
            u32::from(operand.slot) <= program.slots && (is_in_rows || !(operand.is_local || operand.has_rows));
        if !is_placed {
            return Err(self.refusal());
        }
        program.operands.push(operand);
        Ok(())
    }

    #[cold]
    fn refusal(&self) -> Refusal {
        refuse(Reason::Value, self.record)
    }
}

/// Instructions by how many numbers, then operands they have, what follows apart.
fn layout(opcode: Opcode) -> (usize, usize) {
    match opcode {
        Opcode::Fuse => (0, 0),
        Opcode::Reduce => (2, 2),
        Opcode::Cumulate => (3, 2),
        Opcode::Dot => (1, 3),
        Opcode::Take | Opcode::TakeAlong => (1, 3),
        Opcode::Put | Opcode::PutAlong => (2, 3),
        Opcode::Sort => (1, 3),
        Opcode::Slice | Opcode::Update => (1, 3),
        Opcode::Cholesky => (0, 2),
        Opcode::Lu => (0, 3),
        Opcode::Triangular => (1, 3),
        Opcode::Load | Opcode::Store => (2, 1),
        Opcode::Rows | Opcode::Loop | Opcode::While | Opcode::Branch => (0, 0),
    }
}

impl Decoder<'_> {
    fn instructions(&mut self, mut words: &[u32]) -> Result<(), Refusal> {
        while !words.is_empty() {
            let record = self.program.nodes.len() as u32;
            let count = words.get(1).copied().unwrap_or(0) as usize;
            let opcode = Opcode::of(words[0]);
            let (Some(opcode), true) = (opcode, count >= 2 && count <= words.len()) else {
                return Err(refuse(Reason::Value, record));
            };
            let (this, rest) = words.split_at(count);
            self.instruction(opcode, Reader { words: &this[2..], record })?;
            words = rest;
        }
        Ok(())
    }

    fn instruction(&mut self, opcode: Opcode, mut reader: Reader) -> Result<(), Refusal> {
        let (index, is_in_rows) = (self.program.nodes.len(), self.rows != NONE);
        let operand = self.program.operands.len() as u32;
        let (end, part) = (index as u32 + 1, self.program.ends.len() as u32);
        self.program.nodes.push(Node {
            opcode,
            end,
            rows: self.rows,
            operand,
            operand_count: 0,
            fuse: NONE,
            numbers: [0; 3],
            part,
            part_count: 0,
        });
        match opcode {
            Opcode::Rows | Opcode::Loop | Opcode::While | Opcode::Branch => {
                if is_in_rows || self.depth >= NESTING_MAX {
                    return Err(reader.refusal());
                }
                self.depth += 1;
                self.control(opcode, index, &mut reader)?;
                self.depth -= 1;
                self.program.nodes[index].end = self.program.nodes.len() as u32;
            }
            Opcode::Fuse => {
                let fuse = self.fuse(&mut reader, None)?;
                self.program.nodes[index].fuse = fuse;
            }
            _ => {
                let (numbers, operands) = layout(opcode);
                let mut node = self.program.nodes[index];
                node.numbers[..numbers].copy_from_slice(reader.take(numbers)?);
                node.operand_count = operands as u32;
                for _ in 0..operands {
                    reader.operand(self.program, is_in_rows)?;
                }
                if opcode == Opcode::Dot {
                    node.fuse = self.epilogue(&mut reader, operand + 2)?;
                }
                self.program.nodes[index] = node;
            }
        }
        if !reader.words.is_empty() || !check_node(self.program, index) {
            return Err(reader.refusal());
        }
        Ok(())
    }

    /// Bodies of control flow; the operand of the node is read before them.
    fn control(&mut self, opcode: Opcode, index: usize, reader: &mut Reader) -> Result<(), Refusal> {
        let numbers = match opcode {
            Opcode::Rows => 4,
            Opcode::Loop | Opcode::While => 2,
            _ => 1,
        };
        let numbers = reader.take(numbers)?;
        let lengths = match opcode {
            Opcode::Branch => reader.take(numbers[0] as usize)?,
            Opcode::While => numbers,
            _ => &numbers[numbers.len() - 1..],
        };
        let kept = numbers.len().min(3);
        self.program.nodes[index].numbers[..kept].copy_from_slice(&numbers[..kept]);
        if opcode == Opcode::Rows {
            let [extent, flag, block] = self.program.nodes[index].numbers;
            if extent > ELEMENTS_MAX || flag > 1 || block == 0 || block > ELEMENTS_MAX {
                return Err(reader.refusal());
            }
            self.rows = index as u32;
        } else {
            reader.operand(self.program, false)?;
            self.program.nodes[index].operand_count = 1;
        }
        let mut ends = [0; BRANCHES_MAX];
        if lengths.is_empty() || lengths.len() > BRANCHES_MAX {
            return Err(reader.refusal());
        }
        for (end, &length) in ends.iter_mut().zip(lengths) {
            self.instructions(reader.take(length as usize)?)?;
            *end = self.program.nodes.len() as u32;
        }
        self.rows = NONE;
        let node = &mut self.program.nodes[index];
        (node.part, node.part_count) = (self.program.ends.len() as u32, lengths.len() as u32);
        self.program.ends.extend_from_slice(&ends[..lengths.len()]);
        Ok(())
    }

    /// The fused loop after a dot, whose result is operand `result`; [`NONE`] if the word there is 0.
    fn epilogue(&mut self, reader: &mut Reader, result: u32) -> Result<u32, Refusal> {
        let first = reader.word()?;
        if first == 0 && reader.words.is_empty() {
            return Ok(NONE);
        }
        let count = reader.word()? as usize;
        if Opcode::of(first) != Some(Opcode::Fuse) || count != reader.words.len() + 2 {
            return Err(reader.refusal());
        }
        self.fuse(reader, Some(result))
    }

    fn fuse(&mut self, reader: &mut Reader, result: Option<u32>) -> Result<u32, Refusal> {
        let &[inputs, outputs, steps, registers] = reader.take(4)? else { return Err(reader.refusal()) };
        // An epilogue has one register before those of its operands.
        let before = u32::from(result.is_some());
        let (most, operand) = (REGISTERS_MAX as u32, self.program.operands.len() as u32);
        if registers > most || outputs == 0 || outputs > most || steps > most || inputs > registers {
            return Err(reader.refusal());
        }
        for _ in 0..inputs + outputs {
            reader.operand(self.program, self.rows != NONE)?;
        }
        let step = self.program.steps.len() as u32;
        for _ in 0..steps {
            let words = reader.take(STEP_WORDS)?;
            let code = step_of(words).ok_or_else(|| reader.refusal())?;
            self.program.steps.push(code);
        }
        let at = self.program.results.len() as u32;
        for &register in reader.take(outputs as usize)? {
            self.program.results.push(u8::try_from(register).map_err(|_| reader.refusal())?);
        }
        let fuse = Fuse {
            operand: result.unwrap_or(operand),
            inputs: inputs + before,
            outputs,
            registers,
            step,
            step_count: steps,
            result: at,
        };
        if !check_fuse(self.program, &fuse) {
            return Err(reader.refusal());
        }
        self.program.fuses.push(fuse);
        Ok(self.program.fuses.len() as u32 - 1)
    }
}

/// The step in five words; `None` if it is none or its type is none of those that it takes.
fn step_of(words: &[u32]) -> Option<StepCode> {
    let &[first, ab, ce, low, high] = words else { return None };
    let step = Step::of(first & 0xff)?;
    let dtype = Type::of(first >> 8 & 0xff)?;
    let code = first & 0xff;
    if STEP_TYPES[code as usize] >> dtype as u8 & 1 == 0 {
        return None;
    }
    let register = |bits: u32| u8::try_from(bits).ok().filter(|&register| usize::from(register) < REGISTERS_MAX);
    let target = register(first >> 16)?;
    let operand_count = match step {
        Step::Constant | Step::Iota => 0,
        Step::Random | Step::Select => 3,
        Step::Uniform | Step::Cast => 1,
        _ if code < u32::from(Step::FIRST_BINARY) => 1,
        _ => 2,
    };
    let mut operands = [0; 3];
    for (operand, bits) in
        operands.iter_mut().zip([ab & 0xffff, ab >> 16, ce & 0xffff]).take(usize::from(operand_count))
    {
        *operand = register(bits)?;
    }
    let extra = u8::try_from(ce >> 16).ok()?;
    let written = match step {
        Step::Cast => Type::of(u32::from(extra))?,
        Step::Isnan | Step::Isfinite => Type::Bool,
        Step::Equal | Step::NotEqual | Step::Less | Step::LessEqual => Type::Bool,
        _ => dtype,
    };
    if step == Step::Random && extra > 1 {
        return None;
    }
    let constant = f64::from_bits(u64::from(high) << 32 | u64::from(low));
    Some(StepCode { step, dtype, written, target, operands, operand_count, extra, constant })
}
