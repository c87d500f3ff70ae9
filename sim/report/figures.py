"""The report's figures, each saved as an SVG of the same bytes for the same results."""

import io
import re
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_svg import RendererSVG

# Okabe and Ito's colours, which colour-blind readers can tell apart.
BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, YELLOW, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442", "#7f7f7f",
)  # fmt: skip
_GOLDEN = 0.618034  # steps of the golden section fill a width evenly, however many there are
_DARK = 0.179  # luminance below which white is read better than black


def setup():
    """One style for all figures."""
    plt.rcdefaults()
    plt.style.use(Path(__file__).with_name("listsim.mplstyle"))
    # A browser has the letters that the font at hand lacks.
    warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from", UserWarning)  # fmt: skip


def save(figure, folder, name, whole=False):
    """Write a figure as SVG without metadata, which holds the date, as large as what is drawn, or as it was made; its path."""
    path = Path(folder) / f"{name}.svg"
    text = io.StringIO()
    figure.savefig(text, format="svg", bbox_inches=None if whole else _extent(figure))
    plt.close(figure)
    path.write_text(re.sub(r"<metadata>.*?</metadata>", "", text.getvalue(), flags=re.DOTALL), encoding="utf-8")
    return path


def _extent(figure):
    """What of a figure its file shows: all there is. To find that out, matplotlib's own "tight" draws it once more."""
    if figure.get_layout_engine() is not None:  # which spaces panels as they are drawn
        return "tight"
    figure.set_dpi(72)  # an SVG's
    around = figure.get_tightbbox(RendererSVG(*figure.bbox.size, io.StringIO()))
    return around.padded(matplotlib.rcParams["savefig.pad_inches"])


def heat(axis, table, low, high):
    """Colour an axis by the numbers of a table, first row at the top, without ticks: orange below the middle, purple above."""
    axis.spines[:].set_visible(False)
    axis.pcolormesh(table, cmap="PuOr", vmin=low, vmax=high, linewidths=0.5, edgecolors="white")
    axis.set(xlim=(0, table.shape[1]), ylim=(table.shape[0], 0), xticks=[], yticks=[])


def readable(axis):
    """Write each number of a heat map in black or white, whichever stands out more from its cell."""
    (mesh,) = axis.collections
    mesh.update_scalarmappable()  # its colours, which else wait until it is drawn
    known = ~np.ma.getmaskarray(mesh.get_array()).ravel()
    for text, colour in zip(axis.texts, mesh.get_facecolors()[known], strict=False):
        text.set_color("white" if _luminance(colour) < _DARK else "black")


def _luminance(colour):
    """Relative luminance of a colour of sRGB (Web Content Accessibility Guidelines 2.2)."""
    linear = np.where(colour[:3] <= 0.03928, colour[:3] / 12.92, ((colour[:3] + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)
