//! The guests of `examples/guests/assembly` in Rust, with the same columns and the same results to the bit.
//! `--features swarm` or `--features terrain` says whose hooks are exported; both are modules that can be tested natively.

pub mod lists;
pub mod swarm;
pub mod terrain;

#[cfg(feature = "swarm")]
mod hooks {
    use crate::{lists::Lists, swarm};

    /// What the host reads about the module.
    #[cfg(target_arch = "wasm32")]
    #[unsafe(link_section = "worldloom")]
    #[used]
    static MANIFEST: [u8; include_bytes!("../../assembly/swarm.json").len()] =
        *include_bytes!("../../assembly/swarm.json");

    /// # Safety
    /// `lists` is what the host gives.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn on_update(count: i32, dt: f64, lists: *const u32) {
        // SAFETY: the host's columns are those of the manifest, and lie apart.
        unsafe {
            let lists = Lists::new(lists, count);
            swarm::update(
                dt as f32,
                swarm::Rows {
                    x: lists.column(0),
                    y: lists.column(1),
                    vx: lists.column(2),
                    vy: lists.column(3),
                    speed: lists.column(4),
                    space: lists.column(5),
                },
            );
        }
    }
}

#[cfg(feature = "terrain")]
mod hooks {
    use crate::{lists::Lists, terrain};

    /// What the host reads about the module.
    #[cfg(target_arch = "wasm32")]
    #[unsafe(link_section = "worldloom")]
    #[used]
    static MANIFEST: [u8; include_bytes!("../../assembly/terrain.json").len()] =
        *include_bytes!("../../assembly/terrain.json");

    #[link(wasm_import_module = "worldloom")]
    unsafe extern "C" {
        safe fn batch_row(row: i32);
        safe fn random_chance(probability: f64) -> i32;
    }

    /// # Safety
    /// `lists` is what the host gives.
    unsafe fn generate(count: i32, lists: *const u32, reseed: bool) {
        // SAFETY: the host's columns are those of the manifest, and lie apart.
        unsafe {
            let lists = Lists::new(lists, count);
            let seeds: &mut [u32] = lists.column(4);
            if reseed {
                seeds.iter_mut().for_each(|seed| *seed = seed.wrapping_add(1));
            }
            let tiles = terrain::Tiles {
                x: lists.column(0),
                z: lists.column(1),
                height: lists.column(2),
                kind: lists.column(3),
                seed: seeds,
            };
            terrain::generate(tiles, |row, probability| {
                batch_row(row as i32);
                random_chance(probability) != 0
            });
        }
    }

    /// # Safety
    /// `lists` is what the host gives.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn on_start(count: i32, lists: *const u32) {
        // SAFETY: as above.
        unsafe { generate(count, lists, false) }
    }

    /// # Safety
    /// `lists` is what the host gives.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn on_event(
        count: i32,
        lists: *const u32,
        _name: *const u8,
        _name_bytes: i32,
        _event: *const u8,
        _event_bytes: i32,
    ) {
        // SAFETY: as above.
        unsafe { generate(count, lists, true) }
    }
}
