"""Use of services, as an analyst or an evaluator would look it up (docs/odd.md, section 6)."""

from sim.core.compiled import compiled
from sim.place.kernels.columns import RING
from sim.place.kernels.uptake import list_like, shown


@compiled
def use_of_services(c, target, rows, use):
    """Last year's use of services by known families like a programme's target: what an analyst would look up (6).

    Parameters
    ----------
    rows : int64 (N,)
        Working space.
    use : int64 (lines,)
        Filled with served quarters of the last RING quarters.

    Returns
    -------
    int
        Families counted.
    """
    served = c.served
    use[:] = 0
    families = 0
    for f in rows[: list_like(c, target, c.first[0], c.age.size, rows)]:
        if shown(c, target, f)[0]:
            families += 1
            for q in range(RING):
                if served[q, f]:
                    for j in range(use.size):
                        use[j] += (served[q, f] >> j) & 1
    return families


@compiled
def use_of_rows(served, rows, generation, as_enrolled, use):
    """Quarters in which lines served some families, leaving out those whose place another family has taken.

    Parameters
    ----------
    served : uint32 (N,)
        Of one quarter.
    rows : int64 (n,)
    generation : uint8 (N,)
    as_enrolled : uint8 (n,)
        Generation of each family when it was enrolled.
    use : int64 (lines,)
        Added to.
    """
    for i in range(rows.size):
        f = rows[i]
        mask = served[f]
        if mask and generation[f] == as_enrolled[i]:
            for j in range(use.size):
                use[j] += (mask >> j) & 1


@compiled
def use_by_row(served, rows, use):
    """Quarters of the last RING in which lines served some families.

    Parameters
    ----------
    served : uint32 (RING, N)
    rows : int64 (n,)
    use : uint8 (n, lines)
        Added to.
    """
    for i in range(rows.size):
        for q in range(RING):
            mask = served[q, rows[i]]
            if mask:
                for j in range(use.shape[1]):
                    use[i, j] += (mask >> j) & 1


@compiled
def use_by_group(served, there, group, use):
    """Families that each line serves, by quarter and by the groups they are in.

    Parameters
    ----------
    served : uint32 (quarters, n)
        Lines that serve each family, by bits.
    there : bool (quarters, n)
        Families that count.
    group : int64 (n,)
    use : int64 (groups, quarters, lines)
        Added to.
    """
    for q in range(served.shape[0]):
        for i in range(group.size):
            if there[q, i] and served[q, i]:
                for j in range(use.shape[2]):
                    use[group[i], q, j] += (served[q, i] >> j) & 1
