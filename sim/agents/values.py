"""Values that files give of parties, with their limits; each class says what its own are, and nothing of Mesa is here."""

from importlib.resources import files

from sim.core.faults import Faults, InputError, check_name, suggest
from sim.core.input_files import read_toml
from sim.core.kinds import COST, MULTIPLE, SEVERAL, SHARE, WEIGHT, Kind
from sim.core.parameters import check_keys, read_values, table_of
from sim.programmes.catalogue import SECTORS

PROVIDER_VALUES = {
    "cost_ratio": MULTIPLE,
    "fixed_share": SHARE,
    "team_size": WEIGHT,
    "least_contract": WEIGHT,
    "margin": SHARE,
    "fidelity": SHARE,
    "reach": SHARE,
    "bid_spread": Kind(0, 3),
    "opening_reserve": COST,
    "overdraft": COST,
    "risk_appetite": SHARE,
    "waiting_rate": SHARE,
    "capacity": Kind(0, 1e6),
    "growth_limit": WEIGHT,
    "easy_growth": WEIGHT,
    "growth_fidelity_loss": SHARE,
    "practice_hold": SHARE,
    "bidding_skill": SHARE,
    "presentation": Kind(0, 10),
    "skill_learning": SHARE,
    "creaming": SHARE,
    "effort_on_hard": SHARE,
}

INVESTOR_VALUES = {
    "capital_per_million": COST,
    "required_return": Kind(-1, 10),
    "risk_aversion": WEIGHT,
    "largest_share": SHARE,
    "tranche": SEVERAL,
    "tax_relief_share": SHARE,
    "prior_spread": WEIGHT,
}
INVESTOR_KINDS = ("philanthropic", "social_bank", "commercial")

BANK_VALUES = {"risk_band": Kind(0.001, 1), "unit_correlation": SHARE, "bond_correlation": SHARE}

# These an arrangement with a broker gives.
BROKER_VALUES = {
    "broker_base": COST,
    "broker_commission": SHARE,
    "broker_caseload": SEVERAL,
    "broker_skill_step": SHARE,
    "broker_reach_step": SHARE,
    "broker_reach_limit": SHARE,
}


def load_providers(path=None):
    """Sector and values of each provider, by code.

    Parameters
    ----------
    path : str or path, optional
        A TOML file with a table a provider; the package's own by default.

    Raises
    ------
    InputError
    """
    path = path or files("sim") / "scenarios" / "providers.toml"
    providers = {}
    with Faults() as faults:
        for code, entry in read_toml(str(path)).items():
            with faults.kept():
                check_name(code, path, "provider", "id")
                check_keys(table_of(path, code, entry), path, ("sector", *PROVIDER_VALUES), faults, f"{code}.")
                values = read_values(entry, path, PROVIDER_VALUES, faults, f"{code}.")
                if entry.get("sector") not in SECTORS:
                    given = f"{entry.get('sector')!r} is unknown"
                    raise InputError(path, f"{code}.sector", given, f"give {' or '.join(SECTORS)}")
                providers[code] = {"sector": entry["sector"], "values": values}
    return providers


def load_investors(path=None):
    """Kind and values of each investor, by code, from ``scenarios/investors.toml`` or a file of the same form.

    Raises
    ------
    InputError
    """
    path = path or files("sim") / "scenarios" / "investors.toml"
    investors = {}
    with Faults() as faults:
        for code, entry in table_of(path, "investors", read_toml(str(path)).get("investors")).items():
            with faults.kept():
                check_name(code, path, "investor", "id")
                check_keys(table_of(path, code, entry), path, ("kind", *INVESTOR_VALUES), faults, f"{code}.")
                values = read_values(entry, path, INVESTOR_VALUES, faults, f"{code}.")
                kind = entry.get("kind")
                if kind not in INVESTOR_KINDS:
                    raise InputError(path, f"{code}.kind", f"{kind!r} is not a kind", suggest(kind, INVESTOR_KINDS))
                investors[code] = {"kind": kind, "values": values}
    return investors


def load_bank(path=None):
    """Values of the bank from ``scenarios/investors.toml`` or a file of the same form."""
    path = path or files("sim") / "scenarios" / "investors.toml"
    with Faults() as faults:
        entry = table_of(path, "bank", read_toml(str(path)).get("bank"))
        return read_values(entry, path, BANK_VALUES, faults, "bank.")
