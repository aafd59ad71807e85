//! Matrix multiplication beside others, on one thread: `cargo run --release -- [--quick] [--peer NAME] [TEXT ...]`, where
//! rows whose name has one of the texts run. Prints one line of JSON for each row and peer.

mod cases;
mod openblas;
mod peers;
mod work;

use std::time::Instant;

use cases::{Case, cases};
use peers::Peer;
use work::{Numbers, Work};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let chosen = arguments.iter().position(|argument| argument == "--peer").and_then(|i| arguments.get(i + 1));
    let texts = arguments.iter().filter(|text| !text.starts_with("--") && Some(*text) != chosen);
    let texts: Vec<&String> = texts.collect();
    let peers = peers::peers();
    if !peers.iter().any(|peer| peer.name() == "openblas") {
        eprintln!("OpenBLAS is not on this machine (Debian: libopenblas0-pthread): its rows are left out.");
    }
    let mut faults = 0;
    for case in cases() {
        if !texts.is_empty() && !texts.iter().any(|text| case.name.contains(text.as_str())) {
            continue;
        }
        for peer in peers.iter().filter(|peer| chosen.is_none_or(|name| peer.name() == name)) {
            let row = match case.of_f64 {
                true => measure::<f64>(&case, peer.as_ref(), quick),
                false => measure::<f32>(&case, peer.as_ref(), quick),
            };
            match row {
                Ok(row) => println!("{row}"),
                Err(fault) => {
                    faults += 1;
                    eprintln!("{} beside {}: {fault}", case.name, peer.name());
                }
            }
        }
    }
    if faults > 0 {
        std::process::exit(1);
    }
}

/// Turns A B A B; medians of both, and of the ratios of the pairs.
fn measure<T: Numbers>(case: &Case, peer: &dyn Peer, quick: bool) -> Result<String, String> {
    let mut ours = Work::<T>::new(case);
    let mut theirs = Work::<T>::new(case);
    ours.multiply();
    T::multiply(peer, &mut theirs);
    work::near(&ours, &theirs)?;
    let runs = runs_in(|| ours.multiply(), if quick { 0.5e-3 } else { 2e-3 });
    let pairs = if quick { 7 } else { 31 };
    let (mut own_s, mut peer_s, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..pairs {
        let a = seconds(runs, || ours.multiply());
        let b = seconds(runs, || T::multiply(peer, &mut theirs));
        own_s.push(a);
        peer_s.push(b);
        ratios.push(b / a);
    }
    let (own_s, peer_s) = (median(own_s), median(peer_s));
    Ok(format!(
        r#"{{"name":"{}","ours_us":{:.3},"peer":"{}","peer_us":{:.3},"ratio":{:.3},"gflops":{:.1}}}"#,
        case.name,
        own_s * 1e6,
        peer.label(),
        peer_s * 1e6,
        median(ratios),
        case.operations() / own_s * 1e-9,
    ))
}

fn runs_in(mut run: impl FnMut(), target_s: f64) -> u32 {
    let mut runs = 1;
    loop {
        let taken = seconds(runs, &mut run) * f64::from(runs);
        if taken >= target_s {
            return runs;
        }
        runs *= 2;
    }
}

/// Seconds a run.
fn seconds(runs: u32, mut run: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..runs {
        run();
    }
    start.elapsed().as_secs_f64() / f64::from(runs)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
