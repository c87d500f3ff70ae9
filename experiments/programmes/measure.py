"""The trials of every programme of the catalogue, emulated: both arms, their contrast and its error."""

from dataclasses import asdict

from sim.programmes.catalogue import load_catalogue
from sim.programmes.trials.emulation import Trials, place_of_trials

AXES = ("programme", "trial")


def measure(inputs, seed):
    """What is emulated, by programme, row of trials.csv and name."""
    around, found = place_of_trials(inputs.place, inputs.place_dials), {}
    for name, programme in load_catalogue().items():
        for finding in Trials(around, programme, seed=seed).run():
            emulated = asdict(finding.emulated) if finding.emulated else {}
            found |= {(name, finding.trial.row, part): number for part, number in emulated.items()}
    return found
