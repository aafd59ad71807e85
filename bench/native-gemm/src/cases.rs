//! What is measured.

/// How operands lie: rows together (N) or columns together (T), A then B.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    NN,
    TN,
    NT,
}

/// One multiplication, `batch` times with operands of their own.
#[derive(Clone, Copy)]
pub struct Product {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub layout: Layout,
    pub batch: usize,
}

/// A row of the report: multiplications one after another.
pub struct Case {
    pub name: String,
    pub of_f64: bool,
    /// Our side has B packed beforehand, as a plan has its weights.
    pub packed: bool,
    pub products: Vec<Product>,
}

impl Case {
    /// Floating-point operations of a run.
    pub fn operations(&self) -> f64 {
        self.products.iter().map(|p| 2.0 * (p.m * p.n * p.k * p.batch) as f64).sum()
    }
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |name: String, of_f64: bool, packed: bool, products: Vec<Product>| {
        cases.push(Case { name, of_f64, packed, products });
    };
    let one = |m, n, k, layout| Product { m, n, k, layout, batch: 1 };
    let layouts = [("nn", Layout::NN), ("tn", Layout::TN), ("nt", Layout::NT)];
    for size in [256, 384, 512, 768, 1024] {
        for (name, layout) in layouts {
            add(format!("f32 {size} {name}"), false, false, vec![one(size, size, size, layout)]);
        }
    }
    for (name, layout) in layouts {
        add(format!("f64 512 {name}"), true, false, vec![one(512, 512, 512, layout)]);
    }
    for (name, layout) in layouts {
        let product = Product { batch: 100, ..one(64, 64, 64, layout) };
        add(format!("f32 64 {name} x 100"), false, false, vec![product]);
    }
    for batch in [1, 64, 1000] {
        let layers =
            |layout| vec![one(batch, 128, 32, layout), one(batch, 128, 128, layout), one(batch, 8, 128, layout)];
        add(format!("mlp forward {batch}"), false, false, layers(Layout::NN));
        add(format!("mlp forward {batch}, weights packed"), false, true, layers(Layout::NN));
        add(format!("mlp forward {batch}, weights transposed"), false, false, layers(Layout::NT));
        let mut backward = vec![one(128, 8, batch, Layout::TN), one(batch, 128, 8, Layout::NT)];
        backward.extend([one(128, 128, batch, Layout::TN), one(batch, 128, 128, Layout::NT)]);
        backward.push(one(32, 128, batch, Layout::TN));
        add(format!("mlp backward {batch}"), false, false, backward);
    }
    add("f32 128 x 128 x 1000 tn".into(), false, false, vec![one(128, 128, 1000, Layout::TN)]);
    add("f32 32 x 128 x 1000 tn".into(), false, false, vec![one(32, 128, 1000, Layout::TN)]);
    add("f32 128 x 8 x 1000 tn".into(), false, false, vec![one(128, 8, 1000, Layout::TN)]);
    add("f32 1000 x 128 x 128 nt".into(), false, false, vec![one(1000, 128, 128, Layout::NT)]);
    add("f32 1000 x 128 x 8 nt".into(), false, false, vec![one(1000, 128, 8, Layout::NT)]);
    for (name, layout) in [("nn", Layout::NN), ("nt", Layout::NT)] {
        add(format!("f32 1 x 1024 x 1024 {name}"), false, false, vec![one(1, 1024, 1024, layout)]);
        add(format!("f32 4 x 512 x 512 {name}"), false, false, vec![one(4, 512, 512, layout)]);
    }
    add("f32 1000 x 1 x 128 nn".into(), false, false, vec![one(1000, 1, 128, Layout::NN)]);
    for size in [4, 8, 16, 33, 64, 128] {
        add(format!("f32 {size} nn"), false, false, vec![one(size, size, size, Layout::NN)]);
    }
    cases
}
