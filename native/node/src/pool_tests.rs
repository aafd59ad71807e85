use super::*;

fn pool() -> &'static Pool {
    Box::leak(Box::new(Pool::new()))
}

/// How often each of `parts` parts ran.
fn runs(pool: &Pool, parts: usize) -> Vec<usize> {
    let counts: Vec<AtomicUsize> = (0..parts).map(|_| AtomicUsize::new(0)).collect();
    pool.run(parts, parts, &|part| {
        counts[part].fetch_add(1, Ordering::Relaxed);
    });
    counts.into_iter().map(AtomicUsize::into_inner).collect()
}

#[test]
fn every_part_runs_once_with_any_number_of_threads() {
    let pool = pool();
    for threads in [1, 2, 3, 8, 2, 64, 1] {
        assert_eq!(pool.threads(threads), threads);
        assert_eq!(pool.count(), threads);
        for round in 0..300 {
            match round % 5 {
                1 => pool.wake(),
                4 => pool.rest(),
                _ => {}
            }
            let parts = round % 37;
            assert_eq!(runs(pool, parts), vec![1; parts]);
        }
    }
    assert_eq!(pool.threads(1000), THREADS_MAX);
    assert_eq!(pool.threads(0), 1);
}

#[test]
fn callers_share_the_threads_without_waiting_for_each_other() {
    let pool = pool();
    pool.threads(3);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..500).for_each(|_| assert_eq!(runs(pool, 9), vec![1; 9])));
        }
        scope.spawn(|| (0..50).for_each(|count| assert_eq!(pool.threads(count % 4 + 1), count % 4 + 1)));
    });
    pool.threads(1);
}

#[test]
fn a_part_may_run_parts_of_its_own() {
    let pool = pool();
    pool.threads(2);
    let count = AtomicUsize::new(0);
    pool.run(4, 4, &|_| {
        count.fetch_add(runs(pool, 5).len(), Ordering::Relaxed);
    });
    assert_eq!(count.into_inner(), 20);
    pool.threads(1);
}

#[test]
fn a_panic_comes_when_all_parts_have_ended_and_harms_nobody_after_it() {
    let pool = pool();
    for threads in [1, 2, 5] {
        pool.threads(threads);
        for bad in 0..8 {
            let running = AtomicUsize::new(0);
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                pool.run(8, 8, &|part| {
                    if part == bad {
                        resume_unwind(Box::new("on purpose"));
                    }
                    running.fetch_add(1, Ordering::SeqCst);
                    thread::yield_now();
                    running.fetch_sub(1, Ordering::SeqCst);
                });
            }));
            assert!(outcome.is_err());
            assert_eq!(running.into_inner(), 0);
            assert_eq!(runs(pool, 8), vec![1; 8]);
        }
    }
    pool.threads(1);
}

#[test]
fn threads_end_with_the_last_environment() {
    let pool = pool();
    pool.enter();
    pool.enter();
    pool.threads(3);
    pool.leave();
    assert_eq!(pool.count(), 3);
    pool.leave();
    assert_eq!(pool.count(), 1);
}
