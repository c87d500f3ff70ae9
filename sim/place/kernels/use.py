"""Use of services, as an analyst or an evaluator would look it up (docs/odd.md, section 6)."""

from sim.core.compiled import compiled
from sim.place.kernels.columns import RING
from sim.place.kernels.uptake import matches


@compiled
def use_of_services(c, target, use):
    """Last year's use of services by known families like a programme's target: what an analyst would look up (6).

    Parameters
    ----------
    use : int64 (lines,)
        Filled with served quarters of the last RING quarters.

    Returns
    -------
    int
        Families counted.
    """
    levels, age, known, found, served, wanted = c.levels, c.age, c.known, c.found, c.served, target.needs
    use[:] = 0
    families = 0
    for f in range(age.size):
        if known[f] | found[f] and target.age_from <= age[f] <= target.age_to:
            bits = matches(levels, wanted, target.level_from, target.level_to, target.at_least, f)
            if bits & (known[f] | found[f]):
                families += 1
                for q in range(RING):
                    for j in range(use.size):
                        use[j] += (served[q, f] >> j) & 1
    return families


@compiled
def use_of_rows(served, rows, generation, as_enrolled, use):
    """Served quarters by line of some families in a year, leaving out those whose place another family has taken.

    Parameters
    ----------
    served : uint32 (quarters, N)
    rows : int64 (n,)
    generation : uint8 (N,)
    as_enrolled : uint8 (n,)
        Generation of each family when it was enrolled.
    use : int64 (lines,)
        Added to.

    Returns
    -------
    int
        Families still there.
    """
    still = 0
    for i in range(rows.size):
        f = rows[i]
        if generation[f] == as_enrolled[i]:
            still += 1
            for q in range(served.shape[0]):
                mask = served[q, f]
                if mask:
                    for j in range(use.size):
                        use[j] += (mask >> j) & 1
    return still
