//! A beacon: every so many ticks it emits the event `Pulse`, and it says what it hears. A component, against the WIT world of
//! Worldloom.

use std::alloc::{Layout, alloc};

use worldloom::script::{batch, events, log, time};

wit_bindgen::generate!({
    inline: "
        package worldloom:beacon;

        world beacon {
            include worldloom:script/api@0.1.0;
            export worldloom-alloc: func(bytes: u32) -> u32;
            export on-update: func(count: u32, dt: f64, lists: u32);
            export on-event: func(count: u32, lists: u32, name: string, event: string);
        }
    ",
    path: "../../../docs/api/worldloom.wit",
    generate_all,
});

struct Beacon;

export!(Beacon);

impl Guest for Beacon {
    fn worldloom_alloc(bytes: u32) -> u32 {
        match Layout::from_size_align(bytes.max(1) as usize, 16) {
            // SAFETY: the size is not 0.
            Ok(layout) => unsafe { alloc(layout) as u32 },
            Err(_) => 0,
        }
    }

    fn on_update(count: u32, _dt: f64, lists: u32) {
        let tick = time::tick();
        for (row, pulse) in pulses(count, lists).iter_mut().enumerate() {
            if pulse.every > 0 && tick % i64::from(pulse.every) == 0 {
                *pulse.sent += 1;
                batch::row(row as u32);
                events::emit("Pulse", Some(&format!("{{\"strength\":{}}}", *pulse.sent)));
            }
        }
    }

    fn on_event(_count: u32, _lists: u32, name: String, event: String) {
        log::info(&format!("{name} {event}"));
    }
}

struct Pulse<'a> {
    every: i32,
    sent: &'a mut i32,
}

/// The columns of the manifest: `State.every` and `State.sent`.
fn pulses<'a>(count: u32, lists: u32) -> Vec<Pulse<'a>> {
    let table = lists as usize as *const u32;
    // SAFETY: the host lays out a table of places, the entities first, and columns of `count` elements that lie apart.
    let (every, sent) = unsafe {
        let every = *table.add(1) as usize as *const i32;
        let sent = *table.add(2) as usize as *mut i32;
        (std::slice::from_raw_parts(every, count as usize), std::slice::from_raw_parts_mut(sent, count as usize))
    };
    every.iter().zip(sent).map(|(&every, sent)| Pulse { every, sent }).collect()
}
