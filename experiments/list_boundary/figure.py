"""Tables and figure of the page: what becomes of a LIST when one cause at a time is otherwise."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

from sim.core.pages import table
from sim.report import figures

MONEY = ("programme_cost", "measured_saving", "true_saving", "cash_released", "retained", "net_position")
LIFE = ("years bought", "in most years", "recovered, £ a £", "recovers", "alive")
TITLES = {"causes": "local members", "deemed": "local members", "centre": "place and centre", "naive": "naive terms"}
LATE = 25  # years; in the first a LIST is founded


def lives(rows):
    """What becomes of the LIST at each point of a study, and money of the whole place in £m: DataFrame by case.

    Years bought are those in which it signed something, 24 at most; *recovers* and *in most years* are shares of runs.
    """
    every = rows.xs("all", level="agency").droplevel("arrangement")
    bought, recovery, alive = (every.xs(name, level="measure") for name in ("years_bought", "recovery", "list_alive"))
    found = pd.concat(
        [
            bought.mean(axis=1),
            (bought > (LATE - 1) / 2).mean(axis=1),
            recovery.mean(axis=1),
            (recovery >= 1).mean(axis=1).where(recovery.notna().any(axis=1)),
            alive.mean(axis=1),
        ],
        axis=1,
        keys=LIFE,
    )
    money = {name.replace("_", " "): every.xs(name, level="measure").mean(axis=1) / 1e6 for name in MONEY}
    return found.join(pd.DataFrame(money)).loc[every.index.get_level_values("case").unique()]


def row(case, found):
    """A row of the page's table; nothing where no cost was set down as to be earned back."""
    forms = dict(zip(LIFE, ("{:.1f}", "{:.0%}", "{:.2f}", "{:.0%}", "{:.0%}"), strict=True))
    return case, *(
        "" if pd.isna(number) else forms.get(name, "{:.1f}").format(number) for name, number in found.items()
    )


def tables(found):
    heads = ("25 years, £m", *LIFE, *(name.replace("_", " ") for name in MONEY))
    return {name: table(heads, [row(*item) for item in lives(rows).iterrows()]) for name, rows in found.items()}


def draw(found, folder):
    figures.setup()
    every = pd.concat([lives(rows).assign(LIST=TITLES[name]) for name, rows in found.items()]).reset_index()
    figure, axes = plt.subplots(1, 2, figsize=(9.5, 6.2), sharey=True)
    order, look = list(dict.fromkeys(every["case"])), {"hue": "LIST", "style": "LIST", "s": 60, "palette": "cividis"}
    every["case"] = pd.Categorical(every["case"], order)
    for axis, name, label in zip(
        axes,
        ("years bought", "recovers"),
        ("years with programmes bought, of 24", "share of runs that recover their cost"),
        strict=True,
    ):
        sns.scatterplot(every, x=name, y="case", ax=axis, legend=axis is axes[1], **look)
        axis.set(xlabel=label, ylabel="")
        axis.grid(axis="y", alpha=0.3)
    axes[0].set_xlim(0, LATE)
    axes[1].set_xlim(-0.03, 1.03)
    sns.move_legend(axes[1], "lower right", bbox_to_anchor=(1, 1), ncol=3, title=None, frameon=False)
    figures.save(figure, folder, "list_boundary")
