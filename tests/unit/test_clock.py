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
