"""From a derived record to the rows it was made from, and from a row to all that was derived from it. Pure, over products of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from csvgen.errors import BadInput, NotIntact
from csvgen.pipeline.clinical.dataset import Dataset, Row, Source, read_dataset
from csvgen.pipeline.clinical.define import TABLES
from csvgen.pipeline.clinical.table import Traced, read_csv, read_trace

GIVEN = "ANALYSIS"
"""What the efficacy table calls a time-to-event table that was made elsewhere."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What one derived record comes from."""

    table: str
    key: tuple[str, ...]
    rule: str
    through: tuple[str, ...]
    """Records of other derived tables on the way, ``ADTTE 01-701-1015 TTDISC``."""
    rows: tuple[Row, ...]
    """The source rows, in order, each once; each has the digest the trace names."""


class Tracing:
    """The traces of one run. Raises NotIntact when trace, tables and source rows do not belong together."""

    def __init__(self, products: Mapping[str, bytes]) -> None:
        self._products = products

    def origin(self, table: str, key: tuple[str, ...]) -> Origin:
        """Where a record comes from. `table` by name (``ADSL``). Raises BadInput when there is no such record."""
        traced = self._traces.get((table.upper(), key))
        if traced is None:
            raise BadInput(f"no record {' '.join(key)[:80]!r} in {table[:20]!r}; tables are {', '.join(self.tables)}")
        through, rows = self._walked(traced)
        return Origin(traced.table, traced.key, traced.rule, through, rows)

    def derived(self, domain: str, number: int) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Every derived record (table, key) that a source row went into. Raises BadInput for a row there is not."""
        self._row(domain.upper(), number)
        return self._onward.get((domain.upper(), number), ())

    def record(self, table: str, key: tuple[str, ...]) -> Mapping[str, str]:
        """A derived record itself, by name of variable."""
        product, shape = next((p, s) for p, s in TABLES.items() if s.name == table.upper())
        found = next((r for r in self._tables[product] if shape.key_of(tuple(r.values())) == key), None)
        if found is None:
            raise BadInput(f"no record {' '.join(key)[:80]!r} in {table[:20]!r}")
        return found

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the derived tables."""
        return tuple(s.name for s in TABLES.values())

    def every(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Table and key of every derived record."""
        return tuple(self._traces)

    # ------------------------------------------------------------ inside

    @cached_property
    def _traces(self) -> dict[tuple[str, tuple[str, ...]], Traced]:
        found: dict[tuple[str, tuple[str, ...]], Traced] = {}
        for product, shape in TABLES.items():
            traced = list(read_trace(self._products[f"{product}-trace"], f"{product}-trace"))
            if [t.key for t in traced] != [shape.key_of(tuple(r.values())) for r in self._tables[product]]:
                raise NotIntact(f"the trace is not that of the table {shape.name}")
            found |= {(t.table, t.key): t for t in traced}
        return found

    @cached_property
    def _data(self) -> dict[str, Dataset]:
        """Data sets by domain; a given time-to-event table under `GIVEN`."""
        found = {}
        for name, data in self._products.items():
            if name.endswith("-rows"):
                read = read_dataset(data, name)
                found[GIVEN if name == "analysis-rows" else read.domain] = read
        return found

    @cached_property
    def _rows(self) -> dict[tuple[str, int], Row]:
        return {(domain, row.number): row for domain, data in self._data.items() for row in data.each()}

    @cached_property
    def _onward(self) -> dict[tuple[str, int], tuple[tuple[str, tuple[str, ...]], ...]]:
        found: dict[tuple[str, int], list[tuple[str, tuple[str, ...]]]] = {}
        places = {id(row): place for place, row in self._rows.items()}
        for about, traced in self._traces.items():
            for row in self._walked(traced)[1]:
                found.setdefault(places[id(row)], []).append(about)
        return {place: tuple(records) for place, records in found.items()}

    @cached_property
    def _tables(self) -> dict[str, list[dict[str, str]]]:
        return {product: read_csv(self._products[product], product) for product in TABLES}

    def _walked(self, traced: Traced) -> tuple[tuple[str, ...], tuple[Row, ...]]:
        rows = {(s.domain, s.row): self._checked(s) for s in traced.rows}
        through: list[str] = []
        for table, key in self._referred(traced):
            if table == GIVEN:
                rows[GIVEN, int(key[0])] = self._row(GIVEN, int(key[0]))
                continue
            through.append(" ".join((table, *key)))
            rows |= {(s.domain, s.row): self._checked(s) for s in self._traces[table, key].rows}
        return tuple(through), tuple(rows.values())

    def _referred(self, traced: Traced) -> Iterator[tuple[str, tuple[str, ...]]]:
        for ref in traced.records:
            wanted = ref.where.items()
            if ref.table == GIVEN:
                given = self._data[GIVEN].each() if GIVEN in self._data else ()
                yield from ((GIVEN, (str(r.number),)) for r in given if wanted <= r.values.items())
                continue
            product, shape = next((p, s) for p, s in TABLES.items() if s.name == ref.table)
            yield from ((ref.table, shape.key_of(tuple(r.values()))) for r in self._tables[product] if wanted <= r.items())

    def _checked(self, source: Source) -> Row:
        row = self._row(source.domain, source.row)
        if row.source != source:
            raise NotIntact(f"row {source.row} of {source.domain} is not the row this was derived from")
        return row

    def _row(self, domain: str, number: int) -> Row:
        found = self._rows.get((domain, number))
        if found is None:
            raise BadInput(f"no row {number} in {domain[:20]!r}; data sets are {', '.join(sorted(self._data))}")
        return found
