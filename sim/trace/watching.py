"""A recorder that keeps every family's state by quarter, so that one of them can be followed."""

from dataclasses import dataclass, field

from sim.core.ledger import party_of
from sim.place import kernels
from sim.record.recorder import Recorder


@dataclass
class Watcher(Recorder):
    """Keeps, of each quarter, needs, services and events of all families, and of each enrolment what it cost whom."""

    packed: list = field(default_factory=list)  # uint32 (N,) a quarter: levels, two bits a need
    lines: list = field(default_factory=list)  # uint32 (N,) a quarter: bit j = served by line j
    events: list = field(default_factory=list)  # uint16 (N,) a quarter: bit e = event e happened
    generation: list = field(default_factory=list)  # uint8 (N,) a quarter
    enrolments: list = field(default_factory=list)  # (quarter, programme, who paid, pence, rows)

    def record(self, model):
        """Take down a quarter that has just ended."""
        super().record(model)
        columns, now = model.families.columns, model.calendar.quarter % kernels.RING
        self.packed.append(columns.packed.copy())
        self.lines.append(columns.served[now].copy())
        self.events.append(columns.events[now].copy())
        self.generation.append(columns.generation.copy())

    def enrolled(self, model, contract, rows):
        """Take down families enrolled."""
        super().enrolled(model, contract, rows)
        payer = party_of(contract.funder) if contract.funder else contract.provider
        self.enrolments.append((model.calendar.quarter, contract.programme, payer, contract.price_pence, rows))
