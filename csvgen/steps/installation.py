"""Installation qualification: what is installed against what the release says."""

from __future__ import annotations

import ctypes

from pytest_bdd import then, when

from csvgen.clock import SystemClock, parsed, stored
from csvgen.ports import ClockReading
from csvgen.steps.common import Bench, phrase

ABSENT = "(not installed)"

_TIMEX_BYTES, _TIME_ERROR = 1024, 5
"""Room for more than the kernel's struct timex, all zero (nothing is set); and its answer for a clock that nobody disciplines."""


@when("the installation is read")
def read(bench: Bench) -> None:
    port = bench.port("Installation")
    before = SystemClock().now()
    reading: ClockReading = port.clock()
    after = SystemClock().now()
    components = port.components()
    bench.world.facts.update(
        components=components, configuration=port.configuration(), storage=port.storage(), clock=reading, asked=(before, after)
    )
    listing = "\n".join(f"{c.kind}\t{c.name}\t{c.version}\t{c.sha256}" for c in components)
    listing += "\n" + "\n".join(f"configuration\t{k}\t{v}" for k, v in sorted(bench.world.facts["configuration"].items()))
    bench.attach(listing, name="installation as read", media_type="text/tab-separated-values")
    bench.observe.note(
        "installation", f"instance {bench.target.instance}, {len(components)} components and packages", source="Installation"
    )


@then(phrase('the component "{name}" is installed with the digest "{digest}"'))
def component(bench: Bench, name: str, digest: str) -> None:
    found = [c for c in bench.world.facts["components"] if c.kind == "component" and c.name == name]
    actual = found[0].sha256 if found else ABSENT
    bench.observe(f"digest of component {name}", expected=digest, actual=actual, source="Installation.components")


@then(phrase('the package "{name}" is installed in version "{version}"'))
def package(bench: Bench, name: str, version: str) -> None:
    found = [c for c in bench.world.facts["components"] if c.kind == "package" and c.name.lower() == name.lower()]
    actual = found[0].version if found else ABSENT
    bench.observe(f"version of package {name}", expected=version, actual=actual, source="Installation.components")


@then(phrase('the configuration value "{key}" is "{value}"'))
def configuration(bench: Bench, key: str, value: str) -> None:
    actual = bench.world.facts["configuration"].get(key, "(not configured)")
    bench.observe(f"configuration value {key}", expected=value, actual=actual, source="Installation.configuration")


@then(
    phrase('the clock differs from the recorder\'s by at most {seconds} seconds and the newest record says its time in "{zone}"')
)
def clock(bench: Bench, seconds: str, zone: str) -> None:
    reading: ClockReading = bench.world.facts["clock"]
    before, after = bench.world.facts["asked"]
    read_at = parsed(reading.utc)
    off = max((before - read_at).total_seconds(), (read_at - after).total_seconds(), 0.0)
    source = f"Installation.clock ({reading.utc}, source {reading.source}) between {stored(before)} and {stored(after)}"
    bench.observe(
        "difference from the recorder's clock", expected=seconds, actual=f"{off:.3f}", unit="s", by="at-most", source=source
    )
    bench.observe(
        "zone of the newest recorded time", expected=zone, actual=reading.zone, source=f"Installation.clock ({reading.source})"
    )
    again = bench.port("Installation").clock().utc
    bench.observe("second reading of the clock", expected=reading.utc, actual=again, by="not-equal", source="Installation.clock")
    bench.observe.note(
        "synchronisation of the recorder's host, not assessed", synchronisation(), source="kernel of the recorder's host"
    )


def synchronisation() -> str:
    """What the kernel of this host says of its clock. Told, never judged: it does not say against what."""
    try:
        answer = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (AttributeError, OSError):
        return "cannot be asked on this host"
    return {-1: "cannot be asked on this host", _TIME_ERROR: "not synchronised"}.get(answer, "synchronised")


@then(phrase('the storage fact "{name}" is "{value}"'))
def storage(bench: Bench, name: str, value: str) -> None:
    actual = bench.world.facts["storage"].get(name, "(not reported)")
    bench.observe(f"storage fact {name}", expected=value, actual=actual, source="Installation.storage")
