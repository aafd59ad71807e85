use worldloom_core::layout::Reason;

/// Names an operand in errors: an argument by its name, or a field of a record of a descriptor list.
#[derive(Clone, Copy)]
pub struct At {
    pub operand: &'static str,
    /// Index of the record, [`At::ARGUMENT`] if the operand is an argument.
    pub record: u32,
}

impl At {
    pub const ARGUMENT: u32 = u32::MAX;
}

impl From<&'static str> for At {
    fn from(operand: &'static str) -> Self {
        Self { operand, record: Self::ARGUMENT }
    }
}

impl From<(&'static str, u32)> for At {
    fn from((operand, record): (&'static str, u32)) -> Self {
        Self { operand, record }
    }
}

/// A refused operand. JavaScript sees -1 and asks for the text.
pub struct Fault {
    pub reason: Reason,
    pub at: At,
}

impl Fault {
    #[cold]
    pub fn new(reason: Reason, at: impl Into<At>) -> Self {
        Self { reason, at: at.into() }
    }

    /// `reason operand record`, the record -1 for an argument.
    pub fn text(&self) -> String {
        let record = if self.at.record == At::ARGUMENT { -1 } else { i64::from(self.at.record) };
        format!("{} {} {record}", self.reason.name(), self.at.operand)
    }
}

/// What a job gives back to JavaScript: a count, or 0 if it has none to give. Never negative.
pub type Answer = Result<f64, Fault>;
