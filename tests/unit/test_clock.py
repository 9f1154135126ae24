from agents.clock import ReplayClock, SystemClock, clock_of


def test_system_clock_is_real_time() -> None:
    clock = clock_of("system")
    assert isinstance(clock, SystemClock)
    assert clock.at_ms(5) == 5
    assert clock.seconds_since(clock.now_ms() - 2000) >= 2.0
    assert clock.seconds_since(clock.now_ms() + 60_000) == 0.0


def test_replay_runs_faster_until_it_reaches_real_time() -> None:
    clock = clock_of("replay:1000000:0:100.0")
    assert clock == ReplayClock(1_000_000, 0, 100.0)
    assert clock.at_ms(1_000_000) == 0
    assert clock.at_ms(1_001_000) == 100_000
    assert clock.at_ms(5_000_000) == 5_000_000


def test_a_replay_may_stop_and_what_was_before_keeps_its_time() -> None:
    clock = clock_of("replay:1000000:0:100.0:1001000")
    assert [clock.at_ms(real_ms) for real_ms in (1_000_500, 1_001_000, 1_002_000)] == [50_000, 100_000, 100_000]
    assert clock.now_ms() == 100_000
